package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"

	"bff"
	"bff/auth"
	"bff/engine"
	"bff/graph"
	"bff/loaders"
	"bff/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const phone = "13100000001"

// world is a graph over rows in memory that counts what it is asked for.
type world struct {
	mu    sync.Mutex
	calls map[string]int
	down  map[string]error // errors of the sources, by name
	log   bytes.Buffer

	users   []*bff.User // by id from 1
	posts   []*bff.Post // by id from 1
	handler http.Handler
	schema  *ast.Schema
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return makeWorld()
}

func makeWorld() *world {
	w := &world{calls: map[string]int{}, down: map[string]error{}}
	day := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	w.users = []*bff.User{
		{ID: 1, Username: "lucus", Avatar: "avatar1.png", Phone: bff.NewPhone(phone), CreatedAt: day},
		{ID: 2, Username: "mars", Avatar: "avatar2.png", Phone: bff.NewPhone("13100000002"), CreatedAt: day},
	}
	for id := int64(1); id <= 3; id++ {
		w.posts = append(w.posts, &bff.Post{ID: id, AuthorID: 1, Title: "文章" + string(rune('0'+id)), Body: "…", CreatedAt: day})
	}
	schema := graph.NewSchema(&graph.Resolver{Accounts: accounts{w}, Publisher: publisher{w}, Tokens: tokens{}, Logins: logins{}, AvatarBase: "http://www.chemputer.top/"}, engine.Options{})
	w.schema = schema.Schema()
	w.handler = transport.New(schema, transport.Options{Introspection: func(context.Context) bool { return true }, Logger: slog.New(slog.NewJSONHandler(&w.log, nil))})
	return w
}

func (w *world) ask(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[name]++
	return w.down[name]
}

func (w *world) sources() loaders.Sources {
	return loaders.Sources{
		Users:     byID(w, "users", w.users),
		Posts:     byID(w, "posts", w.posts),
		UserPages: pages(w, "user_pages", w.users),
		PostPages: pages(w, "post_pages", w.posts),
		PostsByAuthor: func(_ context.Context, keys []bff.AuthorPage) (map[bff.AuthorPage]*bff.Page[*bff.Post], error) {
			if err := w.ask("posts_by_author"); err != nil {
				return nil, err
			}
			found := map[bff.AuthorPage]*bff.Page[*bff.Post]{}
			for _, key := range keys {
				found[key] = &bff.Page[*bff.Post]{}
				for _, post := range w.posts {
					if post.AuthorID == key.AuthorID && len(found[key].Items) < key.Args.First {
						found[key].Items = append(found[key].Items, post)
					}
				}
			}
			return found, nil
		},
		PostCounts: func(_ context.Context, keys []int64) (map[int64]int64, error) {
			if err := w.ask("post_counts"); err != nil {
				return nil, err
			}
			found := map[int64]int64{}
			for _, key := range keys {
				for _, post := range w.posts {
					if post.AuthorID == key {
						found[key]++
					}
				}
			}
			return found, nil
		},
	}
}

func byID[T any](w *world, name string, rows []T) func(context.Context, []int64) (map[int64]T, error) {
	return func(_ context.Context, keys []int64) (map[int64]T, error) {
		if err := w.ask(name); err != nil {
			return nil, err
		}
		found := map[int64]T{}
		for _, key := range keys {
			if key <= int64(len(rows)) {
				found[key] = rows[key-1]
			}
		}
		return found, nil
	}
}

func pages[T any](w *world, name string, rows []T) func(context.Context, []bff.PageArgs) (map[bff.PageArgs]*bff.Page[T], error) {
	return func(_ context.Context, keys []bff.PageArgs) (map[bff.PageArgs]*bff.Page[T], error) {
		if err := w.ask(name); err != nil {
			return nil, err
		}
		found := map[bff.PageArgs]*bff.Page[T]{}
		for _, key := range keys {
			n := min(len(rows), max(key.First, key.Last))
			found[key] = &bff.Page[T]{Items: rows[:n], HasNext: n < len(rows)}
		}
		return found, nil
	}
}

type accounts struct{ *world }

func (a accounts) VerifyPassword(_ context.Context, username, password string) (*bff.Account, error) {
	if username != "lucus" || password != "111111" {
		return nil, bff.Errorf(bff.Unauthenticated, "wrong username or password")
	}
	return &bff.Account{User: a.users[0]}, nil
}

