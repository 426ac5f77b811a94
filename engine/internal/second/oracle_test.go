package second_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"

	"bff/dispatch"
	"bff/engine"
	"bff/engine/enginetest"
	"bff/engine/internal/second"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newPair returns both executors over one world.
func newPair(w *second.World) *enginetest.Pair {
	return &enginetest.Pair{Oracle: executorOf(second.NewExecutableSchema(w.Config())), Engine: executorOf(newEngine(w))}
}

func newEngine(w *second.World) *engine.Schema {
	return second.NewBreadthFirstSchema(w.Config(), engine.Options{Dispatch: dispatch.Options{Patience: dispatch.Unlimited}})
}

func executorOf(schema graphql.ExecutableSchema) *executor.Executor {
	exec := executor.New(schema)
	exec.SetRecoverFunc(func(_ context.Context, cause any) error { return fmt.Errorf("panic: %v", cause) })
	exec.Use(extension.Introspection{})
	return exec
}

// values returns arguments that lead somewhere.
func values(r *rand.Rand, _, argument string, _ *ast.Type) (string, bool) {
	id := func() string {
		if r.IntN(10) == 0 {
			return `"X!"`
		}
		return fmt.Sprintf("%q", string("PRL"[r.IntN(3)])+strconv.Itoa(r.IntN(30)))
	}
	switch argument {
	case "id", "after":
		return id(), true
	case "ids":
		return "[" + id() + ", " + id() + ", " + id() + "]", true
	case "count", "rows":
		return strconv.Itoa(r.IntN(4)), true
	default:
		return "", false
	}
}

// queries returns how many random operations a test carries out.
func queries() int {
	if n, err := strconv.Atoi(os.Getenv("ENGINE_QUERIES")); err == nil {
		return n
	}
	if testing.Short() {
		return 1000
	}
	return 3000
}

// TestRandomQueries compares random queries in worlds of more and less trouble.
func TestRandomQueries(t *testing.T) {
	const worlds = 20
	n := queries()
	excepted, operations := map[string]int{}, 0
	for seed := range uint64(worlds) {
		w := &second.World{Seed: seed, Trouble: seed % 5 * 6, Slow: seed % 2 * 3}
		pair := newPair(w)
		count := 0
		for query := range enginetest.Queries(second.NewExecutableSchema(w.Config()).Schema(), seed, enginetest.Options{Value: values}) {
			for params := range query.All() {
				operations++
				if err := pair.Compare(t.Context(), params); err != nil {
					t.Fatalf("world %d, query %d: %v", seed, count, err)
				}
			}
			if count++; count >= n/worlds {
				break
			}
		}
		for name, n := range pair.Excepted {
			excepted[name] += n
		}
	}
	t.Logf("%d queries, %d with their conditions; exceptions: %v", n, operations, excepted)
}

// TestRandomDeferredQueries merges the parts of random queries: they are the plain answer.
func TestRandomDeferredQueries(t *testing.T) {
	const worlds = 10
	n := queries()
	operations, parts := 0, 0
	for seed := range uint64(worlds) {
		w := &second.World{Seed: seed, Trouble: seed % 5 * 6, Slow: seed % 2 * 3}
		schema := newEngine(w)
		exec := executorOf(schema)
		count := 0
		for query := range enginetest.Queries(schema.Schema(), seed, enginetest.Options{Value: values, Defer: true, Stream: true}) {
			for params := range query.All() {
				operations++
				found, err := enginetest.Incremental(t.Context(), nil, exec, params)
				if err != nil {
					t.Fatalf("world %d, query %d: %v", seed, count, err)
				}
				parts += found
			}
			if count++; count >= n/worlds {
				break
			}
		}
	}
	t.Logf("%d queries, %d with their conditions, %d parts", n, operations, parts)
}

// FuzzExecutors compares the query that is made of a seed.
func FuzzExecutors(f *testing.F) {
	f.Add([]byte("seed"))
	f.Add([]byte("another"))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		seed := fnv.New64a()
		_, _ = seed.Write(bytes)
		w := &second.World{Seed: seed.Sum64() % 100, Trouble: seed.Sum64() % 30}
		pair := newPair(w)
		schema := second.NewExecutableSchema(w.Config()).Schema()
		random := rand.New(rand.NewPCG(seed.Sum64(), 0))
		query, ok := enginetest.Random(schema, random, enginetest.Options{Value: values})
		deferred, defers := enginetest.Random(schema, random, enginetest.Options{Value: values, Defer: true, Stream: true})
		if !ok || !defers {
			t.Skip("not valid")
		}
		bits := random.IntN(8)
		if err := pair.Compare(t.Context(), query.Params(bits)); err != nil {
			t.Error(err)
		}
		if _, err := enginetest.Incremental(t.Context(), nil, pair.Engine, deferred.Params(bits)); err != nil {
			t.Error(err)
		}
	})
}
