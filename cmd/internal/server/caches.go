package server

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"bff"
	"bff/backends"
	"bff/bus"
	"bff/cache"
	"bff/cmd/internal/program"
)

// caches is the two levels before the services, for each kind of row. Pages are not cached: a write anywhere would
// change them all.
type caches struct {
	users  *cache.Entity[*bff.User]
	posts  *cache.Entity[*bff.Post]
	counts *cache.Entity[int64] // of an author's posts
	redis  *cache.Redis         // nil: memory only
}

// newCaches returns the levels. secret seals what Redis may not know.
func newCaches(config Config, secret []byte, m *metrics, logger *slog.Logger) (*caches, error) {
	var c caches
	if addrs := addresses(config.Redis); addrs != nil {
		var err error
		if c.redis, err = cache.NewRedis(addrs, cache.RedisOptions{Logger: logger}); err != nil {
			return nil, program.Wrong("redis", "%w", err)
		}
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "bff_cache_breaker_open", Help: "1 while Redis is given up.",
		}, func() float64 {
			if c.redis.Open() {
				return 1
			}
			return 0
		}))
	}

	userCodec, err := cache.Users(secret)
	if err != nil {
		return nil, err
	}
	options := cache.Options{
		MemoryTTL: config.MemoryTTL, MemoryAbsentTTL: config.MemoryTTL, MemoryBytes: uint64(config.MemoryBytes), //nolint:gosec // above 0
		RedisTTL: config.RedisTTL, FetchTimeout: config.BackendTimeout, Alone: slowed, Observe: m.cached, Timed: m.looked,
	}
	c.users = cache.NewEntity("user", c.redis, userCodec, options)
	c.posts = cache.NewEntity("post", c.redis, cache.Posts(), options)
	c.counts = cache.NewEntity("post_count", c.redis, cache.Counts(), options)
	return &c, nil
}

func (c *caches) close() {
	c.users.Close()
	c.posts.Close()
	c.counts.Close()
	if c.redis != nil {
		_ = c.redis.Close()
	}
}

// writingUsers drops from the caches what a write changes, also if the write failed: it may have been carried out.
type writingUsers struct {
	*backends.Users
	caches *caches
}

// UpdateProfile implements graph.Accounts.
func (w writingUsers) UpdateProfile(ctx context.Context, change bff.ProfileChange) (*bff.User, error) {
	defer w.caches.users.Drop(ctx, change.UserID)
	return w.Users.UpdateProfile(ctx, change)
}

// writingPosts drops from the caches what a write changes, also if the write failed: it may have been carried out.
type writingPosts struct {
	*backends.Posts
	caches *caches
	hub    *bus.Hub
}

// Create implements graph.Publisher. Somebody may have asked for the post before it was there. Subscribers are told when
// all replicas would read it.
func (w writingPosts) Create(ctx context.Context, post bff.NewPost) (*bff.Post, error) {
	made, err := w.Posts.Create(ctx, post)
	w.caches.counts.Drop(ctx, post.AuthorID)
	if err == nil {
		w.caches.posts.Drop(ctx, made.ID)
		w.hub.Publish(context.WithoutCancel(ctx), bff.Published{PostID: made.ID, AuthorID: made.AuthorID})
	}
	return made, err
}

// Update implements graph.Publisher.
func (w writingPosts) Update(ctx context.Context, change bff.PostChange) (*bff.Post, error) {
	defer w.caches.posts.Drop(ctx, change.ID)
	return w.Posts.Update(ctx, change)
}

// Delete implements graph.Publisher. The author may be another than the actor.
func (w writingPosts) Delete(ctx context.Context, removal bff.PostRemoval) (*bff.Post, error) {
	gone, err := w.Posts.Delete(ctx, removal)
	w.caches.posts.Drop(ctx, removal.ID)
	author := removal.Actor.UserID
	if err == nil {
		author = gone.AuthorID
	}
	w.caches.counts.Drop(ctx, author)
	return gone, err
}
