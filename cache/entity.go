package cache

import (
	"context"
	"time"

	"bff/fetch"
)

// Options tune the levels of one kind of value. The zero value works.
type Options struct {
	MemoryTTL       time.Duration // default 1 s
	MemoryAbsentTTL time.Duration // of "not found"; default 1 s
	MemoryBytes     uint64        // bound of the level in the process; default 64 MB
	RedisTTL        time.Duration // default 60 s
	RedisAbsentTTL  time.Duration // of "not found"; default 5 s
	FetchTimeout    time.Duration // of one fetch below the memory level, shared by all who wait for it; default 5 s
	Observe         Observer      // default: nobody looks
	// Alone says of a request whether its fetches are nobody else's, because they take longer. Default: they are shared.
	Alone func(ctx context.Context) bool
	// Timed is told how long a level took to look keys up. Default: nobody looks.
	Timed func(level, entity string, took time.Duration)
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	set(&o.MemoryTTL, time.Second)
	set(&o.MemoryAbsentTTL, time.Second)
	set(&o.RedisTTL, time.Minute)
	set(&o.RedisAbsentTTL, 5*time.Second)
	set(&o.FetchTimeout, 5*time.Second)
	if o.MemoryBytes == 0 {
		o.MemoryBytes = 64 << 20
	}
	if o.Observe == nil {
		o.Observe = func(context.Context, string, string, string, int) {}
	}
	if o.Alone == nil {
		o.Alone = func(context.Context) bool { return false }
	}
	if o.Timed == nil {
		o.Timed = func(string, string, time.Duration) {}
	}
	return o
}

// Entity is the levels of one kind of value, keyed by id. Safe for concurrent use. Close it when no request is on its
// way.
type Entity[V any] struct {
	name   string
	memory *memory[V]
	shared *fetch.Shared[int64, V]
	alone  func(ctx context.Context) bool
	redis  *level[V] // nil: there is no Redis
}

// NewEntity returns the levels of the values called name. redis may be nil: then there is memory only.
func NewEntity[V any](name string, redis *Redis, codec Codec[V], options Options) *Entity[V] {
	options = options.withDefaults()
	e := &Entity[V]{
		name:   name,
		memory: newMemory(name, options, codec.Weigh),
		shared: fetch.NewShared[int64, V](options.FetchTimeout),
		alone:  options.Alone,
	}
	if redis != nil {
		e.redis = &level[V]{redis: redis, entity: name, codec: codec, ttl: options.RedisTTL, absent: options.RedisAbsentTTL, see: options.Observe, timed: options.Timed}
		redis.listen(name, e.dropHere)
	}
	return e
}

// Layers returns the levels from the first that is asked to the last.
func (e *Entity[V]) Layers() []fetch.Layer[int64, V] {
	layers := []fetch.Layer[int64, V]{e.memory.layer, fetch.Unless(e.alone, e.shared.Layer)}
	if e.redis != nil {
		layers = append(layers, e.redis.layer)
	}
	return layers
}

// Drop forgets values after a write: in this process, in Redis, and by a message in all other replicas. When it
// returns, this process reads the values anew. What Redis could not be told is told later; until then this process
// does not believe Redis about them.
func (e *Entity[V]) Drop(ctx context.Context, keys ...int64) {
	if e.redis != nil {
		e.redis.redis.drop(ctx, e.name, keys)
	}
	e.dropHere(keys)
}

// Close ends the memory level. Redis stays open.
func (e *Entity[V]) Close() { e.memory.cache.StopAllGoroutines() }

func (e *Entity[V]) dropHere(keys []int64) {
	e.shared.Forget(keys...)
	e.memory.drop(keys)
}
