// Package base holds the procedures that the matrix of schema changes edits: ours, with an enum and a union besides,
// and answers that are always the same.
package base

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bff/rpcbff"
)

// User is a user.
type User struct {
	ID         rpcbff.ID `json:"id"`
	DatabaseID int64     `json:"databaseId"`
	Username   string    `json:"username"`
	AvatarURL  *string   `json:"avatarUrl"`
	Avatar     *string   `json:"avatar" deprecated:"Use avatarUrl, which has the same value."`
	Phone      *string   `json:"phone"`
	CreatedAt  time.Time `json:"createdAt"`
}

// PostState is whether a post can be read.
type PostState string

// Values lists them.
func (PostState) Values() []string { return []string{"DRAFT", "PUBLISHED"} }

// Post is a post.
type Post struct {
	ID         rpcbff.ID `json:"id"`
	DatabaseID int64     `json:"databaseId"`
	Title      string    `json:"title"`
	Body       string    `json:"body"`
	State      PostState `json:"state"`
	AuthorID   rpcbff.ID `json:"authorId"`
	CreatedAt  time.Time `json:"createdAt"`
}

// GetInput names an object.
type GetInput struct {
	ID rpcbff.ID `json:"id"`
}

// ListInput names a page of users.
type ListInput struct {
	First *int    `json:"first,omitempty" desc:"How many, 1 to 100; 20 if absent."`
	After *string `json:"after,omitempty" desc:"Only those after this cursor."`
}

// PostsInput names a page of posts.
type PostsInput struct {
	First *int       `json:"first,omitempty" desc:"How many posts; 20 if absent."`
	After *string    `json:"after,omitempty" desc:"Only posts after this cursor."`
	State *PostState `json:"state,omitempty" desc:"Only those in this state."`
}

// Home is what the home page shows.
type Home struct {
	User      *User  `json:"user"`
	PostCount *int64 `json:"postCount"`
}

// Users is a page of users.
type Users struct {
	Items     []User  `json:"items"`
	EndCursor *string `json:"endCursor"`
	HasNext   bool    `json:"hasNext"`
}

// Posts is a page of posts.
type Posts struct {
	Items     []Post  `json:"items"`
	EndCursor *string `json:"endCursor"`
	HasNext   bool    `json:"hasNext"`
}

// UserPostsInput names a page of a user's posts.
type UserPostsInput struct {
	ID    rpcbff.ID `json:"id"`
	First *int      `json:"first,omitempty"`
	After *string   `json:"after,omitempty"`
}

// FeedItem is a post as a feed shows it.
type FeedItem struct {
	Post            Post   `json:"post"`
	Author          *User  `json:"author"`
	AuthorPostCount *int64 `json:"authorPostCount"`
}

// Feed is a page of posts with their authors.
type Feed struct {
	Items     []FeedItem `json:"items"`
	EndCursor *string    `json:"endCursor"`
	HasNext   bool       `json:"hasNext"`
}

// CreatePostInput is a new post.
type CreatePostInput struct {
	Title          string  `json:"title"`
	Body           string  `json:"body"`
	IdempotencyKey *string `json:"idempotencyKey,omitempty"`
}

// CreatePostOutput is the post that was made.
type CreatePostOutput struct {
	Post Post `json:"post"`
}

// SearchInput is what is looked for.
type SearchInput struct {
	Text string `json:"text"`
}

// Found is what was found.
type Found struct {
	Hits []Hit `json:"hits"`
}

// Hit is one of several things.
type Hit struct{ is any }

// Variants lists them.
func (Hit) Variants() []any { return []any{UserHit{}, PostHit{}} }

// MarshalJSON writes the one that it is.
func (h Hit) MarshalJSON() ([]byte, error) { return json.Marshal(h.is) }

// What a hit can be, and the words that tell them apart.
type (
	userWord string
	postWord string
	tagWord  string

	// UserHit is a user.
	UserHit struct {
		Kind     userWord `json:"kind"`
		Username string   `json:"username"`
	}
	// PostHit is a post.
	PostHit struct {
		Kind  postWord `json:"kind"`
		Title string   `json:"title"`
	}
	// TagHit is a tag; none is found before a change.
	TagHit struct {
		Kind  tagWord `json:"kind"`
		Label string  `json:"label"`
	}
)

// Values lists the word of users.
func (userWord) Values() []string { return []string{"User"} }

// Values lists the word of posts.
func (postWord) Values() []string { return []string{"Post"} }

// Values lists the word of tags.
func (tagWord) Values() []string { return []string{"Tag"} }

const pageSize = 20

// Procedures returns them.
func Procedures() []*rpcbff.Procedure {
	return []*rpcbff.Procedure{
		rpcbff.Query("user.get", "The user with an id, null if there is none.", getUser),
		rpcbff.Query("user.home", "A user, and how many posts the user has.", home),
		rpcbff.Query("user.list", "All users, newest first.", listUsers),
		rpcbff.Query("user.posts", "The posts of a user, newest first; none if there is no such user.", userPosts),
		rpcbff.Query("post.list", "All posts, newest first.", listPosts),
		rpcbff.Query("post.feed", "All posts with their authors, newest first.", feed),
		rpcbff.Mutation("post.create", "Publishes a post of the viewer's. Needs a token.", createPost),
		rpcbff.Query("search", "Users and posts in which a text occurs.", search),
	}
}

var came = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func user() *User {
	return &User{
		ID: "VXNlcjox", DatabaseID: 1, Username: "lucus", CreatedAt: came,
		AvatarURL: ptr("http://www.chemputer.top/avatar1.png"),
		Phone:     ptr("131****0001"),
	}
}

func post(n int) Post {
	return Post{
		ID: rpcbff.ID(fmt.Sprint("UG9zdDo", n)), DatabaseID: int64(n), Body: "text", AuthorID: "VXNlcjox", CreatedAt: came,
		Title: fmt.Sprint("post ", n),
		State: "PUBLISHED",
	}
}

func getUser(context.Context, GetInput) (*User, error) { return user(), nil }

func home(context.Context, GetInput) (Home, error) {
	return Home{User: user(), PostCount: ptr(int64(3))}, nil
}

func listUsers(context.Context, ListInput) (Users, error) { return Users{Items: []User{*user()}}, nil }

func userPosts(context.Context, UserPostsInput) (Posts, error) {
	return Posts{Items: []Post{post(1)}}, nil
}

func feed(context.Context, ListInput) (Feed, error) {
	return Feed{Items: []FeedItem{{post(1), user(), ptr(int64(3))}}}, nil
}

func listPosts(_ context.Context, in PostsInput) (Posts, error) {
	size, start := pageSize, 0
	if in.First != nil {
		size = *in.First
	}
	if in.After != nil {
		start = 100
	}
	posts := Posts{EndCursor: ptr("100")}
	for i := range size {
		posts.Items = append(posts.Items, post(start+i))
	}
	return posts, nil
}

func createPost(_ context.Context, in CreatePostInput) (CreatePostOutput, error) {
	return CreatePostOutput{post(1)}, nil
}

func search(context.Context, SearchInput) (Found, error) {
	return Found{[]Hit{{UserHit{"User", "lucus"}}, {PostHit{"Post", "post 1"}}}}, nil
}

func ptr[T any](v T) *T { return &v }
