package loaders

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"bff"
	"bff/dispatch"
)

// batch is the keys that a loader sends in one call. What it answers is set before it has landed, and is read-only then.
type batch[K comparable, V any] struct {
	loader *Loader[K, V]
	sets   []*keySet[K] // one for each task that adds keys
	size   int          // keys in all sets
	flight *dispatch.Batch

	open   atomic.Bool // it has not landed
	values []V
	errs   []error // nil if no key failed
	landed time.Time
}

// keySet is the keys that one task wants.
type keySet[K comparable] struct {
	keys []K
	task *dispatch.Task // nil: the caller is no task
	one  [1]K           // memory of keys, if it is one
}

// begin opens a batch. l.mu is held.
func (l *Loader[K, V]) begin(ctx context.Context) *batch[K, V] {
	b := &batch[K, V]{loader: l}
	b.open.Store(true)
	b.flight = dispatch.Enqueue(ctx, l.session.schedule, b.send)
	return b
}

// loading says whether the batch has not landed.
func (b *batch[K, V]) loading() bool { return b.open.Load() }

// wait returns when the batch has landed, or with an error if ctx ends first.
func (b *batch[K, V]) wait(ctx context.Context) error {
	if !b.loading() {
		return nil
	}
	if err := b.flight.Wait(ctx); err != nil {
		return &bff.Error{Kind: bff.Deadline, Msg: "no answer in time", Err: err}
	}
	return nil
}

// send closes the batch and hands its key sets to a dataloader. The dataloader's capacity is the number of sets, so it
// starts the call with the last set, and its timer never runs.
func (b *batch[K, V]) send(landed func()) {
	l := b.loader
	l.mu.Lock()
	if l.open == b {
		l.open = nil
	}
	sets := b.sets
	l.mu.Unlock()

	loader := dataloader.NewBatchedLoader(func(ctx context.Context, sets []*keySet[K]) []*dataloader.Result[struct{}] {
		b.fetchDeep(ctx, union(sets), landed)
		return slices.Repeat([]*dataloader.Result[struct{}]{{}}, len(sets))
	}, dataloader.WithCache[*keySet[K], struct{}](&dataloader.NoCache[*keySet[K], struct{}]{}),
		dataloader.WithBatchCapacity[*keySet[K], struct{}](len(sets)), dataloader.WithInputCapacity[*keySet[K], struct{}](len(sets)))
	for _, set := range sets {
		loader.Load(l.session.ctx, set)
	}
}

// fetchDeep is fetch in a goroutine whose stack has grown, if there are such: a call's stack is deeper than that which a
// dataloader's goroutine begins with.
func (b *batch[K, V]) fetchDeep(ctx context.Context, keys []K, landed func()) {
	workers := b.loader.session.options.Dispatch.Workers
	if workers == nil {
		defer landed()
		b.fetch(ctx, keys)
		return
	}
	fetched := make(chan struct{})
	workers.Go(func() {
		defer close(fetched)
		defer landed()
		b.fetch(ctx, keys)
	})
	<-fetched
}

// union joins sets, which have no key in common.
func union[K comparable](sets []*keySet[K]) []K {
	if len(sets) == 1 {
		return sets[0].keys
	}
	var keys []K
	for _, set := range sets {
		keys = append(keys, set.keys...)
	}
	return keys
}

// errPanicked is what all keys of a batch read whose Func panicked; the log has the rest.
var errPanicked = errors.New("batch panicked")

// fetch calls the loader's Func under the request's context and a deadline of its own, and sets what the batch answers.
func (b *batch[K, V]) fetch(ctx context.Context, keys []K) {
	l := b.loader
	ctx, cancel := context.WithTimeout(ctx, l.session.options.Timeout)
	defer cancel()

	l.session.options.Observe(ctx, l.name, len(keys))
	writes := l.written()
	fetching, fetched := b.watched(ctx, len(keys))
	found, err := l.call(fetching, keys)
	fetched()

	b.values = make([]V, len(keys))
	var failure error
	for i, key := range keys {
		value, ok := found[key]
		b.values[i] = value
		if ok && l.primes != nil {
			l.primes(l.session.loaders, value, writes)
		}
		if ok || err == nil {
			continue
		}
		if failure == nil {
			failure = fmt.Errorf("load %s: %w", l.name, err)
			b.errs = make([]error, len(keys))
		}
		b.errs[i] = failure
	}
	b.landed = time.Now()
	b.open.Store(false)
}

// call shields the request from a Func that panics.
func (l *Loader[K, V]) call(ctx context.Context, keys []K) (found map[K]V, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			l.session.options.Logger.ErrorContext(ctx, "batch panicked", slog.String("loader", l.name), bff.Panic(cause))
			found, err = nil, errPanicked
		}
	}()
	return l.fn(ctx, keys)
}
