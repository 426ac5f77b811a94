package backends

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"bff"
	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// Rows are allocated in chunks: the structs of a chunk in one piece, their short strings in another. A row that stays
// in a cache keeps its whole chunk in memory, which the cache does not know of. The two limits bound that: a chunk is
// at most 1.4 KB of structs (a size class of the allocator, so nothing is wasted) and 6 KB of text. A long string,
// such as the body of a post, stands alone.
const (
	chunk = 16  // rows
	short = 128 // bytes of a string, at most
)

var errNotText = errors.New("a string of the answer is not UTF-8")

// usersFrom hands the rows to see, one after the other. It copies their strings.
func usersFrom(rows []*userv1.User, see func(*bff.User)) error {
	for some := range slices.Chunk(rows, chunk) {
		var t texts
		for _, row := range some {
			t.expect(row.Username, row.Avatar, row.Phone)
		}
		t.allocate()

		users := make([]bff.User, len(some))
		for i, row := range some {
			user := &users[i]
			user.ID, user.CreatedAt = row.Id, row.CreatedAt.AsTime()
			user.Username, user.Avatar, user.Phone = t.copy(row.Username), t.copy(row.Avatar), bff.NewPhone(t.copy(row.Phone))
			see(user)
		}
		if t.invalid {
			return errNotText
		}
	}
	return nil
}

// postsFrom hands the rows to see, one after the other. It copies their strings.
func postsFrom(rows []*postv1.Post, see func(*bff.Post)) error {
	for some := range slices.Chunk(rows, chunk) {
		var t texts
		for _, row := range some {
			t.expect(row.Title, row.Body)
		}
		t.allocate()

		posts := make([]bff.Post, len(some))
		for i, row := range some {
			post := &posts[i]
			post.ID, post.AuthorID, post.CreatedAt = row.Id, row.AuthorId, row.CreatedAt.AsTime()
			post.Title, post.Body = t.copy(row.Title), t.copy(row.Body)
			see(post)
		}
		if t.invalid {
			return errNotText
		}
	}
	return nil
}

// texts copies strings, short ones into one piece of memory: first expect all of them, then allocate, then copy each.
type texts struct {
	size    int
	short   strings.Builder
	invalid bool // whether a string was not UTF-8; what the generated code does not check
}

func (t *texts) expect(all ...string) {
	for _, s := range all {
		if len(s) <= short {
			t.size += len(s)
		}
	}
}

func (t *texts) allocate() { t.short.Grow(t.size) }

func (t *texts) copy(s string) string {
	t.invalid = t.invalid || !utf8.ValidString(s)
	if len(s) > short {
		return strings.Clone(s)
	}
	start := t.short.Len()
	t.short.WriteString(s)
	return t.short.String()[start:]
}
