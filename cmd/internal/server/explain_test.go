package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"bff"
	"bff/auth"
	"bff/backends"
	"bff/cache"
	"bff/engine"
	"bff/fetch"
	"bff/graph"
	"bff/loaders"
	"bff/rpcbff"
	"bff/transport"
)

// explained is the public routes over services in memory, which are observed as real ones are.
type explained struct {
	http.Handler
	t    *testing.T
	keys *auth.Keys
}

// phone is what no plan may hold.
const phone = "13912345678"

func newExplained(t *testing.T, production bool) *explained {
	t.Helper()
	private, err := auth.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	m := newMetrics()
	sealed, err := cache.Users(private.Seed())
	if err != nil {
		t.Fatal(err)
	}
	users := cache.NewEntity("user", nil, sealed, cache.Options{Observe: m.cached, MemoryTTL: time.Hour})
	counts := cache.NewEntity("post_count", nil, cache.Counts(), cache.Options{Observe: m.cached, MemoryTTL: time.Hour})
	t.Cleanup(func() { users.Close(); counts.Close() })

	observed := func(ctx context.Context, service, method string, keys int) {
		m.backend(ctx, backends.Call{Service: service, Method: method, Code: "OK", Keys: keys, Took: time.Millisecond})
	}
	sources := loaders.Sources{
		Users: fetch.Through(func(ctx context.Context, ids []int64) (map[int64]*bff.User, error) {
			defer observed(ctx, backends.UserService, "BatchGetUsers", len(ids))
			found := map[int64]*bff.User{}
			for _, id := range ids {
				found[id] = &bff.User{ID: id, Username: "lucus", Phone: bff.NewPhone(phone)}
			}
			return found, nil
		}, users.Layers()...),
		PostCounts: fetch.Through(func(ctx context.Context, ids []int64) (map[int64]int64, error) {
			defer observed(ctx, backends.PostService, "BatchCountPostsByAuthor", len(ids))
			found := map[int64]int64{}
			for _, id := range ids {
				found[id] = 4711
			}
			return found, nil
		}, counts.Layers()...),
		PostPages: func(ctx context.Context, pages []bff.PageArgs) (map[bff.PageArgs]*bff.Page[*bff.Post], error) {
			defer observed(ctx, backends.PostService, "ListPosts", len(pages))
			found := map[bff.PageArgs]*bff.Page[*bff.Post]{}
			for _, page := range pages {
				found[page] = &bff.Page[*bff.Post]{Items: []*bff.Post{
					{ID: 990001, AuthorID: 880001, Title: "a"}, {ID: 990002, AuthorID: 880002, Title: "b"}, {ID: 990003, AuthorID: 880001, Title: "c"},
				}}
			}
			return found, nil
		},
	}

	keys := auth.NewKeys(private, time.Hour)
	options := transport.Options{Limits: graph.DefaultLimits(), Explain: explainTo(production)}
	h := routes(surface{
		graphql: transport.New(graph.NewSchema(&graph.Resolver{}, engine.Options{}), options),
		rpc:     newRPC(rpcbff.Domain{}, Config{RequestTimeout: time.Second}, options),
		record:  record(m, discarded), tokens: keys, sources: sources,
		loaders: loaders.Options{Timeout: time.Second, Observe: m.batch, Watch: watchLoaders, Logger: slog.New(slog.DiscardHandler)},
	})
	return &explained{h, t, keys}
}

