package loaders

import (
	"context"

	"bff/dispatch"
)

type contextKey struct{}

// With returns a context that carries the loaders of a request, and the schedule that dispatches their batches.
func With(ctx context.Context, l *Loaders) context.Context {
	return context.WithValue(dispatch.With(ctx, l.schedule), contextKey{}, l)
}

// From returns the loaders of the request. It panics if there are none: the middleware that adds them is missing.
func From(ctx context.Context) *Loaders {
	return ctx.Value(contextKey{}).(*Loaders)
}
