// Package loaders batches what one HTTP request loads: equal keys are fetched once, keys wanted in one round of the
// request's schedule travel in one call, whichever part of whichever operation wants them. It knows nothing of where the
// values come from, and nothing of when batches are sent: that is package dispatch.
//
//	ctx = loaders.With(ctx, loaders.New(ctx, sources, options))
//	author, err := loaders.From(ctx).Users.Load(ctx, post.AuthorID)
package loaders

import (
	"context"
	"log/slog"
	"time"

	"bff"
	"bff/dispatch"
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

	Dispatch dispatch.Options // when batches are sent
}

// Loaders holds one loader for each kind of value. One set serves one HTTP request, all its operations included.
type Loaders struct {
	Users         *Loader[int64, *bff.User]
	UserPages     *Loader[bff.PageArgs, *bff.Page[*bff.User]]
	Posts         *Loader[int64, *bff.Post]
	PostPages     *Loader[bff.PageArgs, *bff.Page[*bff.Post]]
	PostsByAuthor *Loader[bff.AuthorPage, *bff.Page[*bff.Post]]
	PostCounts    *Loader[int64, int64]

	schedule *dispatch.Schedule
}

// New returns the loaders of one HTTP request. ctx is the request's: when it ends, batches in flight are given up.
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
	l := &Loaders{schedule: dispatch.New(options.Dispatch)}
	s := &session{ctx: ctx, options: options, schedule: l.schedule}

	users := newLoader("users", sources.Users, s)
	posts := newLoader("posts", sources.Posts, s)
	l.Users, l.Posts = users, posts
	l.UserPages = newLoader("user_pages", priming[bff.PageArgs](sources.UserPages, users, userID), s)
	l.PostPages = newLoader("post_pages", priming[bff.PageArgs](sources.PostPages, posts, postID), s)
	l.PostsByAuthor = newLoader("posts_by_author", priming[bff.AuthorPage](sources.PostsByAuthor, posts, postID), s)
	l.PostCounts = newLoader("post_counts", sources.PostCounts, s)
	return l
}

// Schedule returns what dispatches the batches of these loaders.
func (l *Loaders) Schedule() *dispatch.Schedule { return l.schedule }

// Clear forgets everything that was loaded. It is called after each mutation.
func (l *Loaders) Clear() {
	l.Users.clear()
	l.UserPages.clear()
	l.Posts.clear()
	l.PostPages.clear()
	l.PostsByAuthor.clear()
	l.PostCounts.clear()
}

// priming returns pages with the side effect that their rows are known to the rows' own loader, unless that was cleared
// while they were fetched: they may be older than the write.
func priming[A comparable, T any](pages fetch.Func[A, *bff.Page[T]], rows *Loader[int64, T], id func(T) int64) fetch.Func[A, *bff.Page[T]] {
	return func(ctx context.Context, keys []A) (map[A]*bff.Page[T], error) {
		writes := rows.written()
		found, err := pages(ctx, keys)
		for _, key := range keys {
			if page := found[key]; page != nil && len(page.Items) > 0 {
				rows.prime(page.Items, id, writes)
			}
		}
		return found, err
	}
}

func userID(u *bff.User) int64 { return u.ID }
func postID(p *bff.Post) int64 { return p.ID }
