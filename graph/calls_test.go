package graph_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"bff"
	"bff/auth"
	"bff/dispatch"
	"bff/engine"
	"bff/engine/enginetest"
	"bff/fetch"
	"bff/graph"
	"bff/loaders"
)

// record is the calls of sources, with their keys.
type record struct {
	mu    sync.Mutex
	calls []string
}

func recorded[K cmp.Ordered, V any](r *record, name string, next fetch.Func[K, V]) fetch.Func[K, V] {
	return func(ctx context.Context, keys []K) (map[K]V, error) {
		r.add(name, fmt.Sprint(slices.Sorted(slices.Values(keys))))
		return next(ctx, keys)
	}
}

func (r *record) add(name, keys string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, name+" "+keys)
}

func counted[K comparable, V any](r *record, name string, next fetch.Func[K, V]) fetch.Func[K, V] {
	return func(ctx context.Context, keys []K) (map[K]V, error) {
		r.add(name, fmt.Sprint(len(keys)))
		return next(ctx, keys)
	}
}

func (r *record) sources() loaders.Sources {
	s := rows{}.sources()
	s.Users, s.Posts, s.PostCounts = recorded(r, "users", s.Users), recorded(r, "posts", s.Posts), recorded(r, "counts", s.PostCounts)
	s.UserPages, s.PostPages = counted(r, "user_pages", s.UserPages), counted(r, "post_pages", s.PostPages)
	s.PostsByAuthor = counted(r, "posts_by_author", s.PostsByAuthor)
	return s
}

// sorted returns the calls in an order that does not depend on which of a round was first.
func (r *record) sorted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.Sort(r.calls)
	return r.calls
}

func newExecutor() *executor.Executor {
	r := &graph.Resolver{Accounts: accounts{}, Publisher: publisher{}, Tokens: tokens{}, Logins: logins{}, AvatarBase: "http://www.chemputer.top/"}
	exec := executorOf(graph.NewSchema(r, engine.Options{}))
	exec.SetQueryCache(lru.New[*ast.QueryDocument](100))
	return exec
}

// inRequest returns the context of a request of nobody.
func inRequest(ctx context.Context, sources loaders.Sources) context.Context {
	ctx = bff.WithRequestID(auth.With(ctx, nobody), "request-1")
	return loaders.With(ctx, loaders.New(ctx, sources, loaders.Options{Dispatch: dispatch.Options{Patience: dispatch.Unlimited}}))
}

const firstQuery = `{ posts(first: 100) { edges { node { title author { username } } } } }`

// TestExactlyTheFewestCalls counts the calls of the operations that the limit of performance is measured by.
func TestExactlyTheFewestCalls(t *testing.T) {
	exec := newExecutor()
	for query, want := range map[string]int{
		firstQuery: 2,
		`query Home { user(id: 1) { username avatarUrl phone postCount } }`:                                                               2,
		`{ users(first: 50) { edges { node { username posts(first: 3) { edges { node { title author { username } } } } postCount } } } }`: 3,
	} {
		r := &record{}
		response := enginetest.Ask(inRequest(t.Context(), r.sources()), exec, enginetest.Params{Query: query})
		if len(response.Errors) > 0 || len(r.calls) != want {
			t.Errorf("%s: %d calls, want %d: %v; errors %v", query, len(r.calls), want, r.calls, response.Errors)
		}
	}
}

