package graph

import (
	"context"

	"bff"
	"bff/auth"
	"bff/loaders"
)

// Resolvers of fields that load, in two steps: each enqueues its keys and returns at once; what it returns takes the values
// when they have landed. The engine calls these instead of the resolvers of the same name, so that a field that waits costs
// no goroutine.

// BeginAuthor begins Post.author.
func (*postResolver) BeginAuthor(ctx context.Context, objs []*bff.Post) func() ([]*bff.User, error) {
	return each(ctx, loaders.From(ctx).Users, objs, postAuthorID, asIs)
}

// BeginPostCount begins User.postCount.
func (*userResolver) BeginPostCount(ctx context.Context, objs []*bff.User) func() ([]*int, error) {
	return each(ctx, loaders.From(ctx).PostCounts, objs, userOwnID, counts)
}

// BeginPosts begins User.posts.
func (*userResolver) BeginPosts(ctx context.Context, objs []*bff.User, first *int, after *string, last *int, before *string) func() ([]*PostConnection, error) {
	args, err := bff.NewPageArgs(bff.PostKind, first, after, last, before)
	if err != nil {
		return failing[[]*PostConnection](err)
	}
	key := func(user *bff.User) bff.AuthorPage { return bff.AuthorPage{AuthorID: user.ID, Args: args} }
	return each(ctx, loaders.From(ctx).PostsByAuthor, objs, key, postConnections)
}

// BeginNode begins Query.node.
func (*queryResolver) BeginNode(ctx context.Context, id string) func() (bff.Node, error) {
	await := beginNodes(ctx, []string{id})
	return func() (bff.Node, error) {
		found, errs := await()
		return found[0], errs[0]
	}
}

// BeginViewer begins Query.viewer.
func (*queryResolver) BeginViewer(ctx context.Context) func() (*bff.User, error) {
	viewer := auth.From(ctx)
	if !viewer.SignedIn() {
		return failing[*bff.User](nil) // nobody is no error
	}
	return loaders.From(ctx).Users.BeginOne(ctx, viewer.UserID)
}

// BeginUser begins Query.user.
func (*queryResolver) BeginUser(ctx context.Context, id string) func() (*bff.User, error) {
	return one(ctx, loaders.From(ctx).Users, bff.UserKind, id)
}

// BeginUsers begins Query.users.
func (*queryResolver) BeginUsers(ctx context.Context, first *int, after *string, last *int, before *string) func() (*UserConnection, error) {
	return connection(ctx, loaders.From(ctx).UserPages, bff.UserKind, first, after, last, before, userConnection)
}

// BeginPost begins Query.post.
func (*queryResolver) BeginPost(ctx context.Context, id string) func() (*bff.Post, error) {
	return one(ctx, loaders.From(ctx).Posts, bff.PostKind, id)
}

// BeginPosts begins Query.posts.
func (*queryResolver) BeginPosts(ctx context.Context, first *int, after *string, last *int, before *string) func() (*PostConnection, error) {
	return connection(ctx, loaders.From(ctx).PostPages, bff.PostKind, first, after, last, before, postConnection)
}
