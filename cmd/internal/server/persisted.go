package server

import (
	"context"
	"time"

	"bff/cache"
	"bff/transport"
)

// persistedTTL is how long Redis keeps a document that a client registered.
const persistedTTL = 24 * time.Hour

// persisted keeps registered documents in memory and, for all replicas, in Redis.
type persisted struct {
	here   transport.PersistedStore
	shared *cache.Redis
}

// Get implements transport.PersistedStore.
func (p persisted) Get(ctx context.Context, hash string) (string, bool) {
	if text, ok := p.here.Get(ctx, hash); ok {
		return text, true
	}
	text, ok := p.shared.Get(ctx, "document:"+hash)
	if ok {
		p.here.Set(ctx, hash, text)
	}
	return text, ok
}

// Set implements transport.PersistedStore.
func (p persisted) Set(ctx context.Context, hash, query string) {
	p.here.Set(ctx, hash, query)
	p.shared.Set(ctx, "document:"+hash, query, persistedTTL)
}