// TestABatchAsksForTheUnion carries ten overlapping operations out in one request, a thousand times, beside goroutines that
// keep the processors busy: the calls are always the same.
func TestABatchAsksForTheUnion(t *testing.T) {
	busy, done := make(chan struct{}), sync.WaitGroup{}
	for range 2 {
		done.Go(func() { burn(busy) })
	}
	defer done.Wait()
	defer close(busy)

	runs := 1000
	if testing.Short() {
		runs = 200
	}
	exec := newExecutor()
	want := []string{
		"counts [1 2 3 4 5 6 7 8 9 10 11]", "posts [1 2 3 4 5 6 7 8 9 10]",
		"users [1 2 3 4 5 6 7 8 9 10 11]", "users [13 15 20 22 27 29]",
	}
	for run := range runs {
		r := &record{}
		ctx := inRequest(t.Context(), r.sources())
		loaders.From(ctx).Schedule().RunAll(ctx, overlapping(exec))
		if got := r.sorted(); !slices.Equal(got, want) {
			t.Fatalf("run %d: calls %q, want %q", run, got, want)
		}
	}
}

// burn uses a processor until it is told to stop.
func burn(stop <-chan struct{}) {
	for n := 0; ; n++ {
		if n%1000 == 0 {
			select {
			case <-stop:
				return
			default:
			}
		}
	}
}

func overlapping(exec *executor.Executor) []dispatch.Job {
	jobs := make([]dispatch.Job, 10)
	for i := range jobs {
		jobs[i].Run = func(ctx context.Context) {
			enginetest.Ask(ctx, exec, enginetest.Params{
				Query:     `query($a: ID!, $b: ID!) { a: user(id: $a) { username postCount } b: user(id: $b) { username postCount } post(id: $a) { author { username } } }`,
				Variables: map[string]any{"a": i + 1, "b": i + 2},
			})
		}
	}
	return jobs
}

// TestACancelledRequestEnds leaves no goroutine behind, though a source never answers: see TestMain.
func TestACancelledRequestEnds(t *testing.T) {
	sources := rows{}.sources()
	asked := make(chan struct{})
	sources.Users = func(ctx context.Context, _ []int64) (map[int64]*bff.User, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	ended := make(chan *struct{})
	go func() {
		defer close(ended)
		enginetest.Ask(inRequest(ctx, sources), newExecutor(), enginetest.Params{Query: firstQuery})
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error(errors.New("the request has not ended"))
	}
}

// TestCeilings holds what an operation allocates and starts. To raise one needs an ADR.
func TestCeilings(t *testing.T) {
	exec := newExecutor()
	sources := inMemory()
	for _, test := range []struct {
		query                   string
		allocations, goroutines int
	}{
		{`{ __typename }`, 65, 0},
		{firstQuery, 220, 4},
	} {
		ask := func() { enginetest.Ask(inRequest(t.Context(), sources), exec, enginetest.Params{Query: test.query}) }
		allocations := int(testing.AllocsPerRun(100, ask))
		goroutines := started(func() {
			for range 100 {
				ask()
			}
		}) / 100
		t.Logf("%s: %d allocations, %d goroutines", strings.TrimSpace(test.query), allocations, goroutines)
		if allocations > test.allocations || goroutines > test.goroutines {
			t.Errorf("%s: %d allocations and %d goroutines, at most %d and %d", test.query, allocations, goroutines, test.allocations, test.goroutines)
		}
	}
}

// inMemory returns sources that allocate next to nothing.
func inMemory() loaders.Sources {
	sources := rows{}.sources()
	page := &bff.Page[*bff.Post]{}
	users := map[int64]*bff.User{}
	for id := range int64(100) {
		page.Items = append(page.Items, rows{}.post(id+1))
	}
	for id := range int64(manyUsers + 1) {
		users[id] = rows{}.user(id)
	}
	sources.PostPages = func(_ context.Context, keys []bff.PageArgs) (map[bff.PageArgs]*bff.Page[*bff.Post], error) {
		return map[bff.PageArgs]*bff.Page[*bff.Post]{keys[0]: page}, nil
	}
	sources.Users = func(context.Context, []int64) (map[int64]*bff.User, error) { return users, nil }
	return sources
}

// started returns how many goroutines begin while f runs.
func started(f func()) int {
	sample := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	f()
	metrics.Read(sample)
	return int(sample[0].Value.Uint64() - before)
}
