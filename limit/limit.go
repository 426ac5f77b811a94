// Package limit bounds rates by the generic cell rate algorithm: a key may spend a burst at once, and as much as flows
// back after that. The state is shared by all replicas while there is a store that they share; without it each process
// counts alone.
//
//	limiter := limit.New(limit.Rate{Units: 6000, Per: time.Minute, Burst: 1000}, store)
//	if wait := limiter.Take(ctx, "viewer:1", cost); wait > 0 { … }
package limit

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Rate is how much a key may spend.
type Rate struct {
	Units int           // that flow back
	Per   time.Duration // in this time
	Burst int           // most that can be spent at once
}

// Store keeps the state of keys for all replicas. Safe for concurrent use.
type Store interface {
	// Spend adds spent to what a key has on its account, unless that would be more than most; then it changes nothing
	// and returns how long it takes until there is room. The account drains by a second each second. A negative spent
	// gives back.
	Spend(ctx context.Context, key string, spent, most time.Duration) (wait time.Duration, err error)
}

// Limiter bounds the rate of each key. Safe for concurrent use.
type Limiter struct {
	rate   Rate
	shared Store // nil: there is none
	alone  *memory
}

// New returns a limiter. shared may be nil, and may fail at any time.
func New(rate Rate, shared Store) *Limiter {
	return &Limiter{rate: rate, shared: shared, alone: newMemory()}
}

// Take spends units of a key's. It returns 0 if they were spent, else how long it takes until they could be. More than
// the burst counts as the burst. Negative units are given back.
func (l *Limiter) Take(ctx context.Context, key string, units int) time.Duration {
	unit := l.rate.Per / time.Duration(l.rate.Units)
	spent, most := unit*time.Duration(min(units, l.rate.Burst)), unit*time.Duration(l.rate.Burst)
	if l.shared != nil {
		if wait, err := l.shared.Spend(ctx, key, spent, most); err == nil {
			return wait
		}
	}
	return l.alone.spend(key, spent, most)
}

// rememberedKeys bounds the keys of a process.
const rememberedKeys = 100_000

// memory is the state in the process: when each key's account will be empty.
type memory struct {
	mu    sync.Mutex
	empty *lru.Cache[string, time.Time]
}

func newMemory() *memory {
	empty, err := lru.New[string, time.Time](rememberedKeys)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &memory{empty: empty}
}

func (m *memory) spend(key string, spent, most time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	empty, _ := m.empty.Get(key)
	if empty.Before(now) {
		empty = now
	}
	empty = empty.Add(spent)
	if wait := empty.Sub(now) - most; wait > 0 {
		return wait
	}
	m.empty.Add(key, empty)
	return 0
}
