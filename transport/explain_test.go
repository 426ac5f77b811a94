package transport_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"bff/transport"
)

// open lets everybody read plans. What was loaded is nobody's here: see the tests of the server.
func open(context.Context) func() transport.Loads {
	return func() transport.Loads {
		return transport.Loads{Batches: []transport.LoadedBatch{}, Calls: []transport.LoadedCall{}}
	}
}

const (
	noLoads   = `"batches":[],"calls":[]`
	userField = `{"type":"Query","field":"user","path":"user","rows":1}`
)

func TestAPlanComesWithTheAnswer(t *testing.T) {
	h := (&slow{}).handler(transport.Options{Explain: open})
	tests := map[string]struct{ query, want string }{
		"levels": {`{ user(id: 1) { username postCount } }`, `"plan":{"levels":[{"fields":[` + userField +
			`,{"type":"User","field":"postCount","path":"user.postCount","rows":1,"ahead":true}]}],` + noLoads + `}`},
		"a field that fails": {`{ user(id: 404) { username } }`, `"plan":{"levels":[{"fields":[{"type":"Query","field":"user","path":"user","rows":1,"errors":1}]}],` + noLoads + `}`},
		"nothing resolved":   {`{ __typename }`, `"plan":{"levels":[],` + noLoads + `}`},
		"objects of two types": {`{ nodes(ids: ["VXNlcjox", "UG9zdDox"]) { ... on User { postCount } ... on Post { author { username } } } }`,
			`{"type":"Post","field":"author","path":"nodes.author","rows":1`},
		"a mutation": {`mutation { createPost(input: {title: "a", body: ""}) { post { author { username } } } }`,
			`{"type":"Mutation","field":"createPost","path":"createPost","rows":1}]},{"fields":[{"type":"Post","field":"author","path":"createPost.post.author","rows":1}]}]`},
	}
	for name, test := range tests {
		_, list := messages(t, h, with(post(older, body(map[string]any{"query": test.query})), "GraphQL-Plan", "report"))
		if len(list) != 1 || !strings.Contains(list[0], test.want) {
			t.Errorf("%s: %s\nwant %s", name, list, test.want)
		}
	}
	_, list := messages(t, h, with(post(older, `{"query":"{ usr }"}`), "GraphQL-Plan", "report"))
	if strings.Contains(list[0], "plan") {
		t.Errorf("refused: %s", list)
	}
}

// TestTheLastAnswerHasThePlan of all parts.
func TestTheLastAnswerHasThePlan(t *testing.T) {
	for name, accept := range map[string]string{
		"v0.2": "multipart/mixed;incrementalSpec=v0.2", "v0.1": "multipart/mixed;deferSpec=20220824", "flat": "multipart/mixed;incrementalSpec=flat",
		"lines": "application/graphql-response+jsonl", "in one piece": older,
	} {
		h := (&slow{}).handler(transport.Options{Explain: open})
		_, list := messages(t, h, with(post(accept, body(map[string]any{"query": deferring})), "GraphQL-Plan", "report"))
		for i, message := range list {
			want := 0
			if i == len(list)-1 {
				want = 1
			}
			if got := strings.Count(message, `"plan":`); got != want {
				t.Errorf("%s: %d plans in %s", name, got, message)
			}
		}
		last := list[len(list)-1]
		if !strings.Contains(last, `"path":"a"`) || !strings.Contains(last, `"path":"a.postCount"`) || !strings.Contains(last, `"path":"b"`) {
			t.Errorf("%s: %s", name, last)
		}
		if got := strings.Count(last, `"deferred":true`); got == 0 != (accept == older) {
			t.Errorf("%s: %d deferred fields in %s", name, got, last)
		}
	}
}

// TestOperationsOfABatchHaveTheirOwnLevels says also that others ran beside them.
func TestOperationsOfABatchHaveTheirOwnLevels(t *testing.T) {
	h := (&slow{}).handler(transport.Options{Explain: open})
	two := batchOf(user(1), `{ user(id: 2) { postCount } }`)
	_, list := messages(t, h, with(post("application/graphql-response+jsonl", two), "GraphQL-Plan", "report"))
	if len(list) != 2 {
		t.Fatal(list)
	}
	for _, line := range list {
		others := strings.Contains(line, `"requestIndex":1`)
		if strings.Contains(line, "user.postCount") != others || !strings.Contains(line, noLoads+`,"shared":true`) {
			t.Error(line)
		}
	}
	_, list = messages(t, h, with(post(older, batchOf(user(1))), "GraphQL-Plan", "report"))
	if strings.Contains(list[0], "shared") || !strings.Contains(list[0], userField) {
		t.Errorf("alone in its list: %s", list)
	}
}

// TestEventsHavePlansOfTheirOwn shows that a plan tells of one event, not of those before it.
func TestEventsHavePlansOfTheirOwn(t *testing.T) {
	l := newLive(t, transport.Options{Explain: open})
	r := with(post("text/event-stream", body(map[string]any{"query": `subscription { postPublished(authorId: 1) { databaseId author { username } } }`})), "GraphQL-Plan", "report")
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", strings.TrimPrefix(l.URL, "http://")
	response, err := l.Client().Do(r.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	l.publish(t, 1, 2)
	text, buffer := "", make([]byte, 4096)
	for strings.Count(text, `"plan"`) < 2 {
		n, err := response.Body.Read(buffer)
		if text += string(buffer[:n]); err != nil {
			t.Fatal(text, err)
		}
	}
	const want = `"plan":{"levels":[{"fields":[{"type":"Post","field":"author","path":"postPublished.author","rows":1`
	if got := strings.Count(text, want); got < 2 {
		t.Errorf("%s\nwant %s twice", text, want)
	}
}

// TestWhoMayNotReadPlansIsAnsweredWithout compares whole answers.
func TestWhoMayNotReadPlansIsAnsweredWithout(t *testing.T) {
	h := (&slow{}).handler(transport.Options{})
	serve := func(explain string) string {
		r := post(older, body(map[string]any{"query": user(1)}))
		r.Header.Set("GraphQL-Plan", explain)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer.Body.String()
	}
	if asked, plain := serve("report"), serve(""); asked != plain {
		t.Errorf("%s, without the header %s", asked, plain)
	}
}
