package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"bff/accesslog"
)

// rpc calls a procedure, with a token unless it is empty, and returns the status and the answer.
func (s *server) rpc(token, path, input string) (int, string) {
	s.t.Helper()
	words, _ := json.Marshal(strings.Split(path, "."))
	body := fmt.Sprintf(`{"type":"Single","path":%s,"input":%s}`, words, input)
	request, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/rpc", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("GraphQL-Client-Name", "table")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// TestBothFacadesKeepTheSameRules asks the same of GraphQL and of the RPC-BFF: masks, permission, limits and records.
func TestBothFacadesKeepTheSameRules(t *testing.T) {
	dir := t.TempDir()
	s := startDev(t, "-log-dir", dir, "-spool-dir", t.TempDir(), "-max-cost", "90")
	lucus, mars := s.signIn("lucus", "111111"), s.signIn("mars", "222222")
	tests := map[string]struct {
		token, query, path, input, want, never string
	}{
		"a stranger's phone":    {"", `{ user(id: 1) { phone } }`, "user.get", `{"id":1}`, "131****0001", "13100000001"},
		"somebody else's phone": {mars, `{ user(id: 1) { phone } }`, "user.get", `{"id":1}`, "131****0001", "13100000001"},
		"one's own phone":       {lucus, `{ user(id: 1) { phone } }`, "user.get", `{"id":1}`, "13100000001", "131****0001"},
		"a phone in a list":     {mars, `{ users(first: 2) { nodes { phone } } }`, "user.list", `{"first":2}`, "131****0001", "13100000001"},
		"the home page":         {"", home, "user.home", `{"id":"VXNlcjox"}`, `"postCount":3`, "13100000001"},
		"a feed":                {mars, `{ posts(first: 6) { nodes { author { phone postCount } } } }`, "post.feed", `{"first":6}`, `131****0001`, "13100000001"},
		"a feed's counts":       {"", `{ posts(first: 6) { nodes { title author { username postCount } } } }`, "post.feed", `{"first":6}`, `ostCount":3`, "error"},
		"a user's posts":        {"", `{ user(id: 1) { posts(first: 2) { nodes { title } pageInfo { hasNextPage } } } }`, "user.posts", `{"id":1,"first":2}`, `文章3`, "文章1"},
		"no page of a user":     {"", `{ user(id: 1) { posts(first: 0) { nodes { title } } } }`, "user.posts", `{"id":1,"first":0}`, `"code":"BAD_USER_INPUT"`, "文章"},
		"nobody there":          {"", `{ user(id: 999) { phone } }`, "user.get", `{"id":999}`, "null", "error"},
		"a picture's address":   {"", `{ user(id: 1) { avatarUrl } }`, "user.get", `{"id":1}`, `"avatarUrl":"http://www.chemputer.top/avatar1.png"`, "error"},
		"a bad id":              {"", `{ user(id: "x") { phone } }`, "user.get", `{"id":"x"}`, `"code":"BAD_USER_INPUT"`, "13100000001"},
		"an anonymous mutation": {"", `mutation { createPost(input: {title: "a", body: ""}) { post { id } } }`, "post.create", `{"title":"a","body":""}`, `"code":"UNAUTHENTICATED"`, "UG9zd"},
		"a mutation":            {mars, `mutation { createPost(input: {title: "a", body: ""}) { post { title } } }`, "post.create", `{"title":"a","body":""}`, `"title":"a"`, "error"},
		"a title too long":      {mars, fmt.Sprintf(`mutation { createPost(input: {title: %q, body: ""}) { post { title } } }`, strings.Repeat("x", 201)), "post.create", fmt.Sprintf(`{"title":%q,"body":""}`, strings.Repeat("x", 201)), `"code":"BAD_USER_INPUT"`, "xxx"},
		"too costly":            {"", `{ posts(first: 100) { nodes { id } } }`, "post.list", `{"first":100}`, `"code":"LIMIT_EXCEEDED"`, "UG9zd"},
		"a page too large":      {"", `{ posts(first: 0) { nodes { id } } }`, "post.list", `{"first":0}`, `"code":"BAD_USER_INPUT"`, "UG9zd"},
		"a false token":         {"x.y.z", `{ user(id: 1) { phone } }`, "user.get", `{"id":1}`, `"code":"UNAUTHENTICATED"`, "131"},
	}
	for name, test := range tests {
		graphqlStatus, graphql := s.query(test.token, test.query)
		rpcStatus, rpc := s.rpc(test.token, test.path, test.input)
		for facade, answer := range map[string]string{"GraphQL": graphql, "RPC": rpc} {
			if !strings.Contains(answer, test.want) || strings.Contains(answer, test.never) {
				t.Errorf("%s by %s: %s", name, facade, answer)
			}
		}
		if graphqlStatus != rpcStatus {
			t.Errorf("%s: %d by GraphQL, %d by RPC", name, graphqlStatus, rpcStatus)
		}
	}
	if s.stop() != 0 {
		t.Error("exit code")
	}

	list, text := records(t, dir)
	count := map[string]int{}
	var home accesslog.Record
	for _, r := range list {
		count[r.Protocol]++
		if r.OperationName == "user.home" {
			home = r
		}
	}
	if count["graphql"] != len(tests)+2 || count["rpc"] != len(tests) {
		t.Errorf("records %v of %d tests", count, len(tests))
	}
	if home.OperationType != "query" || home.Client != "table" || home.Path != "/rpc" || home.CostEstimated != 3 || home.LoaderBatches+home.MemoryHits == 0 {
		t.Errorf("%+v", home)
	}
	if strings.Contains(text, "1310000") || strings.Contains(text, "****") {
		t.Error("a phone is on record")
	}
}

// TestRatesHoldForBothFacades spends an account through one and is refused by the other.
func TestRatesHoldForBothFacades(t *testing.T) {
	s := startDev(t, "-rate", "600")
	for range 4 {
		s.query("", `{ posts(first: 30) { nodes { id } } }`)
	}
	if status, answer := s.rpc("", "post.list", `{"first":30}`); status != http.StatusTooManyRequests || !strings.Contains(answer, `"code":"RATE_LIMITED"`) {
		t.Errorf("%d %s", status, answer)
	}
}

// TestTenComponents asks for what ten components want: as ten requests, and as one batch by either façade.
func TestTenComponents(t *testing.T) {
	var queries, streams []string
	for i := range 10 { // each wants four users, 25 in all, and some of them twice
		ids := []int{100 + i*2, 101 + i*2, 120 + i%5, 100 + (i*2+2)%20}
		query := "{"
		for n, id := range ids {
			query += fmt.Sprintf(" u%d: user(id: %d) { username }", n, id)
			streams = append(streams, fmt.Sprintf(`{"type":"Single","path":["user","get"],"input":{"id":%d}}`, id))
		}
		queries = append(queries, query+" }")
	}
	calls := func(s *server) (float64, float64) {
		return s.metric("bff_backend_calls_total", `method="BatchGetUsers"`), s.metric("bff_backend_keys_total", `method="BatchGetUsers"`)
	}
	start := func() *server { return startDev(t, "-seed-users", "200", "-memory-ttl", "1ms") }

	s := start()
	for _, query := range queries {
		if _, answer := s.query("", query); strings.Contains(answer, "errors") {
			t.Fatal(answer)
		}
	}
	singleCalls, singleKeys := calls(s)

	s = start()
	var list []map[string]string
	for _, query := range queries {
		list = append(list, map[string]string{"query": query})
	}
	body, _ := json.Marshal(list)
	if status := s.post(string(body), map[string]string{"Accept": "application/graphql-response+jsonl"}); status != 200 {
		t.Fatal(status)
	}
	batchCalls, batchKeys := calls(s)

	s = start()
	response, err := http.Post(s.url+"/rpc", "application/json", strings.NewReader(`{"type":"Stream","callings":[`+strings.Join(streams, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if strings.Count(string(answer), "ApiSingleSuccessResponse") != 40 {
		t.Errorf("%s", answer)
	}
	rpcCalls, rpcKeys := calls(s)

	t.Logf("ten requests: %v calls, %v keys; one batch: %v calls, %v keys; one RPC stream: %v calls, %v keys", singleCalls, singleKeys, batchCalls, batchKeys, rpcCalls, rpcKeys)
	if singleCalls < 10 || batchCalls != 1 || batchKeys != 25 || rpcCalls != 1 || rpcKeys != 25 {
		t.Error("not what was expected")
	}
}
