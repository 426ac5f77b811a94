package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"bff"
	"bff/accesslog"
	"bff/auth"
	"bff/loaders"
	"bff/transport"
)

func TestIDsAreUUIDsInOrderOfTime(t *testing.T) {
	v7 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	at := time.Date(2026, 11, 21, 15, 43, 0, 999_999_999, time.UTC)
	const ordered = len("01234567-89ab-7cde-") // the millisecond, and the 4096th of it
	before := ""
	for range 1000 {
		id := newID(at)
		if !v7.MatchString(id) || id[:ordered] <= before {
			t.Fatalf("%s after %s", id, before)
		}
		before, at = id[:ordered], at.Add(time.Microsecond)
	}

	var mu sync.Mutex
	seen := map[string]bool{}
	var makers sync.WaitGroup
	for range 8 {
		makers.Go(func() {
			for range 10_000 {
				id := newID(at)
				mu.Lock()
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	makers.Wait()
	if len(seen) != 80_000 {
		t.Errorf("%d ids of one moment, of 80000", len(seen))
	}
}

// TestWordsOfHeaders compares the loops over bytes with the expressions that they stand for.
func TestWordsOfHeaders(t *testing.T) {
	id := regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	name := regexp.MustCompile(`^[A-Za-z0-9 ._/@+-]{1,64}$`)
	trace := regexp.MustCompile(`^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$`)
	for c := range 256 {
		text := "a" + string([]byte{byte(c)}) + "b"
		if plainID(text) != id.MatchString(text) || plainName(text) != name.MatchString(text) {
			t.Errorf("%q", text)
		}
	}
	for _, n := range []int{0, 1, 64, 65} {
		if text := strings.Repeat("a", n); plainID(text) != id.MatchString(text) || plainName(text) != name.MatchString(text) {
			t.Errorf("%d bytes", n)
		}
	}

	const usual = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	headers := []string{usual, usual + "-", usual[1:], "", strings.ToUpper(usual), "00-00000000000000000000000000000000-00f067aa0ba902b7-01"}
	for i := range usual {
		headers = append(headers, usual[:i]+"g"+usual[i+1:], usual[:i]+"1"+usual[i+1:], usual[:i]+"-"+usual[i+1:])
	}
	for _, text := range headers {
		want := ""
		if found := trace.FindStringSubmatch(text); found != nil && found[1] != strings.Repeat("0", 32) {
			want = found[1]
		}
		if got := traceOf(http.Header{"Traceparent": {text}}); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// TestOneScopeCarriesARequest asks the context at the end of the chain for everything that the middleware found out.
func TestOneScopeCarriesARequest(t *testing.T) {
	private, err := auth.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	keys := auth.NewKeys(private, time.Hour)
	token, err := keys.Sign(auth.Viewer{UserID: 7})
	if err != nil {
		t.Fatal(err)
	}
	var kept []accesslog.Record
	m := newMetrics()
	h := surface{record: record(m, func(r accesslog.Record) { kept = append(kept, r) }), trials: new(recent), tokens: keys}.call(refuseOperation)(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ctx := r.Context()
			if _, one := ctx.(*scope); !one {
				t.Errorf("the context is a %T", ctx)
			}
			if loaders.From(ctx) == nil || bff.RequestIDFrom(ctx) != "mine" || bff.AddressFrom(ctx) != "192.0.2.1" || auth.From(ctx).UserID != 7 ||
				!uncached(ctx) || delayed(ctx) != 3*time.Millisecond || ctx.Value(http.ServerContextKey) != nil {
				t.Error("something is missing in the context")
			}
			m.batch(ctx, "users", 3)
			transport.Observe(ctx, transport.Operation{Protocol: "graphql", Name: "A"})
			transport.Observe(auth.With(ctx, auth.Viewer{UserID: 8}), transport.Operation{Protocol: "graphql-ws", Name: "B"})
		}))

	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	for name, value := range map[string]string{
		"X-Request-Id": "mine", "Authorization": "Bearer " + token, "Compare-Cache": "off", "Compare-Delay": "3", "GraphQL-Client-Name": "web",
		"Traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	} {
		r.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	if got := answer.Header().Get("X-Request-Id"); got != "mine" {
		t.Errorf("id %q in the answer", got)
	}
	if len(kept) != 2 || kept[0].Viewer != 7 || kept[1].Viewer != 8 || kept[0].Client != "web" || kept[0].TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" ||
		kept[0].LoaderBatches != 1 || kept[1].LoaderBatches != 0 || kept[0].RequestID != "mine" || kept[0].Path != "/graphql" || kept[0].ID == kept[1].ID {
		t.Errorf("records %+v", kept)
	}
}

// TestAnswersShareNoHeader has one handler append to every header that is the same in all answers.
func TestAnswersShareNoHeader(t *testing.T) {
	h := secure(true)(requestID()(transport.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/spoil" {
			for name := range w.Header() {
				w.Header().Add(name, "spoiled")
			}
		}
		transport.Refuse(w, r, http.StatusOK, "CODE", "message")
	}))))
	serve := func(path string) http.Header {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, path, nil))
		return answer.Header()
	}
	serve("/spoil")
	for name, values := range serve("/") {
		if strings.Contains(strings.Join(values, ","), "spoiled") {
			t.Errorf("%s: %v", name, values)
		}
	}
}

// TestAContextBetweenTwoMiddlewares keeps the scope of a request when a middleware derives a context.
func TestAContextBetweenTwoMiddlewares(t *testing.T) {
	derive := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	m, kept := newMetrics(), []accesslog.Record{}
	h := chain(requestID(), record(m, func(r accesslog.Record) { kept = append(kept, r) }), derive, locate(nil), derive, load(loaders.Sources{}, loaders.Options{}))(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if loaders.From(r.Context()) == nil || bff.AddressFrom(r.Context()) != "192.0.2.1" {
				t.Error("something is missing in the context")
			}
			m.batch(r.Context(), "users", 3)
			transport.Observe(r.Context(), transport.Operation{})
		}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/graphql", nil))
	if len(kept) != 1 || kept[0].LoaderBatches != 1 || kept[0].RequestID == "" {
		t.Errorf("records %+v", kept)
	}
}

// TestARecordAllocatesItsID holds that a record is made, counted and handed over with one allocation.
func TestARecordAllocatesItsID(t *testing.T) {
	m := newMetrics()
	var last accesslog.Record
	s := &scope{Context: t.Context(), id: "id", start: time.Now(), records: &recorder{m, func(r accesslog.Record) { last = r }}, request: request(t.Context())}
	o := transport.Operation{Protocol: "graphql", Type: "query", Status: http.StatusOK}
	transport.Observe(s, o) // resolves the labels of metrics
	if n := testing.AllocsPerRun(100, func() { transport.Observe(s, o) }); n > 1 || last.ID == "" {
		t.Errorf("%v allocations", n)
	}
}

// The most allocations of the chain around an empty handler: the scope, the request that carries it, two ids, and the
// loaders' place in the context. What the loaders themselves allocate is not in it.
const mostEdgeAllocations = 5

func TestTheChainAllocatesLittle(t *testing.T) {
	h, w, r := edge(newMetrics(), discarded), &nowhere{http.Header{}}, request(t.Context())
	serve := func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
	serve() // resolves the labels of metrics
	none := testing.AllocsPerRun(100, func() { loaders.New(t.Context(), loaders.Sources{}, loaders.Options{}) })
	if n := testing.AllocsPerRun(100, serve) - none; n > mostEdgeAllocations {
		t.Errorf("%v allocations, at most %d", n, mostEdgeAllocations)
	}
}
