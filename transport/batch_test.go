package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bff"
	"bff/auth"
	"bff/engine"
	"bff/graph"
	"bff/loaders"
	"bff/transport"
)

// slow is a graph whose user N takes N milliseconds; user 404 fails. It counts what it is asked for.
type slow struct {
	mu     sync.Mutex
	calls  [][]int64
	writes []string
	seen   []transport.Operation

	missing int64 // a user who does not exist, instead of one who fails; 0: none
}

func (s *slow) Create(ctx context.Context, post bff.NewPost) (*bff.Post, error) {
	wait := 20 * time.Millisecond
	if post.Title == "first" {
		wait = 100 * time.Millisecond
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, post.Title)
	return &bff.Post{ID: int64(len(s.writes)), AuthorID: 1, Title: post.Title}, nil
}

func (*slow) Update(context.Context, bff.PostChange) (*bff.Post, error)  { return nil, nil }
func (*slow) Delete(context.Context, bff.PostRemoval) (*bff.Post, error) { return nil, nil }

func (s *slow) users(ctx context.Context, keys []int64) (map[int64]*bff.User, error) {
	s.mu.Lock()
	s.calls = append(s.calls, slices.Sorted(slices.Values(keys)))
	s.mu.Unlock()
	found := map[int64]*bff.User{}
	for _, key := range keys {
		if key == s.missing {
			continue
		}
		if key == 404 {
			return nil, bff.Errorf(bff.Unavailable, "nobody there")
		}
		found[key] = &bff.User{ID: key, Username: fmt.Sprintf("user%d", key)}
	}
	select {
	case <-time.After(time.Duration(slices.Max(keys)%404) * time.Millisecond):
		return found, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (*slow) posts(_ context.Context, keys []int64) (map[int64]*bff.Post, error) {
	found := map[int64]*bff.Post{}
	for _, key := range keys {
		found[key] = &bff.Post{ID: key, Title: "title", AuthorID: 1}
	}
	return found, nil
}

// counts is one answer for all authors: how many posts were written so far.
func (s *slow) counts(_ context.Context, keys []int64) (map[int64]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[int64]int64{}
	for _, key := range keys {
		found[key] = int64(len(s.writes))
	}
	return found, nil
}

func (s *slow) handler(options transport.Options) http.Handler {
	graphql := transport.New(graph.NewSchema(&graph.Resolver{Publisher: s}, engine.Options{}), options)
	return transport.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(auth.With(r.Context(), auth.Viewer{UserID: 1}))
		defer cancel()
		ctx = loaders.With(ctx, loaders.New(ctx, loaders.Sources{Users: s.users, PostCounts: s.counts, Posts: s.posts}, loaders.Options{}))
		ctx = transport.WithObserver(ctx, func(_ context.Context, o transport.Operation) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.seen = append(s.seen, o)
		})
		graphql.ServeHTTP(w, r.WithContext(ctx))
	}))
}

func batchOf(queries ...string) string {
	var list []map[string]any
	for _, query := range queries {
		list = append(list, map[string]any{"query": query})
	}
	encoded, _ := json.Marshal(list)
	return string(encoded)
}

func user(id int) string { return fmt.Sprintf(`{ user(id: %d) { username } }`, id) }

func username(id int) string { return fmt.Sprintf(`"data":{"user":{"username":"user%d"}}`, id) }

// arrival is a line and when it came.
type arrival struct {
	line string
	at   time.Duration
}

// listen sends a batch to a real server and reads line by line.
func listen(t *testing.T, h http.Handler, encoding, body string) (media string, arrived []arrival) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+jsonl")
	client := &http.Transport{DisableCompression: encoding == ""}
	defer client.CloseIdleConnections()
	start := time.Now()
	response, err := client.RoundTrip(request) // asks for gzip by itself, and unpacks it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.Uncompressed != (encoding != "") {
		t.Errorf("encoding %q: uncompressed %t", encoding, response.Uncompressed)
	}
	for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
		if scanner.Text() != "" {
			arrived = append(arrived, arrival{scanner.Text(), time.Since(start)})
		}
	}
	return response.Header.Get("Content-Type"), arrived
}

