package backends

import (
	"sync"

	"bff"
	pagev1 "bff/internal/gen/page/v1"
	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// A received message lives in memory that the next answer uses again: the response, its rows and their timestamps are
// allocated once. Its strings point into gRPC's receive buffer. So each message is converted inside its decode
// function, which copies the strings, and emptied before it is put back. The functions named empty… reset a message
// but keep the memory of what it consists of.

// decoded unmarshals data into a message from spare and hands it to convert, which may keep nothing of it.
func decoded[M interface{ UnmarshalVTUnsafe([]byte) error }](spare *sync.Pool, data []byte, empty func(M), convert func(M) error) error {
	message, _ := spare.Get().(M)
	defer func() { empty(message); spare.Put(message) }()
	if err := message.UnmarshalVTUnsafe(data); err != nil {
		return err
	}
	return convert(message)
}

// usersByID receives the answer of BatchGetUsers.
type usersByID struct {
	spare *sync.Pool // of *userv1.BatchGetUsersResponse
	found map[int64]*bff.User
}

func (a *usersByID) decode(data []byte) error {
	return decoded(a.spare, data, emptyBatchGetUsers, func(m *userv1.BatchGetUsersResponse) error {
		a.found = make(map[int64]*bff.User, len(m.Users))
		return usersFrom(m.Users, func(user *bff.User) { a.found[user.ID] = user })
	})
}

func emptyBatchGetUsers(m *userv1.BatchGetUsersResponse) {
	users := emptyUsers(m.Users)
	m.Reset()
	m.Users = users
}

// usersPage receives the answer of ListUsers.
type usersPage struct {
	spare *sync.Pool // of *userv1.ListUsersResponse
	page  *bff.Page[*bff.User]
}

func (a *usersPage) decode(data []byte) error {
	return decoded(a.spare, data, emptyListUsers, func(m *userv1.ListUsersResponse) error {
		a.page = newPage[*bff.User](len(m.Users), m.PageInfo)
		return usersFrom(m.Users, func(user *bff.User) { a.page.Items = append(a.page.Items, user) })
	})
}

func emptyListUsers(m *userv1.ListUsersResponse) {
	users, info := emptyUsers(m.Users), emptied(m.PageInfo)
	m.Reset()
	m.Users, m.PageInfo = users, info
}

// postsByID receives the answer of BatchGetPosts.
type postsByID struct {
	spare *sync.Pool // of *postv1.BatchGetPostsResponse
	found map[int64]*bff.Post
}

func (a *postsByID) decode(data []byte) error {
	return decoded(a.spare, data, emptyBatchGetPosts, func(m *postv1.BatchGetPostsResponse) error {
		a.found = make(map[int64]*bff.Post, len(m.Posts))
		return postsFrom(m.Posts, func(post *bff.Post) { a.found[post.ID] = post })
	})
}

func emptyBatchGetPosts(m *postv1.BatchGetPostsResponse) {
	posts := emptyPosts(m.Posts)
	m.Reset()
	m.Posts = posts
}

// postsPage receives the answer of ListPosts.
type postsPage struct {
	spare *sync.Pool // of *postv1.ListPostsResponse
	page  *bff.Page[*bff.Post]
}

func (a *postsPage) decode(data []byte) error {
	return decoded(a.spare, data, emptyListPosts, func(m *postv1.ListPostsResponse) error {
		a.page = newPage[*bff.Post](len(m.Posts), m.PageInfo)
		return postsFrom(m.Posts, func(post *bff.Post) { a.page.Items = append(a.page.Items, post) })
	})
}

func emptyListPosts(m *postv1.ListPostsResponse) {
	posts, info := emptyPosts(m.Posts), emptied(m.PageInfo)
	m.Reset()
	m.Posts, m.PageInfo = posts, info
}

// postsOfAuthors receives the answer of BatchListPostsByAuthor for pages that are all cut by args.
type postsOfAuthors struct {
	spare *sync.Pool // of *postv1.BatchListPostsByAuthorResponse
	args  bff.PageArgs
	found map[bff.AuthorPage]*bff.Page[*bff.Post]
}

func (a *postsOfAuthors) decode(data []byte) error {
	return decoded(a.spare, data, emptyBatchListPostsByAuthor, func(m *postv1.BatchListPostsByAuthorResponse) error {
		a.found = make(map[bff.AuthorPage]*bff.Page[*bff.Post], len(m.Authors))
		for _, author := range m.Authors {
			page := newPage[*bff.Post](len(author.Posts), author.PageInfo)
			if err := postsFrom(author.Posts, func(post *bff.Post) { page.Items = append(page.Items, post) }); err != nil {
				return err
			}
			a.found[bff.AuthorPage{AuthorID: author.AuthorId, Args: a.args}] = page
		}
		return nil
	})
}

func emptyBatchListPostsByAuthor(m *postv1.BatchListPostsByAuthorResponse) {
	authors := m.Authors
	for _, author := range authors {
		posts, info := emptyPosts(author.Posts), emptied(author.PageInfo)
		author.Reset()
		author.Posts, author.PageInfo = posts, info
	}
	m.Reset()
	m.Authors = authors[:0]
}

// postCounts receives the answer of BatchCountPostsByAuthor: the message's map is the answer, so the message is not
// used again.
type postCounts struct{ found map[int64]int64 }

func (a *postCounts) decode(data []byte) error {
	m := &postv1.BatchCountPostsByAuthorResponse{Counts: a.found}
	err := m.UnmarshalVTUnsafe(data)
	a.found = m.Counts
	return err
}

func newPage[T any](rows int, info *pagev1.PageInfo) *bff.Page[T] {
	return &bff.Page[T]{Items: make([]T, 0, rows), HasNext: info.GetHasNext(), HasPrevious: info.GetHasPrevious()}
}

// emptyUsers sets each field by itself: Reset costs two atomic writes a row more.
func emptyUsers(users []*userv1.User) []*userv1.User {
	for _, user := range users {
		user.Id, user.Username, user.Avatar, user.Phone = 0, "", "", ""
		if at := user.CreatedAt; at != nil {
			at.Seconds, at.Nanos = 0, 0
		}
	}
	return users[:0]
}

// emptyPosts sets each field by itself, as emptyUsers does.
func emptyPosts(posts []*postv1.Post) []*postv1.Post {
	for _, post := range posts {
		post.Id, post.AuthorId, post.Title, post.Body = 0, 0, "", ""
		if at := post.CreatedAt; at != nil {
			at.Seconds, at.Nanos = 0, 0
		}
	}
	return posts[:0]
}

// emptied resets a message inside another. An empty one there reads as an absent one does.
func emptied[P interface {
	*M
	Reset()
}, M any](message P) P {
	if message != nil {
		message.Reset()
	}
	return message
}
