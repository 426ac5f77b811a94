package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// feed is the page of S4 as a component: 50 posts with their authors and the authors' numbers of posts.
func feed(first int) component {
	whole := func(username, postCount any) error {
		if name, ok := username.(string); !ok || name == "" {
			return fmt.Errorf("no author")
		}
		if _, ok := postCount.(float64); !ok {
			return fmt.Errorf("no number of posts")
		}
		return nil
	}
	return component{
		kind: "feed", slow: true, declares: "$first: Int", field: "posts(first: $first)", selection: "{ nodes { title author { username postCount } } }",
		path: "post.feed", input: fmt.Sprintf(`{"first":%d}`, first),
		shows: func(v any) error {
			return each(v, first, func(v any) error {
				if post := at(v, "post"); post != nil { // of the procedure
					return whole(at(at(v, "author"), "username"), at(v, "authorPostCount"))
				}
				return whole(at(at(v, "author"), "username"), at(at(v, "author"), "postCount"))
			})
		},
	}
}

// composedByFront is what a front end does without post.feed: the posts, and when they are there their authors.
func composedByFront(v *visit, page []component) error {
	body, err := v.post("/rpc", "application/json", calling(component{path: "post.list", input: page[0].input}))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(body)
	_ = body.Close()
	if err != nil {
		return err
	}
	answer, err := parse(text)
	if err != nil {
		return err
	}
	posts, _ := at(at(answer, "output"), "items").([]any)
	authors := make([]component, len(posts))
	for i, post := range posts {
		id, _ := at(post, "authorId").(string)
		authors[i] = component{path: "user.home", input: `{"id":` + quoted(id) + `}`, shows: count(1).shows}
	}
	inner := &visit{ctx: v.ctx, http: v.http, base: v.base, encoding: v.encoding, header: v.header, start: v.start, arrived: make([]time.Duration, len(authors)), codes: map[int]string{}}
	err = calls("Stream")(inner, authors)
	v.requests += inner.requests
	v.operations += inner.operations
	if err != nil {
		return err
	}
	if len(inner.codes) > 0 || len(posts) == 0 {
		return fmt.Errorf("authors without their data: %v", inner.codes)
	}
	v.arrived[0] = time.Since(v.start)
	return nil
}

var feedContenders = []contender{
	contendersNamed("graphql-single")[0],
	{"rpc-calls", composedByFront},
	{"rpc-feed", contendersNamed("rpc-single")[0].load},
}

// terminal is the page of S5: 20 users, on a phone or on a desktop.
func terminal(selection string, fields ...string) component {
	return component{
		kind: "terminal", declares: "$first: Int", field: "users(first: $first)", selection: "{ nodes { " + selection + " } }",
		path: "user.list", input: `{"first":20}`,
		shows: func(v any) error { return each(v, 20, func(v any) error { return texts(v, fields...) }) },
	}
}

var (
	phone   = terminal("username avatarUrl", "username", "avatarUrl")
	desktop = terminal("id databaseId username avatarUrl phone createdAt", "id", "username", "avatarUrl", "phone", "createdAt")
)

// twice is S6: the same mutation twice in one request. It returns how many rows there are more.
func (b *bench) twice(ctx context.Context, path, body string) (rows int, err error) {
	token, err := b.ask(ctx, "", "/graphql", `{"query":"mutation { signIn(input: {username: \"mars\", password: \"222222\"}) { token } }"}`)
	if err != nil {
		return 0, err
	}
	signed, _ := at(at(at(token, "data"), "signIn"), "token").(string)
	posts := func() (int, error) {
		answer, err := b.ask(ctx, "", "/graphql", `{"query":"{ user(id: 2) { postCount } }"}`)
		n, _ := at(at(at(answer, "data"), "user"), "postCount").(float64)
		return int(n), err
	}
	before, err := posts()
	if err != nil {
		return 0, err
	}
	if _, err := b.ask(ctx, signed, path, body); err != nil {
		return 0, err
	}
	after, err := posts()
	return after - before, err
}

const (
	twiceByGraphQL = `[{"query":"mutation { createPost(input: {title: \"twice\", body: \"\"}) { post { id } } }"},` +
		`{"query":"mutation { createPost(input: {title: \"twice\", body: \"\"}) { post { id } } }"}]`
	twiceByRPC = `{"type":"Batch","callings":[{"type":"Single","path":["post","create"],"input":{"title":"twice","body":""}},` +
		`{"type":"Single","path":["post","create"],"input":{"title":"twice","body":""}}]}`
)

func (b *bench) ask(ctx context.Context, token, path, body string) (any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.server.addr+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := b.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return parse(text)
}

// revisit is S8: the same page again, by what the client may know. It returns the second visit.
func (b *bench) revisit(ctx context.Context, page []component, c *contender) (sample, error) {
	s := setting{scenario: "S8", page: page, warm: true, encoding: asBrowsers}
	if c != nil {
		b.load(ctx, s, *c, -1)
		made := b.load(ctx, s, *c, 0)
		if made.Unavailable != "" {
			return made, fmt.Errorf("%s: %s", c.name, made.Unavailable)
		}
		return made, nil
	}
	_, tag, err := again(b.visit(ctx, s, "compare-first"), page, "")
	if err != nil {
		return sample{}, err
	}
	b.wire.counted()
	status, _, err := again(b.visit(ctx, s, "compare-again"), page, tag)
	up, down := b.wire.counted()
	if err == nil && status != http.StatusNotModified {
		err = fmt.Errorf("an unchanged page was answered with %d", status)
	}
	records, recordsErr := b.server.records("compare-again", 1)
	if err == nil {
		err = recordsErr
	}
	made := sample{Scenario: "S8", N: len(page), Contender: "graphql-composed by GET", Requests: 1, Up: up, Down: down}
	for _, r := range records {
		made.Calls += r.BackendCalls
	}
	return made, err
}
