// Package loaders batches what one HTTP request loads: equal keys are fetched once, keys wanted at the same time
// travel in one call, whichever part of whichever operation of the request wants them. It knows nothing of where the
// values come from.
//
//	ctx = loaders.With(ctx, loaders.New(ctx, sources, options))
//	author, err := loaders.From(ctx).Users.Load(ctx, post.AuthorID)
package loaders

import (
	"context"
	"log/slog"
	"time"

	"bff"
	"bff/fetch"
)

// Sources is where the values come from; all fields are required.
type Sources struct {
	Users         fetch.Func[int64, *bff.User]
	UserPages     fetch.Func[bff.PageArgs, *bff.Page[*bff.User]]
	Posts         fetch.Func[int64, *bff.Post]
	PostPages     fetch.Func[bff.PageArgs, *bff.Page[*bff.Post]]
	PostsByAuthor fetch.Func[bff.AuthorPage, *bff.Page[*bff.Post]]
	PostCounts    fetch.Func[int64, int64]
}

// Options tune the loaders. The zero value works.
type Options struct {
	Timeout time.Duration                                      // of one batch; default 5 s
	Observe func(ctx context.Context, loader string, keys int) // called for each batch; default: nobody looks
	Logger  *slog.Logger                                       // for faults of the sources; default: discarded
}

// Loaders holds one loader for each kind of value. One set serves one HTTP request, all its operations included.
type Loaders struct {
	Users         *Loader[int64, *bff.User]
	UserPages     *Loader[bff.PageArgs, *bff.Page[*bff.User]]
	Posts         *Loader[int64, *bff.Post]
	PostPages     *Loader[bff.PageArgs, *bff.Page[*bff.Post]]
	PostsByAuthor *Loader[bff.AuthorPage, *bff.Page[*bff.Post]]
	PostCounts    *Loader[int64, int64]

	crowd crowd
}

// New returns the loaders of one HTTP request. ctx is the request's: when it ends, batches on their way are given up.
// Rows that arrive in pages are remembered, so that loading one of them afterwards asks nobody.
func New(ctx context.Context, sources Sources, options Options) *Loaders {
	if options.Timeout <= 0 {
		options.Timeout = 5 * time.Second
	}
	if options.Observe == nil {
		options.Observe = func(context.Context, string, int) {}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Loaders{}
	s := session{ctx: ctx, options: options, crowd: &l.crowd}

	users := newLoader("users", sources.Users, s)
	posts := newLoader("posts", sources.Posts, s)
	l.Users, l.Posts = users, posts
	l.UserPages = newLoader("user_pages", priming[bff.PageArgs](sources.UserPages, users, userID), s)
	l.PostPages = newLoader("post_pages", priming[bff.PageArgs](sources.PostPages, posts, postID), s)
	l.PostsByAuthor = newLoader("posts_by_author", priming[bff.AuthorPage](sources.PostsByAuthor, posts, postID), s)
	l.PostCounts = newLoader("post_counts", sources.PostCounts, s)
	return l
}

// Clear forgets everything that was loaded. It is called after each mutation.
func (l *Loaders) Clear() {
	l.Users.clear()
	l.UserPages.clear()
	l.Posts.clear()
	l.PostPages.clear()
	l.PostsByAuthor.clear()
	l.PostCounts.clear()
}

// priming returns pages with the side effect that their rows are known to the rows' own loader.
func priming[A comparable, T any](pages fetch.Func[A, *bff.Page[T]], rows *Loader[int64, T], id func(T) int64) fetch.Func[A, *bff.Page[T]] {
	return func(ctx context.Context, keys []A) (map[A]*bff.Page[T], error) {
		found, err := pages(ctx, keys)
		for _, page := range found {
			for _, row := range page.Items {
				rows.Prime(id(row), row)
			}
		}
		return found, err
	}
}

func userID(u *bff.User) int64 { return u.ID }
func postID(p *bff.Post) int64 { return p.ID }
