package bff

import "time"

// User is somebody who writes posts. Values are shared between requests: read-only.
type User struct {
	ID        int64
	Username  string
	Avatar    string // file name as stored; empty = none
	Phone     Phone
	CreatedAt time.Time
}

// GlobalID returns the user's opaque id, unique over all types of the graph.
func (u *User) GlobalID() string { return globalID(UserKind, u.ID) }

// OwnerID returns the id of the user whom the row belongs to: the user.
func (u *User) OwnerID() int64 { return u.ID }

// Post is what a user wrote. Values are shared between requests: read-only.
type Post struct {
	ID        int64
	AuthorID  int64
	Title     string
	Body      string
	CreatedAt time.Time
}

// GlobalID returns the post's opaque id, unique over all types of the graph.
func (p *Post) GlobalID() string { return globalID(PostKind, p.ID) }

// OwnerID returns the id of the user whom the row belongs to: the author.
func (p *Post) OwnerID() int64 { return p.AuthorID }

// Node is anything that has a global id: a row that a client can fetch again by that id alone.
type Node interface {
	GlobalID() string
	OwnerID() int64
}

// Account is a user who has just shown their password, with what they may do.
type Account struct {
	User  *User
	Roles []string
}

// Actor is who asks for a change.
type Actor struct {
	UserID int64
	Admin  bool // may change rows of others
}

// ProfileChange is a wish to change a user; nil fields stay as they are.
type ProfileChange struct {
	UserID         int64
	Username       *string
	Avatar         *string
	Phone          *Phone
	IdempotencyKey string // empty = none
}

// NewPost is a wish to publish.
type NewPost struct {
	AuthorID       int64
	Title          string
	Body           string
	IdempotencyKey string // empty = none
}

// PostChange is a wish to change a post; nil fields stay as they are.
type PostChange struct {
	Actor          Actor
	ID             int64
	Title          *string
	Body           *string
	IdempotencyKey string // empty = none
}

// PostRemoval is a wish to delete a post.
type PostRemoval struct {
	Actor          Actor
	ID             int64
	IdempotencyKey string // empty = none
}

// Published says that a post was published.
type Published struct{ PostID, AuthorID int64 }
