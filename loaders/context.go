package loaders

import "context"

type contextKey struct{}

// With returns a context that carries the loaders of a request.
func With(ctx context.Context, l *Loaders) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// From returns the loaders of the request. It panics if there are none: the middleware that adds them is missing.
func From(ctx context.Context) *Loaders {
	return ctx.Value(contextKey{}).(*Loaders)
}
