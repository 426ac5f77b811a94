package loaders

import (
	"context"

	"bff/dispatch"
)

// Key is the key under which the context of a request has its *Loaders. It is exported for contexts that hold all values of
// a request in one struct; everybody else uses With and From.
type Key struct{}

// With returns a context that carries the loaders of a request, and the schedule that dispatches their batches.
func With(ctx context.Context, l *Loaders) context.Context {
	return context.WithValue(dispatch.With(ctx, l.Schedule()), Key{}, l)
}

// From returns the loaders of the request. It panics if there are none: the middleware that adds them is missing.
func From(ctx context.Context) *Loaders {
	return ctx.Value(Key{}).(*Loaders)
}