func TestEachOperationOfABatchHasItsLine(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		s := &slow{}
		media, arrived := listen(t, s.handler(transport.Options{}), encoding, batchOf(user(300), user(3), `{ nothing }`, user(404), `{ posts(first: 1`))
		if media != "application/graphql-response+jsonl" || len(arrived) != 5 {
			t.Fatalf("%s: %v", media, arrived)
		}
		for i := range 5 {
			if !slices.ContainsFunc(arrived, func(a arrival) bool { return strings.HasPrefix(a.line, fmt.Sprintf(`{"requestIndex":%d,`, i)) }) {
				t.Errorf("no answer to operation %d: %v", i, arrived)
			}
		}
	}
}

func TestLinesComeAsTheyFinish(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		s := &slow{}
		mutation := func(title string) string {
			return fmt.Sprintf(`mutation { createPost(input: {title: %q, body: ""}) { post { title } } }`, title)
		}
		_, arrived := listen(t, s.handler(transport.Options{}), encoding, batchOf(user(300), mutation("first"), `{ viewer { postCount } }`, `{ nothing }`))
		var order []string
		for _, a := range arrived {
			order = append(order, a.line[:17])
		}
		want := []string{`{"requestIndex":3`, `{"requestIndex":1`, `{"requestIndex":2`, `{"requestIndex":0`}
		if !slices.Equal(order, want) || arrived[len(arrived)-1].at-arrived[0].at < 200*time.Millisecond {
			t.Errorf("%q: %v", encoding, arrived)
		}
		if !strings.Contains(arrived[2].line, `"postCount":1`) {
			t.Errorf("a query behind a mutation reads %s", arrived[2].line)
		}
	}
}

func TestOperationsShareLoaders(t *testing.T) {
	s := &slow{}
	var queries []string
	for i := range 10 { // ten components, each wants four of 25 users, all of them want user 1
		queries = append(queries, fmt.Sprintf(`{ a: user(id: 1) { username } b: user(id: %d) { username } c: user(id: %d) { username } }`, 2+i, 12+i%3))
	}
	status, got := ask(s.handler(transport.Options{}), post(older, batchOf(queries...)))
	if status != 200 || strings.Contains(got, "errors") {
		t.Fatal(got)
	}
	if len(s.calls) != 1 || len(s.calls[0]) != 14 {
		t.Errorf("calls %v", s.calls)
	}
	var answers []json.RawMessage
	if err := json.Unmarshal([]byte(got), &answers); err != nil || len(answers) != 10 {
		t.Fatal(got)
	}
	for i, answer := range answers {
		if !strings.Contains(string(answer), fmt.Sprintf(`"b":{"username":"user%d"}`, 2+i)) || strings.Contains(string(answer), "requestIndex") {
			t.Errorf("answer %d: %s", i, answer)
		}
	}
}

func TestEqualQueriesAreCarriedOutOnce(t *testing.T) {
	s := &slow{}
	_, got := ask(s.handler(transport.Options{}), post(older, batchOf(user(1), user(1), user(2), user(1))))
	if want := `[{` + username(1) + `},{` + username(1) + `},{` + username(2) + `},{` + username(1) + `}]`; got != want {
		t.Error(got)
	}
	if len(s.seen) != 4 || s.seen[0].Protocol != "graphql-batch" || s.seen[0].Type != "query" || s.seen[3].CostActual != 1 {
		t.Errorf("records %+v", s.seen)
	}
}

func TestMutationsOfABatchRunInOrder(t *testing.T) {
	s := &slow{}
	create := `mutation C($t: String!) { createPost(input: {title: $t, body: ""}) { post { title } } }`
	batch, _ := json.Marshal([]any{
		map[string]any{"query": create, "variables": map[string]any{"t": "first"}},
		map[string]any{"query": create, "variables": map[string]any{"t": "second"}},
		map[string]any{"query": create, "variables": map[string]any{"t": "second"}}, // equal mutations are two
	})
	_, got := ask(s.handler(transport.Options{}), post(older, string(batch)))
	if !slices.Equal(s.writes, []string{"first", "second", "second"}) {
		t.Errorf("wrote %v: %s", s.writes, got)
	}
}

