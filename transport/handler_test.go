package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bff"
	"bff/engine"
	"bff/graph"
	"bff/loaders"
	"bff/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	newer = "application/graphql-response+json"
	older = "application/json"
)

// handler answers user(id: 1), fails for 2, panics for 3, never answers for 4.
func handler(options transport.Options) http.Handler {
	sources := loaders.Sources{Users: func(ctx context.Context, keys []int64) (map[int64]*bff.User, error) {
		switch keys[0] {
		case 2:
			return nil, errors.New("dial tcp 10.0.0.7:10000: refused")
		case 3:
			panic("secret")
		case 4:
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return map[int64]*bff.User{1: {ID: 1, Username: "lucus"}}, nil
	}}
	graphql := transport.New(graph.NewSchema(&graph.Resolver{}, engine.Options{}), options)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context()) // as net/http does when a request has ended
		defer cancel()
		ctx = loaders.With(ctx, loaders.New(ctx, sources, loaders.Options{}))
		graphql.ServeHTTP(w, r.WithContext(ctx))
	})
}

func everybody(context.Context) bool { return true }

func post(accept, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return r
}

func get(accept string, query url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/graphql?"+query.Encode(), nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return r
}

func with(r *http.Request, header, value string) *http.Request {
	r.Header.Set(header, value)
	return r
}

