package second_test

import (
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"bff/engine/enginetest"
	"bff/engine/internal/second"
)

// TestMutations compares mutations, each on a world of its own, whose later fields see what earlier ones wrote.
func TestMutations(t *testing.T) {
	count := 0
	for query := range enginetest.Queries(second.NewExecutableSchema(new(second.World).Config()).Schema(), 1, enginetest.Options{Operation: ast.Mutation, Value: values, Fields: 15}) {
		for params := range query.All() {
			var answers [2]enginetest.Answer
			pairs := [2]*enginetest.Pair{newPair(new(second.World)), newPair(new(second.World))}
			for i, exec := range []*executor.Executor{pairs[0].Oracle, pairs[1].Engine} {
				answers[i] = enginetest.AnswerOf(enginetest.Ask(t.Context(), exec, params))
			}
			if err := pairs[0].Differ(params, answers[0], answers[1]); err != nil {
				t.Fatal(err)
			}
		}
		if count++; count == 500 {
			return
		}
	}
}

func TestMutationsAreSerial(t *testing.T) {
	exec := newPair(new(second.World)).Engine
	got := enginetest.Ask(t.Context(), exec, enginetest.Params{Query: `mutation { a: add(by: 2) { now later value } set(to: 7) { now later } b: add { now later } }`})
	want := `{"a":{"now":2,"later":2,"value":2},"set":{"now":7,"later":7},"b":{"now":8,"later":8}}`
	if string(got.Data) != want || got.Errors != nil {
		t.Errorf("%s %v, want %s", got.Data, got.Errors, want)
	}
}

// TestSubscriptions compares all events of subscriptions.
func TestSubscriptions(t *testing.T) {
	for seed := range uint64(4) {
		w := &second.World{Seed: seed, Trouble: seed * 5}
		pair := newPair(w)
		for _, query := range []string{
			`subscription { ticks }`,
			`subscription { n: ticks(count: 1) }`,
			`subscription { ticks(count: 0) }`,
			`subscription { refused }`,
			`subscription { broken }`,
			`subscription { arrivals { name score must parent { name } friend { ... on Person { rank } } } }`,
			`subscription { arrivals(count: 4) { mentor { must } team(count: 2) { crew { name sealed } } } }`,
		} {
			want, got := events(t.Context(), pair.Oracle, query), events(t.Context(), pair.Engine, query)
			if len(want) != len(got) {
				t.Errorf("world %d, %s: %d events, want %d", seed, query, len(got), len(want))
				continue
			}
			for i := range want {
				if err := pair.Differ(enginetest.Params{Query: query}, want[i], got[i]); err != nil {
					t.Errorf("world %d, event %d: %v", seed, i, err)
				}
			}
		}
	}
}

// events returns all answers of a subscription, at most ten.
func events(ctx context.Context, exec *executor.Executor, query string) []enginetest.Answer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next, ctx := enginetest.Begin(ctx, exec, enginetest.Params{Query: query})
	var answers []enginetest.Answer
	for range 10 {
		response := next(ctx)
		if response == nil {
			return answers
		}
		answers = append(answers, enginetest.AnswerOf(response))
	}
	return answers
}

