package backends

import (
	"errors"
	"strings"
	"unicode/utf8"

	"bff"
	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// Rows are allocated in chunks: the structs of a chunk in one piece, their strings in another. A row that stays in a
// cache keeps its whole chunk in memory, which the cache does not know of. These limits bound that to 1.4 KB of structs
// (for 16 rows a size class of the allocator, so nothing is wasted) and 4 KB of text. A row with more text than that is
// a chunk of its own.
const (
	chunkRows = 16
	chunkText = 4 << 10
)

var errNotText = errors.New("a string of the answer is not UTF-8")

// chunkOf returns the first rows, at least one, that make a chunk, and how many bytes of text they have.
func chunkOf[R any](rows []R, textOf func(R) int) (chunk []R, text int) {
	for i, row := range rows {
		size := textOf(row)
		if i == chunkRows || i > 0 && text+size > chunkText {
			return rows[:i], text
		}
		text += size
	}
	return rows, text
}

// usersFrom hands the rows to see, one after the other. It copies their strings.
func usersFrom(rows []*userv1.User, see func(*bff.User)) error {
	for len(rows) > 0 {
		chunk, text := chunkOf(rows, textOfUser)
		rows = rows[len(chunk):]

		t := newTexts(text)
		users := make([]bff.User, len(chunk))
		for i, row := range chunk {
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

func textOfUser(row *userv1.User) int { return len(row.Username) + len(row.Avatar) + len(row.Phone) }

// postsFrom hands the rows to see, one after the other. It copies their strings.
func postsFrom(rows []*postv1.Post, see func(*bff.Post)) error {
	for len(rows) > 0 {
		chunk, text := chunkOf(rows, textOfPost)
		rows = rows[len(chunk):]

		t := newTexts(text)
		posts := make([]bff.Post, len(chunk))
		for i, row := range chunk {
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

func textOfPost(row *postv1.Post) int { return len(row.Title) + len(row.Body) }

// texts copies strings into one piece of memory.
type texts struct {
	all     strings.Builder
	invalid bool // whether a string was not UTF-8; the generated code does not look
}

// newTexts returns room for size bytes.
func newTexts(size int) *texts {
	t := &texts{}
	t.all.Grow(size)
	return t
}

func (t *texts) copy(s string) string {
	t.invalid = t.invalid || !utf8.ValidString(s)
	start := t.all.Len()
	t.all.WriteString(s)
	return t.all.String()[start:]
}
