package transport_test

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bff/transport"
)

// messages sends a request and returns the messages of the answer, whatever they are framed by.
func messages(t *testing.T, h http.Handler, r *http.Request) (media string, list []string) {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	media = answer.Header().Get("Content-Type")
	switch name, params, _ := mime.ParseMediaType(media); name {
	case "multipart/mixed":
		for reader := multipart.NewReader(answer.Body, params["boundary"]); ; {
			part, err := reader.NextPart()
			if err == io.EOF {
				return media, list
			}
			if err != nil {
				t.Fatal(err)
			}
			content, _ := io.ReadAll(part)
			list = append(list, string(content))
		}
	case "text/event-stream":
		for event := range strings.SplitSeq(answer.Body.String(), "\n\n") {
			if data, ok := strings.CutPrefix(event, "event: next\ndata: "); ok {
				list = append(list, data)
			}
		}
	default:
		list = strings.Split(strings.TrimSpace(answer.Body.String()), "\n")
	}
	return media, list
}

const deferring = `query D($yes: Boolean = true) {
	a: user(id: 1) { username ... @defer(label: "count", if: $yes) { username postCount } }
	...F @defer
} fragment F on Query { b: user(id: 60) { username databaseId } }`

func TestDeferredPartsInEachFormat(t *testing.T) {
	const first = `"data":{"a":{"username":"user1"}}}`
	tests := map[string]struct {
		accept, media string
		want          []string
	}{
		"v0.2": {"multipart/mixed;incrementalSpec=v0.2, application/json", `multipart/mixed; boundary="-"; incrementalSpec=v0.2`, []string{
			`{"pending":[{"id":"0","path":[]},{"id":"1","label":"count","path":["a"]}],"hasNext":true,` + first,
			`{"incremental":[{"data":{"postCount":0},"id":"1"}],"completed":[{"id":"1"}],"hasNext":true}`,
			`{"incremental":[{"data":{"b":{"username":"user60","databaseId":60}},"id":"0"}],"completed":[{"id":"0"}],"hasNext":false}`,
		}},
		"v0.1, as Apollo asks": {"multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9", `multipart/mixed; boundary="-"; deferSpec=20220824`, []string{
			`{"hasNext":true,` + first,
			`{"incremental":[{"data":{"postCount":0},"label":"count","path":["a"]}],"hasNext":true}`,
			`{"incremental":[{"data":{"b":{"username":"user60","databaseId":60}},"path":[]}],"hasNext":false}`,
		}},
		"flat": {"multipart/mixed;incrementalSpec=flat", `multipart/mixed; boundary="-"; incrementalSpec=flat`, []string{
			`{"hasNext":true,"data":{"a":{"username":"user1"}},"extensions":{"is_final":false}}`,
			`{"label":"count","path":["a"],"data":{"postCount":0},"hasNext":true,"extensions":{"is_final":false}}`,
			`{"path":[],"data":{"b":{"username":"user60","databaseId":60}},"hasNext":false,"extensions":{"is_final":true}}`,
		}},
		"events, as urql asks": {"application/graphql-response+json, application/graphql+json, application/json, text/event-stream", "text/event-stream", []string{
			`{"pending":[{"id":"0","path":[]},{"id":"1","label":"count","path":["a"]}],"hasNext":true,` + first,
			`{"incremental":[{"data":{"postCount":0},"id":"1"}],"completed":[{"id":"1"}],"hasNext":true}`,
			`{"incremental":[{"data":{"b":{"username":"user60","databaseId":60}},"id":"0"}],"completed":[{"id":"0"}],"hasNext":false}`,
		}},
		"lines": {"application/graphql-response+jsonl", "application/graphql-response+jsonl", []string{
			`{"pending":[{"id":"0","path":[]},{"id":"1","label":"count","path":["a"]}],"hasNext":true,` + first,
			`{"incremental":[{"data":{"postCount":0},"id":"1"}],"completed":[{"id":"1"}],"hasNext":true}`,
			`{"incremental":[{"data":{"b":{"username":"user60","databaseId":60}},"id":"0"}],"completed":[{"id":"0"}],"hasNext":false}`,
		}},
		"in one piece": {"application/json", "application/json; charset=utf-8", []string{
			`{"data":{"a":{"username":"user1","postCount":0},"b":{"username":"user60","databaseId":60}},"extensions":{"is_final":true}}`,
		}},
		"wanted less than one piece": {"application/json, multipart/mixed;q=0.5", "application/json; charset=utf-8", []string{
			`{"data":{"a":{"username":"user1","postCount":0},"b":{"username":"user60","databaseId":60}},"extensions":{"is_final":true}}`,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			byGet := get(test.accept, url.Values{"query": {deferring}})
			for _, r := range []*http.Request{post(test.accept, body(map[string]any{"query": deferring})), byGet} {
				media, got := messages(t, (&slow{}).handler(transport.Options{}), r)
				if media != test.media || !slices.Equal(got, test.want) {
					t.Errorf("%s %s:\n%s\nwant\n%s", r.Method, media, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
				}
			}
		})
	}
}

func TestNothingIsStreamedWithoutNeed(t *testing.T) {
	accept := "application/json, multipart/mixed, text/event-stream"
	for name, query := range map[string]string{
		"no @defer":            `{ a: user(id: 1) { username } }`,
		"@defer switched off":  `{ a: user(id: 1) { ... @defer(if: false) { username } } }`,
		"all of it twice":      `{ a: user(id: 1) { username ... @defer { username } } }`,
		"the field skipped":    `{ a: user(id: 1) { username } a: user(id: 1) @skip(if: true) { ... @defer { databaseId } } }`,
		"the fragment skipped": `{ a: user(id: 1) { username ... @skip(if: true) @defer { databaseId } } }`,
	} {
		media, got := messages(t, (&slow{}).handler(transport.Options{}), post(accept, body(map[string]any{"query": query})))
		if media != "application/json; charset=utf-8" || !slices.Equal(got, []string{`{"data":{"a":{"username":"user1"}}}`}) {
			t.Errorf("%s: %s %v", name, media, got)
		}
	}
	mutation := `mutation { createPost(input: {title: "a", body: ""}) { post { title ... @defer { databaseId } } } }`
	if media, got := messages(t, (&slow{}).handler(transport.Options{}), post(accept, body(map[string]any{"query": mutation}))); media != "application/json; charset=utf-8" || got[0] != `{"data":{"createPost":{"post":{"title":"a","databaseId":1}}}}` {
		t.Errorf("a mutation: %s %v", media, got)
	}
}

func TestPartsInParts(t *testing.T) {
	query := `{ user(id: 1) { ... @defer(label: "outer") { username ... @defer(label: "inner") { databaseId } } } }`
	_, got := messages(t, (&slow{}).handler(transport.Options{}), post("application/jsonl", body(map[string]any{"query": query})))
	want := []string{
		`{"pending":[{"id":"0","label":"outer","path":["user"]}],"hasNext":true,"data":{"user":{}}}`,
		`{"pending":[{"id":"1","label":"inner","path":["user"]}],"incremental":[{"data":{"username":"user1"},"id":"0"}],"completed":[{"id":"0"}],"hasNext":true}`,
		`{"incremental":[{"data":{"databaseId":1},"id":"1"}],"completed":[{"id":"1"}],"hasNext":false}`,
	}
	if !slices.Equal(got, want) {
		t.Error(strings.Join(got, "\n"))
	}
}

func TestPartsOfListsAndTypes(t *testing.T) {
	query := `{ nodes(ids: ["VXNlcjox", "UG9zdDox", "VXNlcjoy"]) { ... on User @defer { username } ... on Post @defer { title } } }`
	_, got := messages(t, (&slow{}).handler(transport.Options{}), post("application/jsonl", body(map[string]any{"query": query})))
	if got[0] != `{"pending":[{"id":"0","path":["nodes",0]},{"id":"1","path":["nodes",1]},{"id":"2","path":["nodes",2]}],"hasNext":true,"data":{"nodes":[{},{},{}]}}` {
		t.Error(got[0])
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{`"data":{"username":"user1"}`, `"data":{"username":"user2"}`, `"data":{"title":"title"}`} {
		if strings.Count(all, want) != 1 {
			t.Errorf("%s: %s", want, all)
		}
	}
	if !strings.HasSuffix(all, `"hasNext":false}`) {
		t.Error(all)
	}
}

func TestAListInTwoPartsInEachFormat(t *testing.T) {
	const query = `{ nodes(ids: ["VXNlcjox", "UG9zdDox", "VXNlcjo0MDQ", "VXNlcjoy"]) @stream(initialCount: 1, label: "rest") { ... on User { username postCount } ... on Post { title author { username } } } }`
	const post1, user2 = `{"title":"title","author":{"username":"user1"}}`, `{"username":"user2","postCount":0}`
	for accept, want := range map[string][]string{
		"application/jsonl": {
			`{"pending":[{"id":"0","label":"rest","path":["nodes"]}],"hasNext":true,"data":{"nodes":[{"username":"user1","postCount":0}]}}`,
			`{"incremental":[{"id":"0","items":[` + post1 + `,null,` + user2 + `]}],"completed":[{"id":"0"}],"hasNext":false}`,
		},
		"multipart/mixed;deferSpec=20220824": {
			`{"hasNext":true,"data":{"nodes":[{"username":"user1","postCount":0}]}}`,
			`{"incremental":[{"items":[` + post1 + `,null,` + user2 + `],"label":"rest","path":["nodes",1]}],"hasNext":false}`,
		},
		"multipart/mixed;incrementalSpec=flat": {
			`{"hasNext":true,"data":{"nodes":[{"username":"user1","postCount":0}]},"extensions":{"is_final":false}}`,
			`{"label":"rest","path":["nodes",1],"data":` + post1 + `,"hasNext":true,"extensions":{"is_final":false}}`,
			`{"label":"rest","path":["nodes",2],"data":null,"hasNext":true,"extensions":{"is_final":false}}`,
			`{"label":"rest","path":["nodes",3],"data":` + user2 + `,"hasNext":false,"extensions":{"is_final":true}}`,
		},
		"application/json": {`{"data":{"nodes":[{"username":"user1","postCount":0},` + post1 + `,null,` + user2 + `]},"extensions":{"is_final":true}}`},
	} {
		s := &slow{missing: 404}
		_, got := messages(t, s.handler(transport.Options{}), post(accept, body(map[string]any{"query": query})))
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", accept, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if len(s.calls) != 1 || len(s.calls[0]) != 3 {
			t.Errorf("%s: calls for users: %v", accept, s.calls)
		}
	}
}

func TestAStreamNeedsAList(t *testing.T) {
	_, got := messages(t, (&slow{}).handler(transport.Options{}), post("application/jsonl", body(map[string]any{"query": `{ user(id: 1) @stream { username } }`})))
	if want := `{"errors":[{"message":"@stream stands on \"user\", which is no list","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`; len(got) != 1 || got[0] != want {
		t.Error(got)
	}
}

func TestPartsThatFail(t *testing.T) {
	query := `{ a: user(id: 1) { username ... @defer(label: "bad") { posts(first: 500) { nodes { id } } } } ... @defer { user(id: 404) { username } } }`
	for accept, want := range map[string][]string{
		"application/jsonl":                    {`{"data":{"posts":null},"errors":[{"message":"first and last must be from 1 to 100","path":["a","posts"]`, `{"data":{"user":null},"errors":[{"message":"nobody there","path":["user"]`},
		"multipart/mixed;deferSpec=20220824":   {`{"data":{"posts":null},"errors":[{"message":"first and last must be from 1 to 100","path":["a","posts"]`, `{"data":{"user":null},"errors":[{"message":"nobody there","path":["user"]`},
		"multipart/mixed;incrementalSpec=flat": {`"data":{"posts":null},"errors":[{"message":"first and last must be from 1 to 100","path":["a","posts"]`, `"data":{"user":null},"errors":[{"message":"nobody there","path":["user"]`},
	} {
		_, got := messages(t, (&slow{}).handler(transport.Options{}), post(accept, body(map[string]any{"query": query})))
		all := strings.Join(got, "\n")
		if !strings.Contains(got[len(got)-1], `"hasNext":false`) {
			t.Errorf("%s: %s", accept, all)
		}
		for _, w := range want {
			if strings.Count(all, w) != 1 {
				t.Errorf("%s: no %s in %s", accept, w, all)
			}
		}
	}
}

func TestPartsCostNothingMore(t *testing.T) {
	plain := "{ users(first: 50) { nodes { id username postCount avatarUrl } } }"
	deferred := "{ users(first: 50) { nodes { id ... @defer { username } ... @defer { postCount } ... @defer { avatarUrl } } } }"
	for _, query := range []string{plain, deferred} {
		r := post("application/json", body(map[string]any{"query": query}))
		_, got := messages(t, (&slow{}).handler(transport.Options{}), with(r, "GraphQL-Cost", "report"))
		if want := `"estimated":101`; !strings.Contains(got[0], want) { // 51 for the list, 50 for the counts
			t.Errorf("no %s in %s", want, got[0])
		}
	}
}

func TestPartsInABatch(t *testing.T) {
	s := &slow{}
	_, got := messages(t, s.handler(transport.Options{}), post("application/jsonl", batchOf(`{ user(id: 1) { username ... @defer { databaseId } } }`, user(2))))
	finals := 0
	for _, message := range got {
		if !strings.Contains(message, `"hasNext":true`) {
			finals++
		}
		if !strings.HasPrefix(message, `{"requestIndex":`) {
			t.Error(message)
		}
	}
	if finals != 2 || len(got) != 3 || len(s.seen) != 2 {
		t.Errorf("%d records: %s", len(s.seen), strings.Join(got, "\n"))
	}
	_, got = messages(t, s.handler(transport.Options{}), post("application/json", batchOf(`{ user(id: 1) { username ... @defer { databaseId } } }`, user(2))))
	if got[0] != `[{"data":{"user":{"username":"user1","databaseId":1}},"extensions":{"is_final":true}},{`+username(2)+`}]` {
		t.Error(got)
	}
}

func TestAQueryForAReaderOfEventsAlone(t *testing.T) {
	h := (&slow{}).handler(transport.Options{})
	for query, want := range map[string]string{user(1): `{` + username(1) + `}`, `{ nothing }`: `{"errors":[{"message":"Cannot query field \"nothing\" on type \"Query\"."`} {
		media, got := messages(t, h, post("text/event-stream", body(map[string]any{"query": query})))
		if media != "text/event-stream" || len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: %s %v", query, media, got)
		}
	}
}

