package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"newcomer/graph"
	"newcomer/library"
)

// questions is what the tests ask, and the answers that the schema and the shelf lead to.
var questions = []struct{ name, query, want string }{
	{
		"books with their authors and the authors' books",
		`{ books(genre: NOVEL) { title pages genre lentTo author { name books { number } } } }`,
		`{"data":{"books":[` +
			`{"title":"Emma","pages":474,"genre":"NOVEL","lentTo":null,"author":{"name":"Jane Austen","books":[{"number":"1"},{"number":"2"}]}},` +
			`{"title":"Persuasion","pages":249,"genre":"NOVEL","lentTo":null,"author":{"name":"Jane Austen","books":[{"number":"1"},{"number":"2"}]}}]}}`,
	},
	{
		"an author who is unknown",
		`{ books(genre: TRAVEL) { title author { name } } }`,
		`{"errors":[{"message":"there is no author 9","path":["books",1,"author"],"locations":[{"line":1,"column":32}]}],"data":{"books":[` +
			`{"title":"The Sea and the Jungle","author":{"name":"H. M. Tomlinson"}},{"title":"A Voyage","author":null}]}}`,
	},
	{
		"a book that is not there",
		`{ book(number: "7") { title } }`,
		`{"data":{"book":null}}`,
	},
	{
		"members of a union",
		`{ search(text: "J") { __typename ... on Book { title } ... on Author { name books { title } } } }`,
		`{"data":{"search":[{"__typename":"Book","title":"The Sea and the Jungle"},` +
			`{"__typename":"Author","name":"Jane Austen","books":[{"title":"Emma"},{"title":"Persuasion"}]}]}}`,
	},
	{
		"changes one after the other",
		`mutation { a: lend(number: "1", to: "Ada") { lentTo } b: lend(number: "1", to: "Bob") { title lentTo author { books { lentTo } } } }`,
		`{"data":{"a":{"lentTo":"Ada"},"b":{"title":"Emma","lentTo":"Bob","author":{"books":[{"lentTo":"Bob"},{"lentTo":null}]}}}}`,
	},
	{
		"a change that fails",
		`mutation { lend(number: "7", to: "Ada") { title } }`,
		`{"errors":[{"message":"there is no book 7","path":["lend"],"locations":[{"line":1,"column":12}]}],"data":null}`,
	},
	{
		"introspection",
		`{ __type(name: "Author") { name fields { name type { kind ofType { name } } } } }`,
		`{"data":{"__type":{"name":"Author","fields":[{"name":"name","type":{"kind":"NON_NULL","ofType":{"name":"String"}}},` +
			`{"name":"books","type":{"kind":"NON_NULL","ofType":{"name":null}}}]}}}`,
	},
}

func TestTheServerAnswers(t *testing.T) {
	for _, q := range questions {
		t.Run(q.name, func(t *testing.T) {
			if got := ask(newServer(library.NewShelf()), q.query); got != q.want {
				t.Errorf("got  %s\nwant %s", got, q.want)
			}
		})
	}
}

// TestGqlgenAnswersTheSame asks gqlgen's own execution over the same resolvers.
func TestGqlgenAnswersTheSame(t *testing.T) {
	for _, q := range questions {
		t.Run(q.name, func(t *testing.T) {
			config := graph.Config{Resolvers: &graph.Resolver{Shelf: library.NewShelf()}}
			server := handler.New(graph.NewExecutableSchema(config))
			server.AddTransport(transport.POST{})
			server.Use(extension.Introspection{})
			if got := ask(server, q.query); got != q.want {
				t.Errorf("got  %s\nwant %s", got, q.want)
			}
		})
	}
}

func ask(server http.Handler, query string) string {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"`+strings.ReplaceAll(query, `"`, `\"`)+`"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	return string(body)
}