// TestSelected compares operations that once differed, or that random ones seldom hold.
func TestSelected(t *testing.T) {
	for _, query := range []string{
		`{ echo }`,
		`{ echo(filter: {}) }`,
		`{ echo(filter: {ranges: [[{from: 3}, {to: 60}]], names: null, not: {kind: NONE, even: 4}}, list: [[1], []]) }`,
		`{ echo(filter: {even: 3}) a: echo(limit: 91) b: even(n: 4) c: even(n: 5) }`,
		`query($l: [[Int!]] = [[1, 2], null], $f: Filter = {not: {ranges: null}}) { echo(list: $l, filter: $f, level: HIGH) }`,
		`{ person(id: "P7") { a: broken(how: TOO_FEW_ERRORS) b: broken(how: PER_ROW) c: broken(how: PLAIN) d: broken(how: LIST) e: broken(how: PANIC) f: broken(how: NOTHING) } }`,
		`{ crowd { broken(how: TOO_FEW_ERRORS) } }`,
		`{ people { shattered(how: PER_ROW) name } }`,
		`{ people { shattered(how: PANIC) name } }`,
		`{ people { parent { parent { parent { shattered(how: PLAIN) } } } name } }`,
		`{ someone(id: "P1") { parent { parent { shattered(how: PLAIN) } } } name: calls }`,
		`{ grid { crew { shattered(how: PLAIN) } } }`,
		`{ secret gone { name } person { gone masked secret must motto } }`,
		`{ node(id: "R5") { ... on Robot { parts { weight robot { name } owner { name score } } spares { price sub { id } } charge } } }`,
		`{ nodes(ids: ["P1", "X!", "R2", "L3", "P4"]) { __typename id ... on Named { name } ... on Place { visits address { place { town } } } } }`,
		`{ __schema { types { name kind fields(includeDeprecated: true) { name args { name defaultValue } type { name ofType { name } } } } directives { name locations } } __type(name: "Person") { interfaces { name } possibleTypes { name } } t: __type(name: "None") { name } }`,
		`{ __typename ... on Query { __typename x: __typename } }`,
	} {
		for seed := range uint64(20) {
			pair := newPair(&second.World{Seed: seed, Trouble: seed * 2})
			if err := pair.Compare(t.Context(), enginetest.Params{Query: query}); err != nil {
				t.Errorf("world %d: %v", seed, err)
			}
		}
	}
}

// TestDeferred holds deferred queries that once were answered wrongly.
func TestDeferred(t *testing.T) {
	for name, query := range map[string]string{
		"below what became null":            `{ workers { ... on Robot { maker { shattered(how: PLAIN) } ... @defer { maker { alive } } } } }`,
		"below what became null, in a list": `{ crowd { name team { twin { shattered(how: PLAIN) } } ... @defer { team { twin { alive } name } } } }`,
		"shared with one announced later":   `{ machine { ... @defer { ... @defer { boss { id } } name } ... @defer { boss { name } } } }`,
		"shared with one that fails":        `{ machine { ... @defer { boss { id } maker { name } boss { ... on Person { shattered(how: PLAIN) } ... on Robot { maker { shattered(how: PLAIN) } } } } ... @defer { boss { name } } } }`,
		"within one without fields":         `{ machine { name } ... @defer { secret ... @defer { machine { name ... @defer { serial boss { id ... @defer { name } } } } } } }`,
		"shared by three":                   `{ machine { ... @defer { boss { id } } ... @defer { boss { name } } ... @defer { boss { id name __typename } serial } } }`,
		"a panic while a part is written":   `{ places: nodes(ids: ["L1", "L2", "L3", "L4"]) { __typename ... @defer { id } ... on Place @defer { id town } } }`,
	} {
		for seed := range uint64(20) {
			exec := newPair(&second.World{Seed: seed, Trouble: seed}).Engine
			if _, err := enginetest.Incremental(t.Context(), nil, exec, enginetest.Params{Query: query}); err != nil {
				t.Errorf("%s, world %d: %v", name, seed, err)
			}
		}
	}
}

// TestAnErrorOfALeafInAListHasItsIndex holds one of the exceptions of the comparer.
func TestAnErrorOfALeafInAListHasItsIndex(t *testing.T) {
	indexed := 0
	for seed := range uint64(20) {
		exec := newPair(&second.World{Seed: seed, Trouble: 20}).Engine
		response := enginetest.Ask(t.Context(), exec, enginetest.Params{Query: `{ people { risky } }`})
		for _, err := range response.Errors {
			if _, is := err.Path[len(err.Path)-1].(ast.PathIndex); is && len(err.Locations) == 1 {
				indexed++
			}
		}
	}
	if indexed == 0 {
		t.Error("no error has an index")
	}
}
