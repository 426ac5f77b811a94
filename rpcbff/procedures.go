package rpcbff

import (
	"context"
	"net/url"
	"time"

	"bff"
	"bff/auth"
	"bff/loaders"
	"bff/mask"
)

// Publisher changes posts.
type Publisher interface {
	Create(ctx context.Context, post bff.NewPost) (*bff.Post, error)
}

// Domain is what the procedures need besides the loaders of the request. All fields are required.
type Domain struct {
	Publisher  Publisher
	AvatarBase string // what stands before a stored file name to make it an address
}

// User is a user as procedures return it.
type User struct {
	ID         ID        `json:"id" desc:"Opaque, and unique over all types."`
	DatabaseID int64     `json:"databaseId" desc:"The number of the user's row."`
	Username   string    `json:"username" desc:"The name that the user signs in with."`
	AvatarURL  *string   `json:"avatarUrl" desc:"Absolute address of the picture, null if there is none."`
	Avatar     *string   `json:"avatar" desc:"Absolute address of the picture." deprecated:"Use avatarUrl, which has the same value."`
	Phone      *string   `json:"phone" desc:"Masked: clear for the user and for administrators, 131****0001 for everybody else. Null if there is none."`
	CreatedAt  time.Time `json:"createdAt" desc:"When the user came."`
}

// Post is a post as procedures return it.
type Post struct {
	ID         ID        `json:"id" desc:"Opaque, and unique over all types."`
	DatabaseID int64     `json:"databaseId" desc:"The number of the post's row."`
	Title      string    `json:"title"`
	Body       string    `json:"body"`
	AuthorID   ID        `json:"authorId" desc:"Who wrote it."`
	CreatedAt  time.Time `json:"createdAt" desc:"When the post was published."`
}

// Inputs and outputs of the procedures.
type (
	// GetInput names an object.
	GetInput struct {
		ID ID `json:"id" desc:"A global id, or a bare database id such as 1."`
	}
	// ListInput names a page.
	ListInput struct {
		First *int    `json:"first,omitempty" desc:"How many, 1 to 100; 20 if absent."`
		After *string `json:"after,omitempty" desc:"Only those after this cursor."`
	}
	// UserPostsInput names a page of a user's posts.
	UserPostsInput struct {
		ID    ID      `json:"id" desc:"A global id, or a bare database id such as 1."`
		First *int    `json:"first,omitempty" desc:"How many, 1 to 100; 20 if absent."`
		After *string `json:"after,omitempty" desc:"Only those after this cursor."`
	}
	// Home is what the home page shows of a user.
	Home struct {
		User      *User  `json:"user" desc:"Null if there is none."`
		PostCount *int64 `json:"postCount" desc:"How many posts the user has. Null if the post service does not answer."`
	}
	// Users is a page of users, newest first.
	Users struct {
		Items     []User  `json:"items"`
		EndCursor *string `json:"endCursor" desc:"What to ask for the next page after; null if this one is empty."`
		HasNext   bool    `json:"hasNext"`
	}
	// Posts is a page of posts, newest first.
	Posts struct {
		Items     []Post  `json:"items"`
		EndCursor *string `json:"endCursor" desc:"What to ask for the next page after; null if this one is empty."`
		HasNext   bool    `json:"hasNext"`
	}
	// FeedItem is a post as a feed shows it.
	FeedItem struct {
		Post            Post   `json:"post"`
		Author          *User  `json:"author" desc:"Who wrote it. Null if the user service does not answer."`
		AuthorPostCount *int64 `json:"authorPostCount" desc:"How many posts the author has. Null if the post service does not answer."`
	}
	// Feed is a page of posts with their authors, newest first.
	Feed struct {
		Items     []FeedItem `json:"items"`
		EndCursor *string    `json:"endCursor" desc:"What to ask for the next page after; null if this one is empty."`
		HasNext   bool       `json:"hasNext"`
	}
	// CreatePostInput is a new post.
	CreatePostInput struct {
		Title          string  `json:"title" desc:"1 to 200 characters."`
		Body           string  `json:"body" desc:"At most 65,535 bytes."`
		IdempotencyKey *string `json:"idempotencyKey,omitempty" desc:"Sent again with the same key, the same post is created once and answered again."`
	}
	// CreatePostOutput is the post that was made.
	CreatePostOutput struct {
		Post Post `json:"post"`
	}
)