// TestRules holds one row for each rule of the GraphQL over HTTP draft that this endpoint keeps.
func TestRules(t *testing.T) {
	const ok = `{"query":"{ user(id: 1) { username } }"}`
	const costly = `{"query":"{ users(first: 30) { nodes { posts(first: 30) { nodes { id } } } } }"}`
	tests := map[string]struct {
		request *http.Request
		status  int
		media   string
		code    string // extensions.code of the only error; empty: none
		data    bool   // whether there is a data entry
	}{
		"POST":                          {post(newer, ok), 200, newer, "", true},
		"POST, older":                   {post(older, ok), 200, older, "", true},
		"POST, anything":                {post("*/*", ok), 200, older, "", true},
		"POST, nothing said":            {post("", ok), 200, older, "", true},
		"POST, any application":         {post("application/*", ok), 200, older, "", true},
		"POST, a browser's":             {post("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", ok), 200, older, "", true},
		"POST, urql's":                  {post(newer+", application/graphql+json, application/json, text/event-stream, multipart/mixed", ok), 200, newer, "", true},
		"quality, older wanted more":    {post(newer+";q=0.5, application/json", ok), 200, older, "", true},
		"quality, newer wanted more":    {post(newer+", application/json;q=0.9", ok), 200, newer, "", true},
		"quality, older refused":        {post("*/*, application/json;q=0", ok), 200, newer, "", true},
		"charset":                       {post(newer+"; charset=utf-8", ok), 200, newer, "", true},
		"another charset":               {post(newer+"; charset=iso-8859-1", ok), 406, older, "BAD_USER_INPUT", false},
		"not acceptable":                {post("text/html", ok), 406, older, "BAD_USER_INPUT", false},
		"all refused":                   {post("*/*;q=0", ok), 406, older, "BAD_USER_INPUT", false},
		"GET":                           {get(newer, url.Values{"query": {"{ user(id: 1) { username } }"}}), 200, newer, "", true},
		"GET with variables":            {get(newer, url.Values{"query": {"query($id: ID!) { user(id: $id) { username } }"}, "variables": {`{"id":1}`}}), 200, newer, "", true},
		"GET with bad variables":        {get(newer, url.Values{"query": {"{ viewer { id } }"}, "variables": {`[1]`}}), 400, newer, "BAD_USER_INPUT", false},
		"GET with bad extensions":       {get(newer, url.Values{"query": {"{ viewer { id } }"}, "extensions": {`x`}}), 400, newer, "BAD_USER_INPUT", false},
		"GET without query":             {get(newer, nil), 400, newer, "BAD_USER_INPUT", false},
		"mutation by GET":               {get(newer, url.Values{"query": {`mutation { createPost(input: {title: "a", body: ""}) { post { id } } }`}}), 405, newer, "BAD_USER_INPUT", false},
		"mutation by GET, older":        {get(older, url.Values{"query": {`mutation { createPost(input: {title: "a", body: ""}) { post { id } } }`}}), 405, older, "BAD_USER_INPUT", false},
		"PUT":                           {httptest.NewRequest(http.MethodPut, "/graphql", strings.NewReader(ok)), 405, older, "BAD_USER_INPUT", false},
		"form":                          {with(post(newer, "query=x"), "Content-Type", "application/x-www-form-urlencoded"), 415, newer, "BAD_USER_INPUT", false},
		"plain text":                    {with(post(newer, ok), "Content-Type", "text/plain"), 415, newer, "BAD_USER_INPUT", false},
		"multipart":                     {with(post(newer, ok), "Content-Type", "multipart/form-data; boundary=x"), 415, newer, "BAD_USER_INPUT", false},
		"no content type":               {with(post(newer, ok), "Content-Type", ""), 415, newer, "BAD_USER_INPUT", false},
		"body in another charset":       {with(post(newer, ok), "Content-Type", "application/json; charset=utf-16"), 415, newer, "BAD_USER_INPUT", false},
		"body with charset":             {with(post(newer, ok), "Content-Type", "application/json; charset=UTF-8"), 200, newer, "", true},
		"another protocol offered":      {with(post(newer, ok), "Upgrade", "h2c"), 200, newer, "", true},
		"no JSON":                       {post(newer, `{"query"`), 400, newer, "BAD_USER_INPUT", false},
		"no JSON, older":                {post(older, `{"query"`), 400, older, "BAD_USER_INPUT", false},
		"trailing garbage":              {post(newer, ok+"x"), 400, newer, "BAD_USER_INPUT", false},
		"a JSON string":                 {post(newer, `"{ viewer { id } }"`), 400, newer, "BAD_USER_INPUT", false},
		"an empty batch":                {post(newer, `[]`), 400, newer, "BAD_USER_INPUT", false},
		"a batch in a batch":            {post(newer, `[[`+ok+`]]`), 400, newer, "BAD_USER_INPUT", false},
		"a batch of 11":                 {post(newer, `[`+strings.Repeat(ok+",", 10)+ok+`]`), 400, newer, "LIMIT_EXCEEDED", false},
		"11 sets of variables":          {post(newer, `{"query":"{ viewer { id } }","variables":[`+strings.Repeat("{},", 10)+`{}]}`), 400, newer, "LIMIT_EXCEEDED", false},
		"a batch, not acceptable":       {post("text/html", `[`+ok+`]`), 406, older, "BAD_USER_INPUT", false},
		"a batch, too costly":           {post(newer, `[`+strings.Repeat(costly+",", 5)+costly+`]`), 422, newer, "LIMIT_EXCEEDED", false},
		"null":                          {post(newer, `null`), 400, newer, "BAD_USER_INPUT", false},
		"query missing":                 {post(older, `{}`), 400, older, "BAD_USER_INPUT", false},
		"query a number":                {post(newer, `{"query":1}`), 400, newer, "BAD_USER_INPUT", false},
		"variables a number":            {post(newer, `{"query":"{ viewer { id } }","variables":1}`), 400, newer, "BAD_USER_INPUT", false},
		"a list of no variables":        {post(newer, `{"query":"{ viewer { id } }","variables":["a"]}`), 400, newer, "BAD_USER_INPUT", false},
		"no variables in a list":        {post(newer, `{"query":"{ viewer { id } }","variables":[]}`), 400, newer, "BAD_USER_INPUT", false},
		"variables null":                {post(newer, `{"query":"{ viewer { id } }","variables":null,"operationName":null,"extensions":null}`), 200, newer, "", true},
		"operationName a number":        {post(newer, `{"query":"{ viewer { id } }","operationName":1}`), 400, newer, "BAD_USER_INPUT", false},
		"an unknown member":             {post(newer, `{"query":"{ viewer { id } }","more":1}`), 200, newer, "", true},
		"body too large":                {post(newer, `{"query":"`+strings.Repeat(" ", 300<<10)+`"}`), 413, newer, "LIMIT_EXCEEDED", false},
		"document not GraphQL":          {post(newer, `{"query":"{"}`), 400, newer, "GRAPHQL_PARSE_FAILED", false},
		"document not GraphQL, older":   {post(older, `{"query":"{"}`), 200, older, "GRAPHQL_PARSE_FAILED", false},
		"document not valid":            {post(newer, `{"query":"{ nothing }"}`), 422, newer, "GRAPHQL_VALIDATION_FAILED", false},
		"document not valid, older":     {post(older, `{"query":"{ nothing }"}`), 200, older, "GRAPHQL_VALIDATION_FAILED", false},
		"variable not valid":            {post(newer, `{"query":"query($id: ID!) { user(id: $id) { id } }","variables":{}}`), 422, newer, "BAD_USER_INPUT", false},
		"variable not valid, older":     {post(older, `{"query":"query($id: ID!) { user(id: $id) { id } }","variables":{}}`), 200, older, "BAD_USER_INPUT", false},
		"operation unknown":             {post(newer, `{"query":"query A { viewer { id } }","operationName":"B"}`), 422, newer, "GRAPHQL_VALIDATION_FAILED", false},
		"operation not named among two": {post(newer, `{"query":"query A { viewer { id } } query B { viewer { id } }"}`), 422, newer, "GRAPHQL_VALIDATION_FAILED", false},
		"deep JSON":                     {post(newer, `{"query":"{ viewer { id } }","variables":{"a":`+strings.Repeat("[", 100_000)+`}}`), 400, newer, "BAD_USER_INPUT", false},
		"compressed body":               {with(post(newer, ok), "Content-Encoding", "gzip"), 415, newer, "BAD_USER_INPUT", false},
		"too costly":                    {post(newer, `{"query":"{ posts(first: 100) { nodes { author { posts(first: 100) { nodes { id } } } } } }"}`), 422, newer, "LIMIT_EXCEEDED", false},
		"a text for an Int":             {post(newer, `{"query":"query($i: Int) { posts(first: $i) { nodes { id } } }","variables":{"i":"5"}}`), 422, newer, "BAD_USER_INPUT", false},
		"a fraction for an Int":         {post(newer, `{"query":"query($i: Int) { posts(first: $i) { nodes { id } } }","variables":{"i":1.5}}`), 422, newer, "BAD_USER_INPUT", false},
		"too costly by a variable":      {post(newer, `{"query":"query($n: Int) { posts(first: $n) { nodes { author { posts(first: $n) { nodes { id } } } } } }","variables":{"n":100}}`), 422, newer, "LIMIT_EXCEEDED", false},
		"field failed":                  {post(newer, `{"query":"{ user(id: 2) { id } }"}`), 200, newer, "INTERNAL", true},
		"field panicked":                {post(newer, `{"query":"{ user(id: 3) { id } }"}`), 200, newer, "INTERNAL", true},
		"subscriptions are not there":   {post(newer, `{"query":"subscription { x }"}`), 422, newer, "GRAPHQL_VALIDATION_FAILED", false},
	}
	h := handler(transport.Options{Introspection: everybody})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, test.request)

			if answer.Code != test.status {
				t.Errorf("status %d, want %d", answer.Code, test.status)
			}
			if got, want := answer.Header().Get("Content-Type"), test.media+"; charset=utf-8"; got != want {
				t.Errorf("content type %q, want %q", got, want)
			}
			body := answer.Body.String()
			code, data := read(t, body)
			if code != test.code || data != test.data {
				t.Errorf("code %q and data %t, want %q and %t: %s", code, data, test.code, test.data, body)
			}
			if answer.Code == http.StatusMethodNotAllowed && answer.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			for _, leak := range []string{"10.0.0.7", "secret", "goroutine"} {
				if strings.Contains(body, leak) {
					t.Errorf("the answer holds %q: %s", leak, body)
				}
			}
		})
	}
}

