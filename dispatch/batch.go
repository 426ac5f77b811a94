package dispatch

import (
	"context"
	"slices"
	"time"
)

// Signal is something that tasks wait for: it fires once.
type Signal struct {
	fired   bool
	waiters []*waiter
}

// fire lets all go on that wait for what took so long. The schedule's mu is held.
func (g *Signal) fire(took time.Duration) {
	g.fired = true
	for _, w := range g.waiters {
		w.task.took = max(w.task.took, took)
		if w.left > 1 {
			w.left--
		} else {
			w.ready()
		}
	}
	g.waiters = nil
}

// Fire lets all tasks go on that wait for g. Called by a task of the schedule.
func (t *Task) Fire(g *Signal) {
	s := t.schedule
	s.mu.Lock()
	g.fire(0)
	s.settle()
}

// Await gives the turn away until g has fired. Like Fire, it is for code that does not block: see Returned.
func (t *Task) Await(g *Signal) {
	s := t.schedule
	s.mu.Lock()
	if g.fired {
		s.mu.Unlock()
		return
	}
	w := &waiter{task: t, left: 1}
	g.waiters = append(g.waiters, w)
	_ = t.park(context.Background(), w)
	t.Returned()
}

type batchState uint8

const (
	enqueued batchState = iota
	inFlight
	complete
)

// Batch is keys of a loader that are sent together. All of it but send is guarded by the schedule's mu.
type Batch struct {
	schedule *Schedule
	send     func(landed func())
	priority Priority
	state    batchState
	round    int
	started  time.Time
	patience time.Duration // what the flight took that led to the batch
	signal   Signal
	done     chan struct{} // closed when the batch has landed, for those who wait outside of a task; nil: nobody does
}

// Enqueue adds a batch that is dispatched at a rest: then send is called once, starts the call, returns at once, and has
// landed called when the answer is there. Enqueue itself never calls send.
func Enqueue(ctx context.Context, s *Schedule, send func(landed func())) *Batch {
	b := &Batch{schedule: s, send: send, priority: priorities - 1}
	s.mu.Lock()
	b.want(ctx)
	if t := Current(ctx); t != nil {
		b.patience = t.took
	}
	s.ready = append(s.ready, b)
	if s.tasks > 0 {
		s.guard()
	}
	s.mu.Unlock()
	return b
}

// Want says that whoever ctx belongs to wants a batch that others have enqueued: it is dispatched as early as the most
// urgent of them needs it.
func (b *Batch) Want(ctx context.Context) {
	b.schedule.mu.Lock()
	b.want(ctx)
	b.schedule.mu.Unlock()
}

func (b *Batch) want(ctx context.Context) {
	if b.state != enqueued {
		return
	}
	p := Urgent
	if t := Current(ctx); t != nil {
		p = t.priority
	}
	b.priority = min(b.priority, p)
}

// landed is what send calls when the answer is there.
func (b *Batch) landed() {
	s := b.schedule
	s.mu.Lock()
	b.state = complete
	s.air[b.priority]--
	if b.done != nil {
		close(b.done)
	}
	b.signal.fire(time.Since(b.started))
	s.settle()
}

// Wait returns when the batch has landed, or with ctx's error if that ends first. A task that has the turn gives it away
// meanwhile. Whoever has no turn has the batch dispatched at once: nobody may be there to come to rest.
func (b *Batch) Wait(ctx context.Context) error {
	s := b.schedule
	s.mu.Lock()
	if b.state == complete {
		s.mu.Unlock()
		return nil
	}
	if t := Current(ctx); t != nil && t.schedule == s && s.turn == t {
		w := &waiter{task: t, left: 1}
		b.signal.waiters = append(b.signal.waiters, w)
		return t.park(ctx, w)
	}
	if b.done == nil {
		b.done = make(chan struct{})
	}
	alone := b.state == enqueued
	if alone {
		i := slices.Index(s.ready, b)
		s.ready = slices.Delete(s.ready, i, i+1)
		s.launch(b)
	}
	s.mu.Unlock()
	if alone {
		b.send(b.landed)
	}
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Round returns in which round of its schedule the batch was dispatched, from 1; 0: it was not yet.
func (b *Batch) Round() int {
	b.schedule.mu.Lock()
	defer b.schedule.mu.Unlock()
	return b.round
}