// ask sends a body of GraphQL as a viewer; zero: nobody.
func (e *explained) ask(viewer auth.Viewer, explain, body string) string {
	e.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if explain != "" {
		r.Header.Set("GraphQL-Plan", explain)
	}
	if viewer.UserID > 0 {
		token, err := e.keys.Sign(viewer)
		if err != nil {
			e.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer := httptest.NewRecorder()
	e.ServeHTTP(answer, r)
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

var times = regexp.MustCompile(`"ms":[0-9.e-]+`)

// planIn returns the plan of an answer, without the times that differ from run to run.
func planIn(t *testing.T, answer string) string {
	t.Helper()
	var parsed struct {
		Extensions struct{ Plan json.RawMessage }
	}
	if err := json.Unmarshal([]byte(answer), &parsed); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	return times.ReplaceAllString(string(parsed.Extensions.Plan), `"ms":0`)
}

const authors = `{"query":"query Secret($n: Int = 3) { feed: posts(first: $n) { edges { node { title author { username phone postCount } } } } }","variables":{"n":77}}`

func TestAPlanTellsHowAnOperationWasCarriedOut(t *testing.T) {
	e := newExplained(t, false)
	const levels = `{"levels":[{"fields":[{"type":"Query","field":"posts","path":"feed","rows":1}]},` +
		`{"fields":[{"type":"Post","field":"author","path":"feed.edges.node.author","rows":3},` +
		`{"type":"User","field":"postCount","path":"feed.edges.node.author.postCount","rows":3,"ahead":true}]},` +
		`{"fields":[{"type":"User","field":"phone","path":"feed.edges.node.author.phone","rows":3}]}],`
	const pages = `"batches":[{"round":1,"loader":"post_pages","keys":1,"found":{"memory":0,"redis":0,"service":1},"ms":0},`
	const listed = `"calls":[{"round":1,"service":"bff.post.v1.PostService","method":"ListPosts","keys":1,"code":"OK","ms":0}`

	cold := levels + pages +
		`{"round":2,"loader":"post_counts","keys":2,"known":1,"found":{"memory":0,"redis":0,"service":2},"ms":0},` +
		`{"round":2,"loader":"users","keys":2,"known":1,"found":{"memory":0,"redis":0,"service":2},"ms":0}],` + listed +
		`,{"round":2,"service":"bff.post.v1.PostService","method":"BatchCountPostsByAuthor","keys":2,"code":"OK","ms":0}` +
		`,{"round":2,"service":"bff.user.v1.UserService","method":"BatchGetUsers","keys":2,"code":"OK","ms":0}]}`
	warm := levels + pages +
		`{"round":2,"loader":"post_counts","keys":2,"known":1,"found":{"memory":2,"redis":0,"service":0},"ms":0},` +
		`{"round":2,"loader":"users","keys":2,"known":1,"found":{"memory":2,"redis":0,"service":0},"ms":0}],` + listed + `]}`
	for _, want := range []string{cold, warm, warm} {
		answer := e.ask(auth.Viewer{}, "report", authors)
		if got := planIn(t, answer); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

// TestAPlanHoldsNoValue looks for what the request said and what it was answered.
func TestAPlanHoldsNoValue(t *testing.T) {
	e := newExplained(t, false)
	var bodies []string
	for _, query := range []string{`{ user(id: 880001) { id phone postCount } }`, `{ node(id: \"VXNlcjo4ODAwMDE=\") { id ... on User { phone postCount } } }`} {
		bodies = append(bodies, `{"query":"`+query+`"}`)
	}
	for _, body := range append(bodies, authors) {
		plan := planIn(t, e.ask(auth.Viewer{UserID: 880001}, "report", body))
		if plan == "" {
			t.Fatalf("no plan of %s", body)
		}
		for _, secret := range []string{"8800", "9900", phone, "5678", "77", "4711", "lucus", "Secret", "VXNl", "first"} {
			if strings.Contains(plan, secret) {
				t.Errorf("%s in %s", secret, plan)
			}
		}
	}
}

func TestInProductionAdministratorsReadPlans(t *testing.T) {
	admin, other := auth.Viewer{UserID: 1, Admin: true}, auth.Viewer{UserID: 2}
	for _, test := range []struct {
		production bool
		viewer     auth.Viewer
		want       bool
	}{
		{false, auth.Viewer{}, true}, {false, other, true}, {false, admin, true},
		{true, auth.Viewer{}, false}, {true, other, false}, {true, admin, true},
	} {
		e := newExplained(t, test.production)
		plain, answer := e.ask(test.viewer, "", authors), e.ask(test.viewer, "report", authors)
		if got := planIn(t, answer) != ""; got != test.want {
			t.Errorf("%+v: %s", test, answer)
		}
		if !test.want && answer != plain {
			t.Errorf("%+v: %s, without the header %s", test, answer, plain)
		}
		if without := e.ask(test.viewer, "yes", authors); without != plain {
			t.Errorf("%+v: %s for another value of the header", test, without)
		}
	}
}

// TestOperationsThatRanTogether have the loads of their request in common, and levels of their own.
func TestOperationsThatRanTogether(t *testing.T) {
	e := newExplained(t, false)
	var answers []struct {
		Extensions struct {
			Plan struct {
				Levels []engine.Level
				transport.Loads
				Shared bool
			}
		}
	}
	body := `[{"query":"{ a: user(id: 1) { username } }"},{"query":"{ b: user(id: 1) { username } c: user(id: 2) { username } }"}]`
	if err := json.Unmarshal([]byte(e.ask(auth.Viewer{}, "report", body)), &answers); err != nil || len(answers) != 2 {
		t.Fatalf("%v: %+v", err, answers)
	}
	for i, want := range [][]string{{"a"}, {"b", "c"}} {
		plan := answers[i].Extensions.Plan
		var paths []string
		for _, field := range plan.Levels[0].Fields {
			paths = append(paths, field.Path)
		}
		if !plan.Shared || !reflect.DeepEqual(paths, want) || len(plan.Batches) != 1 || plan.Batches[0].Keys != 2 || plan.Batches[0].Known != 1 || len(plan.Calls) != 1 {
			t.Errorf("%d: %+v", i, plan)
		}
	}
}

// TestNobodyPaysForPlansThatNobodyReads holds that the hooks allocate nothing for a request without the header.
func TestNobodyPaysForPlansThatNobodyReads(t *testing.T) {
	m := newMetrics()
	var ctx context.Context = &scope{Context: t.Context()}
	call := backends.Call{Service: backends.UserService, Method: "BatchGetUsers", Code: "OK", Keys: 3}
	hooks := func() {
		m.batch(ctx, "users", 3)
		m.cached(ctx, "memory", "user", "hit", 2)
		m.cached(ctx, "redis", "user", "hit", 1)
		m.backend(ctx, call)
		if watchLoaders(ctx) != nil || afresh(ctx) != ctx || explainTo(false)(ctx) != nil {
			t.Error("somebody watches")
		}
	}
	hooks() // resolves the labels of metrics
	if n := testing.AllocsPerRun(100, hooks); n > 0 {
		t.Errorf("%v allocations", n)
	}

	serve := func(watch func(context.Context) loaders.Watcher) float64 {
		options := loaders.Options{Watch: watch}
		factory := loaders.NewFactory(loaders.Sources{}, options)
		return testing.AllocsPerRun(100, func() { factory.New(ctx) })
	}
	if with, without := serve(watchLoaders), serve(nil); with != without {
		t.Errorf("loaders allocate %v times, %v without", with, without)
	}
}