// Procedures returns what this server offers. One calls another as the function that it is.
func (d Domain) Procedures() []*Procedure {
	size := func(first *int) int {
		if first == nil {
			return bff.DefaultPageSize
		}
		return min(max(*first, 0), bff.MaxPageSize)
	}
	users := func(in ListInput) int { return 1 + size(in.First) }
	posts := func(in ListInput) int { return 1 + 2*size(in.First) } // each with its body
	userPosts := func(in UserPostsInput) int { return 1 + 2*size(in.First) }
	feed := func(in ListInput) int { return 1 + 4*size(in.First) } // and each with an author and a count
	const mutationCost = 10
	return []*Procedure{
		Query("user.get", "The user with an id, null if there is none.", d.getUser),
		Costs(Query("user.home", "A user, and how many posts the user has.", d.home), func(GetInput) int { return 3 }),
		Costs(Query("user.list", "All users, newest first.", d.listUsers), users),
		Costs(Query("user.posts", "The posts of a user, newest first; none if there is no such user.", d.userPosts), userPosts),
		Costs(Query("post.list", "All posts, newest first.", d.listPosts), posts),
		Costs(Query("post.feed", "All posts with their authors, newest first.", d.feed), feed),
		Costs(Mutation("post.create", "Publishes a post of the viewer's. Needs a token.", d.createPost), func(CreatePostInput) int { return mutationCost }),
	}
}

func (d Domain) getUser(ctx context.Context, in GetInput) (*User, error) {
	id, err := bff.ParseID(bff.UserKind, string(in.ID))
	if err != nil {
		return nil, err
	}
	user, err := loaders.From(ctx).Users.Load(ctx, id)
	return d.user(ctx, user), err
}

func (d Domain) home(ctx context.Context, in GetInput) (Home, error) {
	id, err := bff.ParseID(bff.UserKind, string(in.ID))
	if err != nil {
		return Home{}, err
	}
	counting := loaders.From(ctx).PostCounts.Begin(ctx, []int64{id}) // on its way while the user is loaded
	user, err := d.getUser(ctx, in)
	if err != nil || user == nil {
		return Home{}, err
	}
	counts, errs := counting()
	if errs != nil {
		return Home{User: user}, nil // a dead service costs its part
	}
	return Home{user, &counts[0]}, nil
}

func (d Domain) listUsers(ctx context.Context, in ListInput) (Users, error) {
	page, err := list(ctx, loaders.From(ctx).UserPages, bff.UserKind, in)
	if err != nil {
		return Users{}, err
	}
	users := Users{Items: make([]User, len(page.Items)), HasNext: page.HasNext}
	for i, user := range page.Items {
		users.Items[i] = *d.user(ctx, user)
		users.EndCursor = ptr(bff.Cursor(bff.UserKind, user.ID))
	}
	return users, nil
}

func (d Domain) listPosts(ctx context.Context, in ListInput) (Posts, error) {
	page, err := list(ctx, loaders.From(ctx).PostPages, bff.PostKind, in)
	return asPosts(page), err
}

func (d Domain) userPosts(ctx context.Context, in UserPostsInput) (Posts, error) {
	id, err := bff.ParseID(bff.UserKind, string(in.ID))
	if err != nil {
		return Posts{}, err
	}
	args, err := bff.NewPageArgs(bff.PostKind, in.First, in.After, nil, nil)
	if err != nil {
		return Posts{}, err
	}
	page, err := loaders.From(ctx).PostsByAuthor.Load(ctx, bff.AuthorPage{AuthorID: id, Args: args})
	return asPosts(page), err
}

