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
	// Watch returns who watches the loaders of the request with this context; nil: nobody does. Default: nobody ever does.
	Watch func(ctx context.Context) Watcher

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

	session session
	memory  struct { // of the loaders above, so that a request allocates them in one piece
		users         Loader[int64, *bff.User]
		userPages     Loader[bff.PageArgs, *bff.Page[*bff.User]]
		posts         Loader[int64, *bff.Post]
		postPages     Loader[bff.PageArgs, *bff.Page[*bff.Post]]
		postsByAuthor Loader[bff.AuthorPage, *bff.Page[*bff.Post]]
		postCounts    Loader[int64, int64]
	}
}

// session is what the loaders of one HTTP request share. The request's context is kept in it because the loaders end
// with the request: batches run under it and not under the context of whichever resolver came first.
type session struct {
	ctx      context.Context
	options  *Options
	schedule *dispatch.Schedule
	loaders  *Loaders
	watcher  Watcher // nil: nobody watches
}

// Factory makes the loaders of requests. Safe for concurrent use.
type Factory struct {
	sources Sources
	options Options
}

// NewFactory returns what makes loaders over sources.
func NewFactory(sources Sources, options Options) *Factory {
	return &Factory{sources, options.withDefaults()}
}

// New returns the loaders of one HTTP request: see Factory.New.
func New(ctx context.Context, sources Sources, options Options) *Loaders {
	return NewFactory(sources, options).New(ctx)
}

// New returns the loaders of one HTTP request. ctx is the request's: when it ends, batches in flight are given up.
// Rows that arrive in pages are remembered, so that loading one of them afterwards asks nobody.
func (f *Factory) New(ctx context.Context) *Loaders {
	l, sources := &Loaders{}, &f.sources
	l.session = session{ctx: ctx, options: &f.options, schedule: dispatch.New(f.options.Dispatch), loaders: l}
	if f.options.Watch != nil {
		l.session.watcher = f.options.Watch(ctx)
	}
	l.Users = l.memory.users.init(&l.session, "users", sources.Users, nil)
	l.UserPages = l.memory.userPages.init(&l.session, "user_pages", sources.UserPages, primeUsers)
	l.Posts = l.memory.posts.init(&l.session, "posts", sources.Posts, nil)
	l.PostPages = l.memory.postPages.init(&l.session, "post_pages", sources.PostPages, primePosts)
	l.PostsByAuthor = l.memory.postsByAuthor.init(&l.session, "posts_by_author", sources.PostsByAuthor, primePosts)
	l.PostCounts = l.memory.postCounts.init(&l.session, "post_counts", sources.PostCounts, nil)
	return l
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Observe == nil {
		o.Observe = func(context.Context, string, int) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Schedule returns what dispatches the batches of these loaders.
func (l *Loaders) Schedule() *dispatch.Schedule { return l.session.schedule }

// Clear forgets everything that was loaded. It is called after each mutation.
func (l *Loaders) Clear() {
	l.Users.clear()
	l.UserPages.clear()
	l.Posts.clear()
	l.PostPages.clear()
	l.PostsByAuthor.clear()
	l.PostCounts.clear()
}

// primeUsers makes the rows of a page known to their own loader, unless the loaders were cleared after so many writes,
// while the page was fetched: it may be older than the last one.
func primeUsers(l *Loaders, page *bff.Page[*bff.User], writes int) {
	if page != nil && len(page.Items) > 0 {
		l.Users.prime(page.Items, userID, writes)
	}
}

// primePosts is primeUsers for posts.
func primePosts(l *Loaders, page *bff.Page[*bff.Post], writes int) {
	if page != nil && len(page.Items) > 0 {
		l.Posts.prime(page.Items, postID, writes)
	}
}

func userID(u *bff.User) int64 { return u.ID }
func postID(p *bff.Post) int64 { return p.ID }