func (a accounts) UpdateProfile(_ context.Context, change bff.ProfileChange) (*bff.User, error) {
	user := *a.users[change.UserID-1]
	if change.Username != nil {
		user.Username = *change.Username
	}
	if change.Phone != nil {
		user.Phone = *change.Phone
	}
	a.users[change.UserID-1] = &user
	return &user, nil
}

type publisher struct{ *world }

func (p publisher) Create(_ context.Context, post bff.NewPost) (*bff.Post, error) {
	made := &bff.Post{ID: int64(len(p.posts) + 1), AuthorID: post.AuthorID, Title: post.Title, Body: post.Body}
	p.posts = append(p.posts, made)
	return made, nil
}

func (p publisher) Update(context.Context, bff.PostChange) (*bff.Post, error) {
	return nil, bff.Errorf(bff.Forbidden, "not your post")
}

func (p publisher) Delete(_ context.Context, removal bff.PostRemoval) (*bff.Post, error) {
	return p.posts[removal.ID-1], nil
}

type logins struct{}

func (logins) Try(context.Context, string) error { return nil }
func (logins) Succeeded(context.Context, string) {}

type tokens struct{}

func (tokens) Sign(auth.Viewer) (string, error) { return "token", nil }

// query sends one operation as a viewer and returns the answer.
func (w *world) query(viewer auth.Viewer, query string, variables map[string]any) string {
	return w.serve(viewer, request(query, variables))
}

func request(query string, variables map[string]any) *http.Request {
	body, _ := json.Marshal(map[string]any{"query": query, "variables": variables})
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// serve sends a request as a viewer and returns the answer.
func (w *world) serve(viewer auth.Viewer, r *http.Request) string {
	return w.serveFrom(w.sources(), viewer, r)
}

func (w *world) serveFrom(sources loaders.Sources, viewer auth.Viewer, r *http.Request) string {
	ctx := bff.WithRequestID(auth.With(r.Context(), viewer), "request-1")
	ctx = loaders.With(ctx, loaders.New(ctx, sources, loaders.Options{}))
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r.WithContext(ctx))
	return answer.Body.String()
}

var (
	nobody = auth.Viewer{}
	lucus  = auth.Viewer{UserID: 1}
	mars   = auth.Viewer{UserID: 2}
	admin  = auth.Viewer{UserID: 2, Admin: true}
)

