package graph

import (
	"context"
	"errors"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"bff"
	"bff/loaders"
)

// ahead loads what the fields below a root field will ask for, level by level and each level at once, before gqlgen
// resolves them one by one. So the number of calls depends on the levels of the query alone: neither on how many rows
// there are nor on which goroutine runs when. gqlgen's own batches end at each single object on the way, such as the
// node of an edge.
//
// What lies below a row whose id is known is loaded beside the row, not after it: that nobody is there is rare.
//
// It only reads through the loaders, which remember; errors are left for the fields to tell. It knows the fields that
// cross from one row to others (see users and posts): a new one must be added here, or it is merely batched by chance.
type ahead struct {
	operation *graphql.OperationContext
	from      *loaders.Loaders
}

func lookAhead(ctx context.Context) ahead {
	return ahead{graphql.GetOperationContext(ctx), loaders.From(ctx)}
}

// selected returns the selection of the field that is being resolved.
func selected(ctx context.Context) ast.SelectionSet {
	return graphql.GetFieldContext(ctx).Field.Selections
}

// users loads what a selection on users asks for.
func (a ahead) users(ctx context.Context, set ast.SelectionSet, users []*bff.User) {
	a.ofUsers(ctx, set, keysOf(distinct(users), userOwnID))()
}

// ofUsers begins to load what a selection on users asks for, whether or not they are there themselves: everything below
// a user is known by its id. The function that it returns waits for that level and loads those below; who finds no user
// need not call it.
func (a ahead) ofUsers(ctx context.Context, set ast.SelectionSet, ids []int64) (load func()) {
	if len(set) == 0 || len(ids) == 0 {
		return func() {}
	}

	var level []func()
	for _, field := range graphql.CollectFields(a.operation, set, []string{"User", "Node"}) {
		switch field.Name {
		case "postCount":
			counts := a.from.PostCounts.Begin(ctx, ids)
			level = append(level, func() { counts() })
		case "posts":
			if args, err := a.pageArgs(field); err == nil {
				pages := a.from.PostsByAuthor.Begin(ctx, keysOf(ids, func(id int64) bff.AuthorPage {
					return bff.AuthorPage{AuthorID: id, Args: args}
				}))
				level = append(level, func() { a.postsIn(ctx, field.Selections, pages) })
			}
		}
	}
	return func() {
		var waiting sync.WaitGroup
		for _, wait := range level {
			waiting.Go(wait)
		}
		waiting.Wait()
	}
}

// postsIn waits for pages of posts and loads what is asked for below them.
func (a ahead) postsIn(ctx context.Context, set ast.SelectionSet, await func() ([]*bff.Page[*bff.Post], []error)) {
	pages, _ := await()
	var posts []*bff.Post
	for _, page := range pages {
		if page != nil {
			posts = append(posts, page.Items...)
		}
	}
	a.posts(ctx, a.nodes(set, "PostConnection", "PostEdge"), posts)
}

// posts loads what a selection on posts asks for.
func (a ahead) posts(ctx context.Context, set ast.SelectionSet, posts []*bff.Post) {
	posts = distinct(posts)
	if len(set) == 0 || len(posts) == 0 {
		return
	}

	var authors ast.SelectionSet
	asked := false
	for _, field := range graphql.CollectFields(a.operation, set, []string{"Post", "Node"}) {
		if field.Name == "author" {
			asked = true
			authors = append(authors, field.Selections...)
		}
	}
	if asked {
		ids := distinct(keysOf(posts, postAuthorID))
		await := a.from.Users.Begin(ctx, ids)
		load := a.ofUsers(ctx, authors, ids)
		await()
		load()
	}
}

// nodes returns what is selected on the rows of a connection, by either of its two ways.
func (a ahead) nodes(set ast.SelectionSet, connection, edge string) ast.SelectionSet {
	var rows ast.SelectionSet
	for _, field := range graphql.CollectFields(a.operation, set, []string{connection}) {
		switch field.Name {
		case "nodes":
			rows = append(rows, field.Selections...)
		case "edges":
			for _, below := range graphql.CollectFields(a.operation, field.Selections, []string{edge}) {
				if below.Name == "node" {
					rows = append(rows, below.Selections...)
				}
			}
		}
	}
	return rows
}

// pageArgs reads the arguments of User.posts as its own resolver will.
func (a ahead) pageArgs(field graphql.CollectedField) (bff.PageArgs, error) {
	raw := field.ArgumentMap(a.operation.Variables)
	first, err1 := optional(raw["first"], graphql.UnmarshalInt)
	after, err2 := optional(raw["after"], graphql.UnmarshalString)
	last, err3 := optional(raw["last"], graphql.UnmarshalInt)
	before, err4 := optional(raw["before"], graphql.UnmarshalString)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return bff.PageArgs{}, err
	}
	return bff.NewPageArgs(bff.PostKind, first, after, last, before)
}

func optional[T any](raw any, unmarshal func(any) (T, error)) (*T, error) {
	if raw == nil {
		return nil, nil //nolint:nilnil // absent is what nil means for an argument
	}
	value, err := unmarshal(raw)
	return &value, err
}

// distinct returns the rows without repetitions and without those that are absent.
func distinct[T comparable](rows []T) []T {
	var none T
	seen := make(map[T]bool, len(rows))
	kept := make([]T, 0, len(rows))
	for _, row := range rows {
		if row != none && !seen[row] {
			seen[row] = true
			kept = append(kept, row)
		}
	}
	return kept
}

func keysOf[T any, K comparable](rows []T, key func(T) K) []K {
	keys := make([]K, len(rows))
	for i, row := range rows {
		keys[i] = key(row)
	}
	return keys
}
