package backends

import (
	"strings"
	"sync"

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
