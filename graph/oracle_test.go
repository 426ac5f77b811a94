package graph_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
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

// rows is sources whose rows are made of their ids. With trouble some ids fail, always the same: then none is absent, for
// an error of a batch is that of its absent keys, too.
type rows struct {
	trouble bool
	slow    bool
}

const manyUsers, manyPosts = 30, 90

var day = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

func (s rows) fails(id int64, of int64) bool { return s.trouble && id%of == 0 }

func (s rows) user(id int64) *bff.User {
	u := &bff.User{ID: id, Username: "user" + strconv.FormatInt(id, 10), CreatedAt: day.Add(time.Duration(id) * time.Hour)}
	if id%2 == 0 {
		u.Avatar, u.Phone = "a b.png", bff.NewPhone(phone)
	}
	return u
}

func (s rows) post(id int64) *bff.Post {
	return &bff.Post{ID: id, AuthorID: id*7%manyUsers + 1, Title: "title " + strconv.FormatInt(id, 10), Body: "<b>", CreatedAt: day}
}

// lookup makes a source of a function of one key; false: there is no such row.
func lookup[K comparable, V any](s rows, found func(K) (V, bool, error)) fetch.Func[K, V] {
	return func(_ context.Context, keys []K) (map[K]V, error) {
		if s.slow {
			time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
		}
		values := map[K]V{}
		var failed error
		for _, key := range keys {
			value, ok, err := found(key)
			if err != nil {
				failed = err
			} else if ok {
				values[key] = value
			}
		}
		return values, failed
	}
}

var errDown = &bff.Error{Kind: bff.Unavailable, Msg: "the service is not available", Err: errors.New("down")}

func (s rows) sources() loaders.Sources {
	return loaders.Sources{
		Users: lookup(s, func(id int64) (*bff.User, bool, error) {
			if s.trouble && (s.fails(id, 5) || id > manyUsers) {
				return nil, false, errDown
			}
			return s.user(id), id <= manyUsers, nil
		}),
		Posts: lookup(s, func(id int64) (*bff.Post, bool, error) {
			if s.trouble && (s.fails(id, 7) || id > manyPosts) {
				return nil, false, errDown
			}
			return s.post(id), id <= manyPosts, nil
		}),
		UserPages: lookup(s, func(args bff.PageArgs) (*bff.Page[*bff.User], bool, error) {
			return pageOf(s, args, 4, manyUsers, 5, s.user)
		}),
		PostPages: lookup(s, func(args bff.PageArgs) (*bff.Page[*bff.Post], bool, error) {
			return pageOf(s, args, 4, manyPosts, 7, s.post)
		}),
		PostsByAuthor: lookup(s, func(key bff.AuthorPage) (*bff.Page[*bff.Post], bool, error) {
			if s.fails(key.AuthorID, 4) {
				return nil, false, errDown
			}
			return pageOf(s, key.Args, 1000, manyPosts, 7, s.post)
		}),
		PostCounts: lookup(s, func(id int64) (int64, bool, error) {
			if s.fails(id, 3) {
				return 0, false, errDown
			}
			return id % 11, true, nil
		}),
	}
}

// pageOf returns rows without those that fail: a row in a page is not asked for again.
func pageOf[V any](s rows, args bff.PageArgs, failing, many, absent int64, row func(int64) V) (*bff.Page[V], bool, error) {
	if s.fails(int64(max(args.First, args.Last)), failing) {
		return nil, false, errDown
	}
	page := &bff.Page[V]{HasNext: args.First > 0, HasPrevious: args.After > 0}
	for id := args.After + 1; id <= many && len(page.Items) < max(args.First, args.Last); id++ {
		if !s.fails(id, absent) {
			page.Items = append(page.Items, row(id))
		}
	}
	return page, true, nil
}

// newOracle returns both executors over sources, with loaders of their own for each operation.
func newOracle(s rows, viewer auth.Viewer) *enginetest.Pair {
	r := &graph.Resolver{Accounts: accounts{}, Publisher: publisher{}, Tokens: tokens{}, Logins: logins{}, AvatarBase: "http://www.chemputer.top/"}
	return &enginetest.Pair{
		Oracle: executorOf(graph.NewGeneratedSchema(r)),
		Engine: executorOf(graph.NewSchema(r, engine.Options{})),
		Context: func(ctx context.Context) context.Context {
			ctx = bff.WithRequestID(auth.With(ctx, viewer), "request-1")
			return loaders.With(ctx, loaders.New(ctx, s.sources(), loaders.Options{Dispatch: dispatch.Options{Patience: dispatch.Unlimited}}))
		},
	}
}