func TestHome(t *testing.T) {
	w := newWorld(t)
	got := w.query(nobody, `query Home { user(id: 1) { username avatarUrl phone postCount } }`, nil)
	want := `{"data":{"user":{"username":"lucus","avatarUrl":"http://www.chemputer.top/avatar1.png","phone":"131****0001","postCount":3}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestWhatHangsOnAKnownIDIsLoadedBesideItsRow answers with no user before the number of posts was asked for.
func TestWhatHangsOnAKnownIDIsLoadedBesideItsRow(t *testing.T) {
	for _, query := range []string{
		`{ user(id: 1) { username postCount } }`,
		`{ node(id: "VXNlcjox") { ... on User { username postCount } } }`,
		`{ post(id: 1) { author { username postCount } } }`,
		`{ posts(first: 1) { nodes { author { username postCount } } } }`,
	} {
		w := newWorld(t)
		sources := w.sources()
		users, counts := sources.Users, sources.PostCounts
		counted := make(chan struct{})
		sources.PostCounts = func(ctx context.Context, ids []int64) (map[int64]int64, error) {
			close(counted)
			return counts(ctx, ids)
		}
		sources.Users = func(ctx context.Context, ids []int64) (map[int64]*bff.User, error) {
			select {
			case <-counted:
				return users(ctx, ids)
			case <-time.After(5 * time.Second):
				return nil, errors.New("nobody has asked for the count")
			}
		}
		if got := w.serveFrom(sources, nobody, request(query, nil)); !strings.Contains(got, `"username":"lucus","postCount":3`) {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func TestAListAsksEachSourceOnce(t *testing.T) {
	tests := map[string]struct {
		query string
		calls map[string]int
	}{
		"posts with authors": {
			`{ posts(first: 100) { edges { node { title author { username } } } } }`,
			map[string]int{"post_pages": 1, "users": 1},
		},
		"users with posts with authors": {
			`{ users(first: 50) { edges { node { username posts(first: 3) { edges { node { title author { username } } } } postCount } } } }`,
			map[string]int{"user_pages": 1, "posts_by_author": 1, "post_counts": 1},
		},
		"four levels by edges": {
			`{ posts(first: 3) { edges { node { author { username posts(first: 2) { edges { node { title author { postCount } } } } } } } } }`,
			map[string]int{"post_pages": 1, "users": 1, "posts_by_author": 1, "post_counts": 1},
		},
		"arguments by variables, fragments and aliases": {
			`query($n: Int = 2, $yes: Boolean = true, $no: Boolean = false) { users(first: 2) { edges { node { ...U } } nodes { n: postCount } } }
			 fragment U on User { ... on Node { ... on User { p: posts(first: $n) { e: edges { x: node { ...P @include(if: $yes) } } } postCount @include(if: $no) } } }
			 fragment P on Post { a: author { username } b: author { postCount } }`,
			map[string]int{"user_pages": 1, "posts_by_author": 1, "post_counts": 1},
		},
		"nothing that is skipped": {
			`query($no: Boolean = false) { users(first: 2) { nodes { username postCount @include(if: $no) posts(first: 1) @skip(if: true) { nodes { id } } } } }`,
			map[string]int{"user_pages": 1},
		},
		"below one user": {
			`{ user(id: 1) { postCount posts(first: 3) { edges { node { author { postCount posts(first: 1) { nodes { title } } } } } } } }`,
			map[string]int{"users": 1, "posts_by_author": 2, "post_counts": 1},
		},
		"below nodes": {
			`{ nodes(ids: ["UG9zdDox", "UG9zdDoy"]) { id ... on Post { author { postCount } } } }`,
			map[string]int{"posts": 1, "users": 1, "post_counts": 1},
		},
		"the same twice": {
			`{ a: user(id: 1) { username } b: user(id: "VXNlcjox") { username } }`,
			map[string]int{"users": 1},
		},
		"nodes of two kinds": {
			`{ nodes(ids: ["VXNlcjox", "UG9zdDox", "VXNlcjoy", "UG9zdDoy"]) { id } }`,
			map[string]int{"users": 1, "posts": 1},
		},
		"aliases of one list field": {
			`{ user(id: 1) { a: posts(first: 1) { nodes { id } } b: posts(first: 1) { nodes { id } } } }`,
			map[string]int{"users": 1, "posts_by_author": 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if answer := w.query(nobody, test.query, nil); strings.Contains(answer, "errors") {
				t.Fatal(answer)
			}
			if diff := cmp.Diff(test.calls, w.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorsHaveCodes(t *testing.T) {
	tests := map[string]struct {
		viewer auth.Viewer
		query  string
		want   string
	}{
		"a word as id":           {nobody, `{ user(id: "abc") { id } }`, "BAD_USER_INPUT"},
		"zero as id":             {nobody, `{ user(id: 0) { id } }`, "BAD_USER_INPUT"},
		"a post's id for a user": {nobody, `{ user(id: "UG9zdDox") { id } }`, "BAD_USER_INPUT"},
		"a bare id as node":      {nobody, `{ node(id: 1) { id } }`, "BAD_USER_INPUT"},
		"too many rows":          {nobody, `{ users(first: 1000) { nodes { id } } }`, "BAD_USER_INPUT"},
		"no rows":                {nobody, `{ users(first: 0) { nodes { id } } }`, "BAD_USER_INPUT"},
		"both ends":              {nobody, `{ users(first: 1, last: 1) { nodes { id } } }`, "BAD_USER_INPUT"},
		"a foreign cursor":       {nobody, `{ users(after: "xyz") { nodes { id } } }`, "BAD_USER_INPUT"},
		"too many nested rows":   {nobody, `{ user(id: 1) { posts(first: 101) { nodes { id } } } }`, "BAD_USER_INPUT"},
		"wrong password":         {nobody, `mutation { signIn(input: {username: "lucus", password: "x"}) { token } }`, "UNAUTHENTICATED"},
		"mutation by nobody":     {nobody, `mutation { createPost(input: {title: "a", body: "b"}) { post { id } } }`, "UNAUTHENTICATED"},
		"update by nobody":       {nobody, `mutation { updateProfile(input: {phone: "1"}) { viewer { id } } }`, "UNAUTHENTICATED"},
		"another's post":         {mars, `mutation { updatePost(input: {id: 1, title: "x"}) { post { id } } }`, "FORBIDDEN"},
		"unknown field":          {nobody, `{ user(id: 1) { password } }`, "GRAPHQL_VALIDATION_FAILED"},
		"no GraphQL":             {nobody, `{ user(`, "GRAPHQL_PARSE_FAILED"},
		"fragment cycle":         {nobody, `{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }`, "GRAPHQL_VALIDATION_FAILED"},
		"too deep":               {nobody, `{ user(id: 1) { posts { nodes { author { posts { nodes { author { posts { nodes { author { id } } } } } } } } } } }`, "LIMIT_EXCEEDED"},
		"unknown operation":      {nobody, ``, "BAD_USER_INPUT"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			answer := w.query(test.viewer, test.query, nil)
			var parsed struct {
				Errors []struct{ Extensions struct{ Code string } }
			}
			if err := json.Unmarshal([]byte(answer), &parsed); err != nil {
				t.Fatal(err)
			}
			if len(parsed.Errors) != 1 || parsed.Errors[0].Extensions.Code != test.want {
				t.Errorf("answer %s, want one error with %s", answer, test.want)
			}
		})
	}
}

func TestVariablesOfTheWrongTypeAreInput(t *testing.T) {
	w := newWorld(t)
	answer := w.query(nobody, `query($first: Int) { users(first: $first) { nodes { id } } }`, map[string]any{"first": "many"})
	if !strings.Contains(answer, `"code":"BAD_USER_INPUT"`) {
		t.Error(answer)
	}
}

func TestAbsentIsNullWithoutAnError(t *testing.T) {
	w := newWorld(t)
	for query, want := range map[string]string{
		`{ user(id: 999999) { id } }`:                     `{"data":{"user":null}}`,
		`{ post(id: 999999) { id } }`:                     `{"data":{"post":null}}`,
		`{ node(id: "VXNlcjo5OTk5OTk") { id } }`:          `{"data":{"node":null}}`,
		`{ viewer { id } }`:                               `{"data":{"viewer":null}}`,
		`{ nodes(ids: ["VXNlcjo5", "VXNlcjox"]) { id } }`: `{"data":{"nodes":[null,{"id":"VXNlcjox"}]}}`,
	} {
		if got := w.query(nobody, query, nil); got != want {
			t.Errorf("%s = %s, want %s", query, got, want)
		}
	}
}

func TestABadIDAmongNodesSpoilsOnlyItself(t *testing.T) {
	w := newWorld(t)
	got := w.query(nobody, `{ nodes(ids: ["VXNlcjox", "abc"]) { id } }`, nil)
	want := `{"errors":[{"message":"the id is not one that this server has given out","path":["nodes",1],"extensions":{"code":"BAD_USER_INPUT"}}],"data":{"nodes":[{"id":"VXNlcjox"},null]}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestADeadBackendLeavesTheRestOfThePage(t *testing.T) {
	w := newWorld(t)
	w.down["post_counts"] = &bff.Error{Kind: bff.Unavailable, Msg: "the service is not available", Err: errors.New("dial tcp 10.0.0.7:10001")}
	w.down["posts_by_author"] = errors.New("SELECT broke at 10.0.0.7")

	got := w.query(nobody, `{ users(first: 2) { nodes { username postCount posts(first: 1) { nodes { id } } } } }`, nil)

	if strings.Contains(got, "10.0.0.7") || strings.Contains(got, "SELECT") {
		t.Errorf("the answer tells too much: %s", got)
	}
	for _, want := range []string{
		`{"username":"lucus","postCount":null,"posts":null},{"username":"mars","postCount":null,"posts":null}`,
		`"message":"the service is not available","path":["users","nodes",0,"postCount"]`,
		`"code":"UNAVAILABLE"`, `"message":"internal error"`, `"requestId":"request-1"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer lacks %s: %s", want, got)
		}
	}
	if !strings.Contains(w.log.String(), "SELECT broke") {
		t.Error("the log does not say what broke")
	}
}

func TestWritesAreReadBackInTheSameOperation(t *testing.T) {
	w := newWorld(t)
	got := w.query(lucus, `mutation {
		a: createPost(input: {title: "a", body: ""}) { post { author { postCount } } }
		b: createPost(input: {title: "b", body: ""}) { post { title author { postCount } } }
		c: updateProfile(input: {username: "luke", phone: "13199999999"}) { viewer { username phone } }
	}`, nil)
	want := `{"data":{"a":{"post":{"author":{"postCount":4}}},"b":{"post":{"title":"b","author":{"postCount":5}}},"c":{"viewer":{"username":"luke","phone":"13199999999"}}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDeferredFieldsAreNotLost(t *testing.T) {
	w := newWorld(t)
	got := w.query(nobody, `{ user(id: 1) { username ... @defer { postCount } ...F @defer(label: "f") } } fragment F on User { posts(first: 1) { nodes { title } } }`, nil)
	want := `{"data":{"user":{"username":"lucus","postCount":3,"posts":{"nodes":[{"title":"文章1"}]}}},"extensions":{"is_final":true}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