func read(t *testing.T, body string) (code string, data bool) {
	t.Helper()
	var parsed struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
		Data json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &parsed); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if len(parsed.Errors) > 0 {
		code = parsed.Errors[0].Extensions.Code
		if len(parsed.Errors) > 1 || parsed.Errors[0].Message == "" || code == "" {
			t.Errorf("not one good error: %s", body)
		}
	}
	return code, parsed.Data != nil
}

func TestNoErrorRepeatsTheBody(t *testing.T) {
	for _, body := range []string{`{"query":1,"secret":"abc"}`, `secret=abc`, `{"variables":"secret"}`, `["secret"]`} {
		answer := httptest.NewRecorder()
		handler(transport.Options{}).ServeHTTP(answer, post(newer, body))
		if strings.Contains(answer.Body.String(), "secret") {
			t.Errorf("%s → %s", body, answer.Body)
		}
	}
}

func TestOneMistakeIsToldOnce(t *testing.T) {
	answer := httptest.NewRecorder()
	handler(transport.Options{}).ServeHTTP(answer, post(newer, `{"query":"{ __typename @a @a @a @a @a @a @a @a @a @a }"}`))
	if n := strings.Count(answer.Body.String(), `"message"`); n != 2 { // that it is unknown, and that it stands there more than once
		t.Errorf("%d errors: %s", n, answer.Body)
	}
}

func TestIntrospectionIsASwitch(t *testing.T) {
	for on, want := range map[bool]string{true: `{"data":{"__schema":{"queryType":{"name":"Query"}}}}`, false: `"code":"FORBIDDEN"`} {
		answer := httptest.NewRecorder()
		handler(transport.Options{Introspection: func(context.Context) bool { return on }}).ServeHTTP(answer, post(newer, `{"query":"{ __schema { queryType { name } } }"}`))
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("introspection %t: %s", on, answer.Body)
		}
	}
}

func TestAnOperationHasADeadline(t *testing.T) {
	answer := httptest.NewRecorder()
	handler(transport.Options{Timeout: 20 * time.Millisecond}).ServeHTTP(answer, post(newer, `{"query":"{ user(id: 4) { id } }"}`))
	if code, _ := read(t, answer.Body.String()); code != "DEADLINE_EXCEEDED" {
		t.Error(answer.Body)
	}
}

func TestAClientThatBreaksOffIsNoFault(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answer := httptest.NewRecorder()
	handler(transport.Options{}).ServeHTTP(answer, post(newer, `{"query":"{ user(id: 4) { id } }"}`).WithContext(ctx))
	if code, _ := read(t, answer.Body.String()); code != "DEADLINE_EXCEEDED" {
		t.Error(answer.Body)
	}

	broken := post(newer, "")
	broken.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"query":`), failing{}))
	answer = httptest.NewRecorder()
	handler(transport.Options{}).ServeHTTP(answer, broken)
	if answer.Code != http.StatusBadRequest {
		t.Errorf("status %d, want 400", answer.Code)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset") }