func executorOf(schema graphql.ExecutableSchema) *executor.Executor {
	exec := executor.New(schema)
	exec.SetErrorPresenter(graph.Presenter(slog.New(slog.DiscardHandler)))
	exec.SetRecoverFunc(graph.Recoverer(slog.New(slog.DiscardHandler)))
	exec.Use(extension.Introspection{})
	return exec
}

// arguments returns values that lead somewhere.
func arguments(r *rand.Rand, field, argument string, _ *ast.Type) (string, bool) {
	global := func(kind string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%s:%d", kind, 1+r.IntN(manyUsers+3))))
	}
	any := func() string {
		return fmt.Sprintf("%q", []string{global("User"), global("User"), global("Post"), "wrong"}[r.IntN(4)])
	}
	cursor := base64.RawURLEncoding.EncodeToString([]byte("after:" + global("Post")))
	switch argument {
	case "id":
		if field == "node" {
			return any(), true
		}
		return fmt.Sprint(1 + r.IntN(manyUsers+3)), true
	case "ids":
		return "[" + any() + ", " + any() + ", " + any() + "]", true
	case "first":
		return strconv.Itoa(r.IntN(6)), true
	case "after":
		return fmt.Sprintf("%q", cursor), true
	case "last", "before":
		return "null", r.IntN(20) > 0
	default:
		return "", false
	}
}

// queries returns how many random operations a test carries out.
func queries() int {
	if asked, err := strconv.Atoi(os.Getenv("ENGINE_QUERIES")); err == nil {
		return asked
	}
	if testing.Short() {
		return 1000
	}
	return 3000
}

// TestRandomDeferredQueries merges the parts of random queries: they are the plain answer.
func TestRandomDeferredQueries(t *testing.T) {
	const worlds = 6
	n, operations, parts := queries(), 0, 0
	for seed := range uint64(worlds) {
		pair := newOracle(rows{trouble: seed%2 == 1, slow: seed%4 == 2}, nobody)
		count := 0
		for query := range enginetest.Queries(graph.NewGeneratedSchema(nil).Schema(), seed, enginetest.Options{Value: arguments, Defer: true, Stream: true}) {
			for params := range query.All() {
				operations++
				found, err := enginetest.Incremental(t.Context(), pair.Context, pair.Engine, params)
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

// TestRandomQueries compares random queries with gqlgen's own execution: with and without failing sources, for nobody and
// for users.
func TestRandomQueries(t *testing.T) {
	n := queries()
	viewers := []auth.Viewer{nobody, lucus, admin}
	const worlds = 12
	excepted, operations := map[string]int{}, 0
	for seed := range uint64(worlds) {
		pair := newOracle(rows{trouble: seed%2 == 1, slow: seed%4 == 2}, viewers[seed%3])
		count := 0
		for query := range enginetest.Queries(graph.NewGeneratedSchema(nil).Schema(), seed, enginetest.Options{Value: arguments}) {
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

// TestAnErrorBetweenDeliveriesIsTold has a resolver add an error after another part than its own was delivered.
func TestAnErrorBetweenDeliveriesIsTold(t *testing.T) {
	sources := rows{}.sources()
	posts, release := sources.Posts, make(chan struct{})
	sources.Posts = func(ctx context.Context, ids []int64) (map[int64]*bff.Post, error) {
		<-release
		return posts(ctx, ids)
	}
	in := &engine.Incremental{}
	ctx := engine.WithIncremental(inRequest(t.Context(), sources), in)
	next, ctx := enginetest.Begin(ctx, newExecutor(), enginetest.Params{
		Query: `{ __typename ... @defer { user(id: 1) { username } } ... @defer { nodes(ids: ["wrong", "UG9zdDox"]) { id } } }`,
	})
	next(ctx)
	first := next(ctx)
	close(release)
	last := next(ctx)
	if len(first.Errors) != 0 || len(last.Errors) != 1 || in.More || len(in.Delivered) != 1 {
		t.Errorf("first %v, last %v, delivered %d", first.Errors, last.Errors, len(in.Delivered))
	}
}