// feed asks for the authors and for their counts at the same time.
func (d Domain) feed(ctx context.Context, in ListInput) (Feed, error) {
	page, err := list(ctx, loaders.From(ctx).PostPages, bff.PostKind, in)
	if err != nil {
		return Feed{}, err
	}
	authors := make([]int64, len(page.Items))
	for i, post := range page.Items {
		authors[i] = post.AuthorID
	}
	counting := loaders.From(ctx).PostCounts.Begin(ctx, authors)
	users, _ := loaders.From(ctx).Users.LoadAll(ctx, authors) // a dead service costs its part
	counts, uncounted := counting()

	feed := Feed{Items: make([]FeedItem, len(page.Items)), HasNext: page.HasNext}
	for i, post := range page.Items {
		feed.Items[i] = FeedItem{Post: asPost(post), Author: d.user(ctx, users[i])}
		if uncounted == nil || uncounted[i] == nil {
			feed.Items[i].AuthorPostCount = &counts[i]
		}
		feed.EndCursor = ptr(bff.Cursor(bff.PostKind, post.ID))
	}
	return feed, nil
}

func list[T any](ctx context.Context, pages *loaders.Loader[bff.PageArgs, *bff.Page[T]], kind bff.IDKind, in ListInput) (*bff.Page[T], error) {
	args, err := bff.NewPageArgs(kind, in.First, in.After, nil, nil)
	if err != nil {
		return nil, err
	}
	page, err := pages.Load(ctx, args)
	if page == nil {
		page = &bff.Page[T]{}
	}
	return page, err
}

func (d Domain) createPost(ctx context.Context, in CreatePostInput) (CreatePostOutput, error) {
	viewer, err := auth.Require(ctx)
	if err != nil {
		return CreatePostOutput{}, err
	}
	wanted := bff.NewPost{AuthorID: viewer.UserID, Title: in.Title, Body: in.Body}
	if in.IdempotencyKey != nil {
		wanted.IdempotencyKey = *in.IdempotencyKey
	}
	defer loaders.From(ctx).Clear()
	post, err := d.Publisher.Create(ctx, wanted)
	if err != nil {
		return CreatePostOutput{}, err
	}
	return CreatePostOutput{asPost(post)}, nil
}

// user shows a user to the viewer: the phone by the rule of the graph's @mask.
func (d Domain) user(ctx context.Context, user *bff.User) *User {
	if user == nil {
		return nil
	}
	shown := &User{ID: ID(user.GlobalID()), DatabaseID: user.ID, Username: user.Username, CreatedAt: user.CreatedAt}
	if user.Avatar != "" {
		shown.AvatarURL = ptr(d.AvatarBase + url.PathEscape(user.Avatar))
		shown.Avatar = shown.AvatarURL
	}
	viewer := auth.From(ctx)
	user.Phone.Reveal(func(digits string) {
		switch {
		case digits == "":
		case viewer.Owns(user) || viewer.SignedIn() && viewer.Admin:
			shown.Phone = &digits
		default:
			shown.Phone = ptr(mask.Phone.Apply(digits))
		}
	})
	return shown
}

func asPost(post *bff.Post) Post {
	author := bff.User{ID: post.AuthorID}
	return Post{ID: ID(post.GlobalID()), DatabaseID: post.ID, Title: post.Title, Body: post.Body, AuthorID: ID(author.GlobalID()), CreatedAt: post.CreatedAt}
}

// asPosts takes no page for an empty one.
func asPosts(page *bff.Page[*bff.Post]) Posts {
	posts := Posts{Items: []Post{}}
	if page == nil {
		return posts
	}
	posts.HasNext = page.HasNext
	for _, post := range page.Items {
		posts.Items = append(posts.Items, asPost(post))
		posts.EndCursor = ptr(bff.Cursor(bff.PostKind, post.ID))
	}
	return posts
}

func ptr[T any](v T) *T { return &v }
