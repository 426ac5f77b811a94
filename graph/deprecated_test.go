package graph_test

import (
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"bff/graph"
)

func TestDeprecatedUsesAreFoundWhereverTheyStand(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { old: Int @deprecated thing(how: How, by: Int @deprecated, in: [In!]): Thing }
		interface Named { name: String @deprecated }
		type Thing implements Named { name: String thing: Thing }
		enum How { FAST SLOW @deprecated }
		input In { how: How was: Int @deprecated below: In }`})

	tests := map[string]struct {
		query     string
		variables map[string]any
		want      []string
	}{
		"nothing":               {query: `{ thing(how: FAST) { name } }`},
		"field, aliased":        {query: `{ now: old }`, want: []string{"Query.old"}},
		"argument":              {query: `{ thing(by: 1) { name } }`, want: []string{"Query.thing(by:)"}},
		"enum value":            {query: `{ thing(how: SLOW) { name } }`, want: []string{"How.SLOW"}},
		"input field":           {query: `{ thing(in: [{was: 1}]) { name } }`, want: []string{"In.was"}},
		"one for a list":        {query: `{ thing(in: {below: {how: SLOW}}) { name } }`, want: []string{"How.SLOW"}},
		"field of an interface": {query: `{ thing { ... on Named { name } } }`, want: []string{"Named.name"}},
		"in a fragment":         {query: `{ thing { ...F thing { ...F } } } fragment F on Named { name }`, want: []string{"Named.name"}},
		"in a variable":         {query: `query($how: How) { thing(how: $how) { name } }`, variables: map[string]any{"how": "SLOW"}, want: []string{"How.SLOW"}},
		"deep in a variable": {
			query:     `query($in: [In!]) { old thing(in: $in) { name } }`,
			variables: map[string]any{"in": []any{map[string]any{"below": map[string]any{"was": 1, "how": "SLOW"}}}},
			want:      []string{"How.SLOW", "In.was", "Query.old"},
		},
		"one for a list in a variable": {
			query:     `query($in: [In!]) { thing(in: $in) { name } }`,
			variables: map[string]any{"in": map[string]any{"how": "SLOW"}},
			want:      []string{"How.SLOW"},
		},
		"default of a variable":        {query: `query($how: How = SLOW) { thing(how: $how) { name } }`, want: []string{"How.SLOW"}},
		"a word that is no enum value": {query: `query($in: [In!]) { thing(in: $in) { name } }`, variables: map[string]any{"in": nil}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			document, errs := gqlparser.LoadQueryWithRules(schema, test.query, nil)
			if errs != nil {
				t.Fatal(errs)
			}
			variables, err := validator.VariableValues(schema, document.Operations[0], test.variables)
			if err != nil {
				t.Fatal(err)
			}
			got := graph.Deprecated(schema, &graphql.OperationContext{Doc: document, Operation: document.Operations[0], Variables: variables})
			if !slices.Equal(got, test.want) {
				t.Errorf("used %v, want %v", got, test.want)
			}
		})
	}
}
