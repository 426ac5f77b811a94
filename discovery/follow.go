package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	coldStart = 500 * time.Millisecond // how long ZooKeeper has for its first answer
	relist    = 30 * time.Second       // how often the list is compared although no watch fired
)

// Watch implements Watcher. Before ZooKeeper's first answer it pushes the list of the snapshot, if that takes longer than
// half a second. A list that turns empty is not pushed: that all instances left is nearly always ZooKeeper's trouble and
// not theirs, and calling an address that is dead costs little.
//
// Several watches may run at once, of one service too. Errors: that of ctx when it ends, ErrClosed, ErrService.
func (z *ZooKeeper) Watch(ctx context.Context, service string, push func([]Instance)) error {
	if err := checkService(service); err != nil {
		return fmt.Errorf("discovery: watch: %w", err)
	}
	life, end, err := z.begin(ctx)
	if err != nil {
		return err
	}
	defer end()

	f := &follower{
		z: z, service: service, push: push, log: z.logger.With("service", service),
		listing: listing{nodes: map[string]node{}}, confirmed: time.Now(),
	}
	z.mu.Lock()
	z.followers[f] = struct{}{}
	z.mu.Unlock()
	defer func() {
		z.mu.Lock()
		delete(z.followers, f)
		z.mu.Unlock()
	}()

	f.run(life)
	return z.whyEnded(ctx)
}

// follower is one call of Watch.
type follower struct {
	z       *ZooKeeper
	service string
	push    func([]Instance)
	log     *slog.Logger

	// Used by the goroutine of Watch alone.
	listing
	known   []Instance // the last good list
	pushed  bool
	failing bool // and said so
	unsaved bool // and said so

	mu        sync.Mutex // guards what Status reads
	endpoints int
	empty     bool
	current   bool      // ZooKeeper confirmed the list, and a watch would tell of a change
	confirmed time.Time // if not current: when it last was, or when the watch began
}

// run refreshes the list at each sign of a change until ctx ends.
func (f *follower) run(ctx context.Context) {
	first, cancel := context.WithTimeout(ctx, coldStart)
	err := f.refresh(first)
	cancel()
	if err != nil && ctx.Err() == nil {
		f.useSnapshot()
	}

	var retry backoff
	for ctx.Err() == nil {
		again := jitter(relist)
		if err != nil {
			again = retry.next()
		}
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-f.changed:
			f.changed = nil
			f.doubt()
		case <-timer.C:
		}
		timer.Stop()

		if err = f.refresh(ctx); err == nil {
			retry.reset()
		}
		if ctx.Err() == nil {
			f.report(err)
		}
	}
}

// report logs the first failure of a row.
func (f *follower) report(err error) {
	if err != nil && !f.failing {
		f.log.Warn("instances not read", "error", err.Error())
	}
	f.failing = err != nil
}

// useSnapshot pushes the list of an earlier life, or that none is known.
func (f *follower) useSnapshot() {
	saved, err := f.z.snapshots.load(f.service)
	if err != nil {
		f.log.Warn("snapshot not used", "error", err.Error())
	}
	if len(saved) > 0 {
		f.log.Warn("zookeeper does not answer: starting with the snapshot", "instances", len(saved))
	}
	f.tell(saved)
}

// accept makes ZooKeeper's list the one in use, unless it turned empty.
func (f *follower) accept(list []Instance) {
	if len(list) == 0 && len(f.known) > 0 {
		f.mu.Lock()
		said := f.empty
		f.empty = true
		f.mu.Unlock()
		if !said {
			f.log.Warn("zookeeper lists no instance: keeping the last good list", "instances", len(f.known))
		}
		return
	}

	f.mu.Lock()
	f.empty, f.current = false, true
	f.mu.Unlock()
	if f.pushed && slices.EqualFunc(list, f.known, Instance.equal) {
		return
	}
	f.log.Info("instances changed", "instances", len(list), "before", len(f.known))
	f.tell(list)
	f.save(list)
}

func (f *follower) tell(list []Instance) {
	f.known, f.pushed = list, true
	f.mu.Lock()
	f.endpoints = len(list)
	f.mu.Unlock()
	f.push(slices.Clone(list))
}

func (f *follower) save(list []Instance) {
	if len(list) == 0 {
		return
	}
	err := f.z.snapshots.save(f.service, list)
	if err != nil && !f.unsaved {
		f.log.Warn("snapshot not written", "error", err.Error())
	}
	f.unsaved = err != nil
}

// doubt notes that the list may be out of date since now, or since the connection was lost.
func (f *follower) doubt() {
	f.z.mu.Lock()
	now := f.z.link
	f.z.mu.Unlock()

	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.current {
		return
	}
	f.current, f.confirmed = false, time.Now()
	if !now.connected {
		f.confirmed = now.since
	}
}

func (f *follower) status(now link) ServiceStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	status := ServiceStatus{Service: f.service, Endpoints: f.endpoints, Empty: f.empty}
	switch {
	case !f.current:
		status.Stale = time.Since(f.confirmed)
	case !now.connected:
		status.Stale = time.Since(now.since)
	}
	return status
}
