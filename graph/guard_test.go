package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/introspection"

	"bff/graph"
)

func TestGuard(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("{ a ", n) + strings.Repeat("}", n) }
	doubling := func(n int) string {
		var b strings.Builder
		b.WriteString("{ ...F0 }")
		for i := range n {
			fmt.Fprintf(&b, " fragment F%d on Query { ...F%d ...F%d }", i, i+1, i+1)
		}
		fmt.Fprintf(&b, " fragment F%d on Query { a }", n)
		return b.String()
	}
	tests := map[string]struct{ query, code string }{
		"ordinary":                    {`{ user(id: 1) { username } }`, ""},
		"full introspection":          {introspection.Query, ""},
		"depth at its bound":          {deep(10), ""},
		"depth above it":              {deep(11), graph.CodeLimitExceeded},
		"depth by fragments":          {`{ a { a { a { ...F } } } } fragment F on X { b { b { b { b { b { b { b { b } } } } } } } }`, graph.CodeLimitExceeded},
		"aliases":                     {"{" + repeat(16, "a%d: a ") + "}", graph.CodeLimitExceeded},
		"aliases at their bound":      {"{ x {" + repeat(15, "a%d: a ") + "} }", ""},
		"directives":                  {"{ a " + strings.Repeat("@skip(if: false) ", 51) + "}", graph.CodeLimitExceeded},
		"root fields":                 {"{" + repeat(11, "a%d ") + "}", graph.CodeLimitExceeded},
		"root fields by fragments":    {"{ ...F ...G } fragment F on Query {" + repeat(6, "a%d ") + "} fragment G on Query {" + repeat(6, "b%d ") + "}", graph.CodeLimitExceeded},
		"tokens":                      {"{ x {" + strings.Repeat("a ", 1001) + "} }", graph.CodeLimitExceeded},
		"a cycle of one":              {`{ ...F } fragment F on Query { ...F }`, graph.CodeValidationFailed},
		"a cycle in a nested field":   {`query S { me { ...F } } fragment F on User { friends { ...F friends { ...F } } }`, graph.CodeValidationFailed},
		"a cycle nobody uses":         {`{ a } fragment F on Query { ...G } fragment G on Query { x { ...F } }`, graph.CodeValidationFailed},
		"a cycle in introspection":    {`{__schema{types{...F}}} fragment F on __Type { ofType { ...F ofType { ...F } } }`, graph.CodeValidationFailed},
		"a cycle by inline fragments": {`{ ...F } fragment F on Query { ... { ... @include(if: true) { ...F } } }`, graph.CodeValidationFailed},
		"doubling fragments":          {doubling(60), graph.CodeLimitExceeded},
		"introspection too deep":      {"{ __schema { types { " + strings.Repeat("ofType { ", 20) + "name" + strings.Repeat("}", 20) + "}}}", graph.CodeLimitExceeded},
		"selections":                  {"{ x {" + strings.Repeat("a ", 101) + "} }", graph.CodeLimitExceeded},
		"operations":                  {repeat(11, "query A%d { a } "), graph.CodeLimitExceeded},
		"brackets in a value":         {"{ a(b: " + strings.Repeat("[", 1000000) + ") }", graph.CodeLimitExceeded},
		"brackets in a type":          {"query($a: " + strings.Repeat("[", 1000000) + ") { a }", graph.CodeLimitExceeded},
		"brackets in a selection":     {strings.Repeat("{a", 1000000), graph.CodeLimitExceeded},
		"an unknown fragment":         {`{ ...F }`, ""}, // validation says so
		"no GraphQL":                  {`{ a( `, ""},    // the parser says so
		"NUL and bad UTF-8":           {"{ a\x00\xff }", ""},
		"empty":                       {"", ""},
	}
	guard := graph.NewGuard(graph.DefaultLimits(), func(context.Context) bool { return true })
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, round := range []string{"first", "again"} {
				var code any = ""
				if err := guard.MutateOperationParameters(t.Context(), &graphql.RawParams{Query: test.query}); err != nil {
					code = err.Extensions["code"]
				}
				if code != test.code {
					t.Errorf("%s time: code %q, want %q", round, code, test.code)
				}
			}
		})
	}
}

func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func FuzzGuard(f *testing.F) {
	for _, seed := range []string{
		`{ user(id: 1) { username } }`, `{ ...F } fragment F on Query { ...F }`, `query($a: [Int!]!) { a(b: [1, {c: "d"}]) @skip(if: true) }`,
		`{__schema{types{...F}}} fragment F on __Type { ofType { ...F ofType { ...F } } }`, "{ a\x00\xff }", `"""`,
	} {
		f.Add(seed)
	}
	w := makeWorld()
	f.Fuzz(func(t *testing.T, query string) {
		if answer := w.query(nobody, query, nil); !strings.HasPrefix(answer, "{") || !strings.HasSuffix(answer, "}") {
			t.Errorf("%q → %q", query, answer)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	for _, fields := range []int{100, 200, 400, 800} {
		query := "{ x {" + strings.Repeat("a ", fields) + "} }"
		b.Run(fmt.Sprint(fields), func(b *testing.B) {
			for b.Loop() {
				guard := graph.NewGuard(graph.DefaultLimits(), func(context.Context) bool { return true })
				_ = guard.MutateOperationParameters(b.Context(), &graphql.RawParams{Query: query})
			}
		})
	}
}
