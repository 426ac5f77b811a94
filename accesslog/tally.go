package accesslog

import (
	"context"
	"sync"
)

// Tally collects what a request costs while it runs. The zero value is empty. Safe for concurrent use.
type Tally struct {
	mu     sync.Mutex
	counts Counts
}

// Add adds counts to what was counted.
func (t *Tally) Add(more Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.BackendCalls += more.BackendCalls
	t.counts.BackendKeys += more.BackendKeys
	t.counts.LoaderBatches += more.LoaderBatches
	t.counts.MemoryHits += more.MemoryHits
	t.counts.RedisHits += more.RedisHits
}

// Take returns what was counted since it was last called. The operations of one request share fetches: each count goes
// to the operation that is answered next, so that sums are exact.
func (t *Tally) Take() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.counts
	t.counts = Counts{}
	return taken
}

// TallyKey is the key under which the context of a request has its *Tally. It is exported for the context that
// holds all values of a request in one struct; From reads it.
type TallyKey struct{}

// From returns the tally of the request; one that nobody reads if there is none.
func From(ctx context.Context) *Tally {
	if t, ok := ctx.Value(TallyKey{}).(*Tally); ok {
		return t
	}
	return &Tally{}
}
