package discovery

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 5 * time.Second
)

// backoff is the pause after failures in a row. The zero value stands before the first failure.
type backoff struct{ last time.Duration }

// next returns the pause after one more failure: about twice the last one.
func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, shortestPause), longestPause)
	return jitter(b.last)
}

func (b *backoff) reset() { b.last = 0 }

// jitter returns d give or take a quarter, so that many processes do not do the same thing at the same time.
func jitter(d time.Duration) time.Duration {
	return d - d/4 + rand.N(d/2) //nolint:gosec // spreads load, keeps no secret
}

// pause waits for d. It says no if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
