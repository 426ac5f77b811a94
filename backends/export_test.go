package backends

import (
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"bff"
	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// Retried says whether a method is among those that are retried.
func Retried(service, method string) bool { return strings.Contains(readsOf(service), `"`+method+`"`) }

// UsersDecoder returns a function that decodes answers of BatchGetUsers, as Users.ByIDs does.
func UsersDecoder() func(data []byte) (map[int64]*bff.User, error) {
	spare := &sync.Pool{New: func() any { return new(userv1.BatchGetUsersResponse) }}
	return func(data []byte) (map[int64]*bff.User, error) {
		reply := usersByID{spare: spare}
		err := reply.decode(data)
		return reply.found, err
	}
}

// PostsPageDecoder returns a function that decodes answers of ListPosts, as Posts.Pages does.
func PostsPageDecoder() func(data []byte) (*bff.Page[*bff.Post], error) {
	spare := &sync.Pool{New: func() any { return new(postv1.ListPostsResponse) }}
	return func(data []byte) (*bff.Page[*bff.Post], error) {
		reply := postsPage{spare: spare}
		err := reply.decode(data)
		return reply.page, err
	}
}

// PostsByAuthorDecoder returns a function that decodes answers of BatchListPostsByAuthor, as Posts.PagesByAuthor does.
func PostsByAuthorDecoder() func(data []byte) (map[bff.AuthorPage]*bff.Page[*bff.Post], error) {
	spare := &sync.Pool{New: func() any { return new(postv1.BatchListPostsByAuthorResponse) }}
	return func(data []byte) (map[bff.AuthorPage]*bff.Page[*bff.Post], error) {
		reply := postsOfAuthors{spare: spare}
		err := reply.decode(data)
		return reply.found, err
	}
}

// EmptiedUsers empties an answer and returns what is left in its rows, marshalled, empty messages aside.
func EmptiedUsers(m *userv1.BatchGetUsersResponse) (left []byte) {
	users := m.Users
	emptyBatchGetUsers(m)
	for _, user := range users {
		user.CreatedAt = nonZero(user.CreatedAt)
		left = append(left, bytesOf(user)...)
	}
	return left
}

// EmptiedPosts empties an answer and returns what is left in its rows, marshalled, empty messages aside.
func EmptiedPosts(m *postv1.BatchListPostsByAuthorResponse) (left []byte) {
	authors := m.Authors
	var posts []*postv1.Post
	for _, author := range authors {
		posts = append(posts, author.Posts...)
	}
	emptyBatchListPostsByAuthor(m)
	for _, post := range posts {
		post.CreatedAt = nonZero(post.CreatedAt)
		left = append(left, bytesOf(post)...)
	}
	return left
}

func nonZero(at *timestamppb.Timestamp) *timestamppb.Timestamp {
	if len(bytesOf(at)) == 0 {
		return nil
	}
	return at
}

func bytesOf(message proto.Message) []byte {
	data, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return data
}
