package dispatch

import (
	"context"
	"slices"
	"time"
)

// Inbox collects what a task can go on with as flights land. It belongs to one schedule. The zero value is empty.
type Inbox struct {
	items  []any
	took   time.Duration // by the flights that led to the items
	reader *waiter       // the task that waits for items; nil: none does
}

// put adds an item. The schedule's mu is held.
func (box *Inbox) put(item any) {
	box.items = append(box.items, item)
	if reader := box.reader; reader != nil {
		box.reader = nil
		reader.ready()
	}
}

// Post adds an item to an inbox of the task's schedule.
func (t *Task) Post(box *Inbox, item any) {
	t.schedule.mu.Lock()
	box.put(item)
	t.schedule.mu.Unlock()
}

// Receive returns the items of an inbox, and gives the turn away until there are some. It returns ctx's error if that ends
// first. One task at a time receives. Like Post, it is for code that does not block: see Returned.
func (t *Task) Receive(ctx context.Context, box *Inbox) ([]any, error) {
	s := t.schedule
	s.mu.Lock()
	var err error
	if len(box.items) == 0 {
		w := &waiter{task: t, left: 1}
		box.reader = w
		err = t.park(ctx, w)
		t.Returned()
		s.mu.Lock()
		box.reader = nil
	}
	items := box.items
	box.items = nil
	t.took, box.took = max(t.took, box.took), 0
	s.mu.Unlock()
	return items, err
}

// Track runs f and returns the batches that it wanted, by the task's context, and that had not landed.
func (t *Task) Track(f func()) []*Batch {
	t.tracking, t.tracked = true, nil
	defer func() { t.tracking = false }()
	f()
	return t.tracked
}

// Deliver puts an item into an inbox of the task's schedule when all batches have landed.
func (t *Task) Deliver(box *Inbox, item any, batches []*Batch) {
	t.schedule.mu.Lock()
	defer t.schedule.mu.Unlock()
	w := &waiter{box: box, item: item}
	for _, b := range batches {
		if b.state != complete {
			b.waiters = append(b.waiters, w)
			w.left++
		}
	}
	if w.left == 0 {
		box.put(item)
	}
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
	waiters  []*waiter
	done     chan struct{} // closed when the batch has landed, for those who wait outside of a task; nil: none do
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

// Want says that the task of ctx, too, needs a batch that is enqueued already: the batch has the most urgent priority of the
// tasks that need it.
func (b *Batch) Want(ctx context.Context) {
	b.schedule.mu.Lock()
	b.want(ctx)
	b.schedule.mu.Unlock()
}

func (b *Batch) want(ctx context.Context) {
	if b.state == complete {
		return
	}
	t, p := Current(ctx), Urgent
	if t != nil {
		p = t.priority
		if t.tracking && !slices.Contains(t.tracked, b) {
			t.tracked = append(t.tracked, b)
		}
	}
	if b.state == enqueued {
		b.priority = min(b.priority, p)
	}
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
	took := time.Since(b.started)
	for _, w := range b.waiters {
		if w.box != nil {
			w.box.took = max(w.box.took, took)
		} else {
			w.task.took = max(w.task.took, took)
		}
		if w.left > 1 {
			w.left--
		} else {
			w.ready()
		}
	}
	b.waiters = nil
	s.settle()
}

// Wait returns when the batch has landed, or with ctx's error if that ends first. A task that has the turn gives it away
// meanwhile. For a caller without the turn the batch is dispatched at once: there may be no task that comes to rest.
func (b *Batch) Wait(ctx context.Context) error {
	s := b.schedule
	s.mu.Lock()
	if b.state == complete {
		s.mu.Unlock()
		return nil
	}
	if t := Current(ctx); t != nil && t.schedule == s && s.turn == t {
		w := &waiter{task: t, left: 1}
		b.waiters = append(b.waiters, w)
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