func TestTheFirstPartIsThereBeforeTheRest(t *testing.T) {
	server := httptest.NewServer((&slow{}).handler(transport.Options{}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(body(map[string]any{"query": `{ a: user(id: 1) { username } ... @defer { user(id: 400) { username } } }`})))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "multipart/mixed")
	client := &http.Transport{}
	defer client.CloseIdleConnections()
	start := time.Now()
	response, err := client.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var text strings.Builder
	var first, second time.Duration
	for chunk := make([]byte, 4096); ; {
		n, err := response.Body.Read(chunk)
		text.Write(chunk[:n])
		if first == 0 && strings.Contains(text.String(), "}\r\n---") { // the boundary, too: then a client knows that it is whole
			first = time.Since(start)
		}
		if second == 0 && strings.Contains(text.String(), "user400") {
			second = time.Since(start)
		}
		if err != nil {
			break
		}
	}
	if first == 0 || second-first < 300*time.Millisecond {
		t.Errorf("parts after %s and %s: %s", first, second, text.String())
	}
}

// TestConditionsThatAreNull sends what makes gqlgen panic, by every way that has goroutines of its own.
func TestConditionsThatAreNull(t *testing.T) {
	h := (&slow{}).handler(transport.Options{})
	for _, query := range []string{
		`query($b: Boolean = true) { user(id: 1) @include(if: $b) { databaseId ... @defer { username } } }`,
		`query($b: Boolean = true) { user(id: 1) { ... @skip(if: $b) { username } } }`,
		`query($b: Boolean = true) { user(id: 1) { ...F } } fragment F on User { username @include(if: $b) }`,
		`subscription($b: Boolean = true) { postPublished @include(if: $b) { databaseId } }`,
	} {
		operation := body(map[string]any{"query": query, "variables": map[string]any{"b": nil}})
		mutation := body(map[string]any{"query": `mutation { createPost(input: {title: "a", body: ""}) { post { title } } }`})
		for _, r := range []*http.Request{
			post("application/jsonl", operation), post("multipart/mixed", operation), post("application/json", operation), post("text/event-stream", operation),
			post("application/jsonl", "["+mutation+","+operation+"]"), post("application/json", "["+operation+","+mutation+"]"),
		} {
			_, got := messages(t, h, r)
			if all := strings.Join(got, "\n"); !strings.Contains(all, "BAD_USER_INPUT") || strings.Contains(all, "INTERNAL") {
				t.Errorf("%s: %s", query, all)
			}
		}
	}
	for _, query := range []string{`subscription { postPublished { databaseId } a: postPublished { title } }`, `subscription { postPublished @skip(if: true) { databaseId } }`} {
		if _, got := messages(t, h, post("text/event-stream", body(map[string]any{"query": query}))); !strings.Contains(got[0], "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s: %v", query, got)
		}
	}
	query := `{ user(id: 1) { databaseId ... @defer { __deferred: __typename username } } }`
	if _, got := messages(t, h, post("application/jsonl", body(map[string]any{"query": query}))); !strings.Contains(got[1], `"data":{"__deferred":"User","username":"user1"}`) {
		t.Error(got)
	}
}
