package cache

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	breakAfter = 3                      // failures in a row
	probeEvery = 250 * time.Millisecond // while open
)

// breaker gives Redis up after failures in a row. While it is open no request waits for Redis: whether Redis is back is
// found out beside the requests.
//
//	closed ── breakAfter failures in a row ──▶ open ── a probe succeeds ──▶ closed
type breaker struct {
	probe  func(context.Context) error
	logger *slog.Logger

	mu       sync.Mutex
	failures int
	open     bool
	closing  context.Context // ends the probes
	ended    sync.WaitGroup
}

// allows says whether Redis may be asked.
func (b *breaker) allows() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.open
}

// note remembers how a command ended.
func (b *breaker) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.failures = 0
		return
	}
	b.failures++
	if b.failures < breakAfter || b.open || b.closing.Err() != nil {
		return
	}
	b.open = true
	b.logger.Warn("redis is given up for now", "error", err.Error())
	b.ended.Go(b.wait)
}

// wait probes until Redis answers.
func (b *breaker) wait() {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.closing.Done():
			return
		case <-tick.C:
		}
		if b.probe(b.closing) == nil {
			b.mu.Lock()
			b.open, b.failures = false, 0
			b.mu.Unlock()
			b.logger.Info("redis answers again")
			return
		}
	}
}
