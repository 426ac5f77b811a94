package second_test

import (
	"context"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"bff/dispatch"
	"bff/engine/enginetest"
	"bff/engine/internal/second"
)

// some returns random operations with the answers of gqlgen's own execution.
func some(t *testing.T, w *second.World, n int) (asked []enginetest.Params, pair *enginetest.Pair) {
	t.Helper()
	pair = newPair(w)
	pair.Engine.SetQueryCache(lru.New[*ast.QueryDocument](1000)) // so that operations share their plan
	for query := range enginetest.Queries(newEngine(w).Schema(), 77, enginetest.Options{Value: values}) {
		asked = append(asked, query.Params(len(asked)))
		if len(asked) == n {
			return asked, pair
		}
	}
	return nil, nil
}

// TestOnePlanFromManyGoroutines carries each operation out many times at once, while its plan is compiled.
func TestOnePlanFromManyGoroutines(t *testing.T) {
	asked, pair := some(t, &second.World{Seed: 4, Trouble: 12, Slow: 2, Spawn: true}, 100)
	for _, params := range asked {
		want := enginetest.AnswerOf(enginetest.Ask(t.Context(), pair.Oracle, params))
		var running sync.WaitGroup
		for range 16 {
			running.Go(func() {
				if err := pair.Differ(params, want, enginetest.AnswerOf(enginetest.Ask(t.Context(), pair.Engine, params))); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if t.Failed() {
			return
		}
	}
}

// TestOperationsOfOneSchedule carries ten operations out as tasks of one schedule and context.
func TestOperationsOfOneSchedule(t *testing.T) {
	asked, pair := some(t, &second.World{Seed: 5, Trouble: 12, Slow: 2, Spawn: true}, 200)
	for len(asked) > 0 {
		some := asked[:10]
		asked = asked[10:]
		answers := together(t.Context(), pair.Engine, some)
		for i, params := range some {
			want := enginetest.AnswerOf(enginetest.Ask(t.Context(), pair.Oracle, params))
			if err := pair.Differ(params, want, answers[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func together(ctx context.Context, exec *executor.Executor, asked []enginetest.Params) []enginetest.Answer {
	s := dispatch.New(dispatch.Options{})
	answers, jobs := make([]enginetest.Answer, len(asked)), make([]dispatch.Job, len(asked))
	for i, params := range asked {
		jobs[i].Run = func(ctx context.Context) {
			answers[i] = enginetest.AnswerOf(enginetest.Ask(ctx, exec, params))
		}
	}
	s.RunAll(dispatch.With(ctx, s), jobs)
	return answers
}

// TestACancelledOperationEnds leaves no goroutine behind: see TestMain.
func TestACancelledOperationEnds(t *testing.T) {
	asked, pair := some(t, &second.World{Seed: 6, Trouble: 12, Slow: 5}, 100)
	for i, params := range asked {
		ctx, cancel := context.WithCancel(t.Context())
		if i%2 == 0 {
			cancel()
		} else {
			go cancel()
		}
		enginetest.Ask(ctx, pair.Engine, params)
		cancel()
	}
}
