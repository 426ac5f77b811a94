// Package cache holds the two levels between the loaders and the services: process memory, and Redis, which all
// replicas share. Each is a layer of the one shape: it answers what it has and passes the missing keys down, and what
// comes back fills it. It keeps values that are the same for every viewer: masks come after it. It never keeps an error.
//
//	users := cache.NewEntity("user", redis, codec, cache.Options{})
//	source := fetch.Through(backend.ByIDs, users.Layers()...)
//	users.Drop(ctx, 1) // after a write: here, in Redis, and in all other replicas
package cache

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"bff/fetch"
)

// Observer is told what became of keys at a level: "hit", "absent" (known not to exist), "miss", "error" (the level
// failed) or "skipped" (the level is given up for a while).
type Observer func(ctx context.Context, level, entity, result string, keys int)

// memory is the level in the process. Values in it are shared and read-only.
type memory[V any] struct {
	entity string
	ttl    time.Duration
	absent time.Duration
	cache  *otter.Cache[int64, kept[V]]
	see    Observer
	timed  func(level, entity string, took time.Duration)

	mu      sync.Mutex
	clock   uint64           // counts drops
	dropped map[int64]uint64 // when a key was dropped, by the clock
	floor   uint64           // fills that began before it are refused
}

// kept is a value, or that there is none.
type kept[V any] struct {
	value V
	found bool
}

// rememberedDrops bounds the drops that are remembered to refuse late fills.
const rememberedDrops = 10_000

func newMemory[V any](entity string, o Options, weigh func(V) uint32) *memory[V] {
	m := &memory[V]{entity: entity, ttl: o.MemoryTTL, absent: o.MemoryAbsentTTL, see: o.Observe, timed: o.Timed, dropped: map[int64]uint64{}}
	m.cache = otter.Must(&otter.Options[int64, kept[V]]{
		MaximumWeight: o.MemoryBytes,
		Weigher: func(_ int64, k kept[V]) uint32 {
			const own = 128 // the entry's own part
			if !k.found {
				return own
			}
			return own + weigh(k.value)
		},
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[int64, kept[V]]) time.Duration {
			if e.Value.found {
				return jittered(m.ttl)
			}
			return jittered(m.absent)
		}),
		OnDeletion: func(e otter.DeletionEvent[int64, kept[V]]) {
			if e.Cause == otter.CauseOverflow {
				o.Observe(context.Background(), "memory", entity, "evicted", 1)
			}
		},
	})
	return m
}

// jittered shortens a time to live by up to a tenth, so that what was filled together does not expire together.
func jittered(ttl time.Duration) time.Duration {
	return ttl - rand.N(ttl/10+1) //nolint:gosec // jitter, no secret
}

func (m *memory[V]) layer(next fetch.Func[int64, V]) fetch.Func[int64, V] {
	return func(ctx context.Context, keys []int64) (map[int64]V, error) {
		found := make(map[int64]V, len(keys))
		var missing []int64
		absent := 0
		start := time.Now()
		for _, key := range keys {
			k, ok := m.cache.GetIfPresent(key)
			switch {
			case !ok:
				missing = append(missing, key)
			case k.found:
				found[key] = k.value
			default:
				absent++
			}
		}
		m.timed("memory", m.entity, time.Since(start))
		m.see(ctx, "memory", m.entity, "hit", len(found))
		m.see(ctx, "memory", m.entity, "absent", absent)
		if len(missing) == 0 {
			return found, nil
		}
		m.see(ctx, "memory", m.entity, "miss", len(missing))

		began := m.now()
		fetched, err := next(ctx, missing)
		for _, key := range missing {
			value, ok := fetched[key]
			if ok {
				found[key] = value
			}
			if ok || err == nil { // absent because of an error is not known to be absent
				m.fill(key, kept[V]{value, ok}, began)
			}
		}
		return found, err
	}
}

func (m *memory[V]) now() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clock
}

// fill keeps what a fetch found, unless the key was dropped since the fetch began: then it may be older than the write.
func (m *memory[V]) fill(key int64, k kept[V], began uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if began < m.floor || m.dropped[key] > began {
		return
	}
	m.cache.Set(key, k)
}

// drop forgets keys, and refuses what is on its way for them.
func (m *memory[V]) drop(keys []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock++
	if len(m.dropped)+len(keys) > rememberedDrops {
		m.dropped = map[int64]uint64{}
		m.floor = m.clock
	}
	for _, key := range keys {
		m.dropped[key] = m.clock
		m.cache.Invalidate(key)
	}
}
