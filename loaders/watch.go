package loaders

import "context"

// Watcher receives what the loaders of one request do. It serves to explain a request, not to count requests. Its methods
// are called from any goroutine, also with a loader's lock: they must not call a loader.
type Watcher interface {
	// Known says that so many keys were wanted which a loader has, or that are on their way already.
	Known(loader string, keys int)
	// Batch says that a batch begins to fetch so many keys, in a round of the request's schedule. It returns the context
	// to fetch them with, and a function that is called when they are fetched.
	Batch(ctx context.Context, loader string, keys, round int) (fetching context.Context, fetched func())
}

// watched begins to fetch keys before the eyes of the request's watcher, if it has one.
func (b *batch[K, V]) watched(ctx context.Context, keys int) (fetching context.Context, fetched func()) {
	if w := b.loader.session.watcher; w != nil {
		return w.Batch(ctx, b.loader.name, keys, b.flight.Round())
	}
	return ctx, unwatched
}

func unwatched() {}

// known tells the watcher that so many of the wanted keys need no fetch of their own. l.mu is held.
func (l *Loader[K, V]) known(keys int) {
	if w := l.session.watcher; w != nil && keys > 0 {
		w.Known(l.name, keys)
	}
}