func TestAListOfVariables(t *testing.T) {
	s := &slow{}
	const query = `query U($id: ID!) { user(id: $id) { username } }`
	body := fmt.Sprintf(`{"query":%q,"variables":[{"id":"3"},{"id":"5"},{}]}`, query)
	_, got := ask(s.handler(transport.Options{}), post("application/jsonl", body))
	lines := strings.Split(strings.TrimSpace(got), "\n")
	slices.Sort(lines)
	if len(lines) != 3 || lines[0] != `{"variableIndex":0,`+username(3)+`}` || lines[1] != `{"variableIndex":1,`+username(5)+`}` || !strings.Contains(lines[2], `"code":"BAD_USER_INPUT"`) {
		t.Errorf("%v", lines)
	}
	_, got = ask(s.handler(transport.Options{}), post(older, `[`+body+`,{"query":"{ viewer { id } }"}]`))
	if !strings.HasPrefix(got, `[{`+username(3)+`},{`+username(5)+`},{"errors"`) {
		t.Error(got)
	}
	_, got = ask(s.handler(transport.Options{}), post("application/jsonl", `[{"query":"{ viewer { id } }"},`+body+`]`))
	if !strings.Contains(got, `{"requestIndex":1,"variableIndex":1,`+username(5)+`}`) {
		t.Error(got)
	}
}

func TestWaysToAnswerABatch(t *testing.T) {
	s := &slow{}
	h := s.handler(transport.Options{})
	body := batchOf(user(1), user(2))
	want := map[string]bool{`{"requestIndex":0,` + username(1) + `}`: true, `{"requestIndex":1,` + username(2) + `}`: true}

	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, post("multipart/mixed", body))
	media, params, err := mime.ParseMediaType(answer.Header().Get("Content-Type"))
	if media != "multipart/mixed" || err != nil {
		t.Fatal(answer.Header())
	}
	got := map[string]bool{}
	for reader := multipart.NewReader(answer.Body, params["boundary"]); ; {
		part, err := reader.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(part)
		got[string(content)] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("parts %v", got)
	}

	answer = httptest.NewRecorder()
	h.ServeHTTP(answer, post("text/event-stream", body))
	got = map[string]bool{}
	for event := range strings.SplitSeq(strings.TrimSuffix(answer.Body.String(), "event: complete\ndata:\n\n"), "\n\n") {
		if data, ok := strings.CutPrefix(event, "event: next\ndata: "); ok {
			got[data] = true
		}
	}
	if !maps.Equal(got, want) || !strings.HasSuffix(answer.Body.String(), "event: complete\ndata:\n\n") {
		t.Errorf("events %s", answer.Body)
	}

	for accept, media := range map[string]string{
		"application/graphql-response+jsonl, application/json":                       "application/graphql-response+jsonl",
		"application/jsonl;q=0.5, application/json;q=0.1":                            "application/jsonl",
		"application/jsonl;q=0.5, application/json":                                  "application/json; charset=utf-8",
		"multipart/mixed, application/json":                                          "application/json; charset=utf-8",
		"application/graphql-response+json, application/json;q=0.9, multipart/mixed": "application/graphql-response+json; charset=utf-8",
		"*/*": "application/json; charset=utf-8",
		"":    "application/json; charset=utf-8",
	} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, post(accept, body))
		if got := answer.Header().Get("Content-Type"); got != media {
			t.Errorf("%s: %s", accept, got)
		}
	}
}

func TestAnIdleStreamShowsLife(t *testing.T) {
	s := &slow{}
	_, got := ask(s.handler(transport.Options{KeepAlive: 20 * time.Millisecond}), post("application/jsonl", batchOf(user(150))))
	if blank := len(got) - len(strings.TrimLeft(got, "\n")); blank < 3 || !strings.HasSuffix(got, username(150)+"}\n") {
		t.Errorf("%q", got)
	}
}

func TestAReaderThatHasGoneFreesEverything(t *testing.T) {
	s := &slow{}
	server := httptest.NewServer(s.handler(transport.Options{}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	request, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(batchOf(`{ nothing }`, user(60_000))))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/jsonl")
	client := &http.Transport{}
	response, err := client.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(response.Body).ReadString('\n'); err != nil || line == "" {
		t.Fatal(line, err)
	}
	cancel()
	_ = response.Body.Close()
	client.CloseIdleConnections()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		n := len(s.seen)
		s.mu.Unlock()
		if n == 2 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of 2 operations ended", n)
		}
	}
}

func TestOperationsThatPanicOrTakeTooLongHurtNoOther(t *testing.T) {
	_, got := ask(handler(transport.Options{Timeout: 50 * time.Millisecond}), post("application/jsonl", batchOf(user(3), user(4), `{ viewer { id } }`, user(1))))
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != 4 || !strings.Contains(got, `{"requestIndex":2,"data":{"viewer":null}}`) {
		t.Error(got)
	}
}
