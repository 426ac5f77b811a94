package accesslog

import (
	"context"
	"sync"
)

// Tally collects what a request costs while it runs. Safe for concurrent use.
type Tally struct {
	mu     sync.Mutex
	counts Counts
}

// Add changes the counts.
func (t *Tally) Add(change func(*Counts)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.counts)
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

type tallyKey struct{}

// With returns a context that carries a tally.
func With(ctx context.Context, t *Tally) context.Context {
	return context.WithValue(ctx, tallyKey{}, t)
}

// From returns the tally of the request; one that nobody reads if there is none.
func From(ctx context.Context) *Tally {
	if t, ok := ctx.Value(tallyKey{}).(*Tally); ok {
		return t
	}
	return &Tally{}
}
