package loaders

import (
	"context"
	"sync"
	"sync/atomic"
)

// crowd is the root fields of the operations that run at once in one request. A batch waits, not for long, until each of
// them waits for something: only then no more keys can come, however unevenly they began.
type crowd struct {
	running atomic.Int64 // root fields that have not ended; some may not have begun
	waiting atomic.Int64 // those that wait for a batch
}

func (c *crowd) complete() bool { return c.waiting.Load() >= c.running.Load() }

// claim is the root fields of one operation that have not begun.
type claim struct {
	crowd *crowd
	left  atomic.Int64
}

// field is a root field of a crowd.
type field struct {
	crowd *crowd

	mu    sync.Mutex
	waits int // of its goroutines
}

// wait says that one of the field's goroutines waits for a batch.
func (f *field) wait() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waits++; f.waits == 1 {
		f.crowd.waiting.Add(1)
	}
}

// resume says that it does no longer.
func (f *field) resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waits--; f.waits == 0 {
		f.crowd.waiting.Add(-1)
	}
}

type (
	claimKey struct{}
	fieldKey struct{}
)

// Join says that an operation with so many root fields is about to run at the same time as others of its request, so
// that what they load travels together. It returns the context for the operation; call left when it has ended.
func Join(ctx context.Context, fields int) (_ context.Context, left func()) {
	c := &claim{crowd: &From(ctx).crowd}
	c.left.Store(int64(fields))
	c.crowd.running.Add(int64(fields))
	return context.WithValue(ctx, claimKey{}, c), sync.OnceFunc(func() { c.crowd.running.Add(-c.left.Swap(0)) })
}

// Begin says that a root field of an operation begins. It returns the context for the field; call ended when it has. If
// the operation has joined no others nothing happens.
func Begin(ctx context.Context) (_ context.Context, ended func()) {
	c, joined := ctx.Value(claimKey{}).(*claim)
	if !joined || c.left.Add(-1) < 0 {
		return ctx, func() {}
	}
	return context.WithValue(ctx, fieldKey{}, &field{crowd: c.crowd}), func() { c.crowd.running.Add(-1) }
}

// fieldOf returns the root field that a context belongs to; nil: it is in no crowd.
func fieldOf(ctx context.Context) *field {
	f, _ := ctx.Value(fieldKey{}).(*field)
	return f
}
