package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"bff"
	"bff/graph"
)

// costOf estimates an operation against the schema.
func costOf(t testing.TB, query string, variables map[string]any) (*graph.Costs, *graphql.OperationContext, int) {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: bff.SDL})
	document, errs := gqlparser.LoadQueryWithRules(schema, query, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	coerced, err := validator.VariableValues(schema, document.Operations[0], variables)
	if err != nil {
		t.Fatal(err)
	}
	costs := graph.NewCosts(schema)
	operation := &graphql.OperationContext{Doc: document, Operation: document.Operations[0], Variables: coerced}
	return costs, operation, costs.Estimate(operation)
}

func TestEstimatedCost(t *testing.T) {
	tests := map[string]struct {
		query     string
		variables map[string]any
		want      int
	}{
		"an object":                   {`{ user(id: 1) { username } }`, nil, 1},
		"a weighted leaf":             {`{ user(id: 1) { postCount } }`, nil, 2},
		"a connection":                {`{ posts(first: 100) { edges { node { title author { username } } } pageInfo { hasNextPage } } }`, nil, 1 + 100*3 + 1},
		"both ways of a connection":   {`{ posts(first: 10) { edges { node { id } } nodes { id } } }`, nil, 1 + 10*2 + 10},
		"no size given":               {`{ posts { nodes { id } } }`, nil, 21},
		"a size in a variable":        {`query($n: Int) { posts(last: $n) { nodes { id } } }`, map[string]any{"n": json.Number("7")}, 8},
		"a default of a variable":     {`query($n: Int = 5) { posts(first: $n) { nodes { id } } }`, nil, 6},
		"a size that is a text":       {`query($n: Int) { posts(first: $n) { nodes { id } } }`, map[string]any{"n": "7"}, 101},
		"more than there can be":      {`{ posts(first: 2000000000) { nodes { id } } }`, nil, 101},
		"negative":                    {`{ posts(first: -5) { nodes { id } } }`, nil, 1},
		"a list of ids":               {`{ nodes(ids: ["a", "b", "c"]) { id ... on User { postCount } } }`, nil, 6},
		"ids in a variable":           {`query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": []any{"a", "b"}}, 2},
		"lists in lists":              {`{ users(first: 50) { nodes { posts(first: 5) { nodes { author { postCount } } } } } }`, nil, 1 + 50*(1+1+5*(1+1+1))},
		"a mutation":                  {`mutation { createPost(input: {title: "", body: ""}) { post { id } } }`, nil, 10 + 1 + 1},
		"fragments":                   {`{ users(first: 3) { ...C } } fragment C on UserConnection { nodes { ...U } } fragment U on User { postCount }`, nil, 1 + 3*2},
		"the same fragment twice":     {`{ a: user(id: 1) { ...U } b: user(id: 2) { ...U } } fragment U on User { postCount }`, nil, 4},
		"left out by a literal":       {`{ user(id: 1) @skip(if: true) { postCount } }`, nil, 0},
		"left out by a variable":      {`query($x: Boolean!) { ... @include(if: $x) { user(id: 1) { postCount } } }`, map[string]any{"x": false}, 0},
		"introspection costs nothing": {`{ __schema { types { name fields { name } } } __typename }`, nil, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, _, got := costOf(t, test.query, test.variables); got != test.want {
				t.Errorf("cost %d, want %d", got, test.want)
			}
		})
	}
}

func TestActualCost(t *testing.T) {
	w := newWorld(t)
	for query, want := range map[string]int{
		`{ user(id: 99) { postCount } }`:                                                                   0,
		`{ u: user(id: 1) { username n: postCount } }`:                                                     2,
		`{ users(first: 5) { nodes { posts { edges { node { id } } } } } }`:                                1 + 2 + 2 + 3*2,
		`{ node(id: "UG9zdDox") { ...U ... on Post { author { id } } } } fragment U on User { postCount }`: 2,
		`{ __schema { types { name } } }`:                                                                  0,
		`{ a: user(id: 1) { id } b: user(id: 1) { id } }`:                                                  2,
		`{ a: user(id: 1) { ... @defer { postCount } } }`:                                                  2,
	} {
		r := httptest.NewRequest(http.MethodGet, "/graphql?"+url.Values{"query": {query}}.Encode(), nil)
		r.Header.Set("GraphQL-Cost", "report")
		answer := w.serve(nobody, r)
		if !strings.Contains(answer, fmt.Sprintf(`"actual":%d`, want)) {
			t.Errorf("%s: %s, want %d", query, answer, want)
		}
	}
}

// TestNoOperationCostsMoreThanEstimated runs operations and compares.
func TestNoOperationCostsMoreThanEstimated(t *testing.T) {
	w := newWorld(t)
	for _, query := range []string{
		`{ users(first: 5) { nodes { postCount posts { nodes { author { postCount } } edges { cursor node { title } } } } } }`,
		`{ posts(first: 2) { pageInfo { endCursor } nodes { author { username } } } viewer { id } }`,
		`{ nodes(ids: ["VXNlcjox", "UG9zdDox", "x"]) { id ... on User { posts(last: 2) { nodes { id } } } ... on Post { author { id } } } }`,
		`{ user(id: 99) { postCount } }`,
	} {
		r := httptest.NewRequest(http.MethodGet, "/graphql?"+url.Values{"query": {query}}.Encode(), nil)
		r.Header.Set("GraphQL-Cost", "report")
		answer := w.serve(nobody, r)
		var parsed struct {
			Extensions struct {
				Cost struct{ Estimated, Actual int }
			}
		}
		if err := json.Unmarshal([]byte(answer), &parsed); err != nil {
			t.Fatal(err)
		}
		if cost := parsed.Extensions.Cost; cost.Actual > cost.Estimated || cost.Estimated == 0 {
			t.Errorf("%s: %+v", query, cost)
		}
	}
}
