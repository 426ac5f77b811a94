package dispatch

import (
	"context"
	"sync"
	"time"
)

// Priority orders work: batches of urgent work do not wait for flights of what may come later.
type Priority uint8

// The priorities.
const (
	Urgent   Priority = iota // what a client waits for
	Deferred                 // what it asked to have later
	priorities
)

// Options tune a schedule. The zero value works.
type Options struct {
	// Patience returns how long a batch that is ready waits for other flights, if the last landed flight took so long.
	// Below 0: until they have landed. Default: DefaultPatience.
	Patience func(took time.Duration) time.Duration
	Fault    time.Duration // how long a task may block without saying so; default 250 ms
	Observer Observer
	Workers  *Workers // run tasks that need a goroutine of their own; default: a new one for each
}

// Observer receives the exceptions to the rule, from any goroutine. Its functions must not call the schedule; those
// that are nil are not called.
type Observer struct {
	Split func(batches int) // so many batches were dispatched while other flights of their round were in the air
	Fault func(name string) // the turn was taken from a task of this name
}

// minPatience is the least time that a batch waits for other flights: more than a busy machine delays a goroutine.
const minPatience = 3 * time.Millisecond

// DefaultPatience is twice what the landed flight took, and 3 ms at least.
func DefaultPatience(took time.Duration) time.Duration { return max(minPatience, 2*took) }

// Unlimited is a patience without end: the number of calls is fixed whatever the services do.
func Unlimited(time.Duration) time.Duration { return -1 }

const defaultFault = 250 * time.Millisecond

// Schedule dispatches the batches of one request. Safe for concurrent use. It needs no closing: its timers stop when no
// task is left.
type Schedule struct {
	options Options

	mu      sync.Mutex
	turn    *Task           // has the turn; nil: none
	queue   []*waiter       // want the turn, in order
	ready   []*Batch        // to be dispatched at a rest, in order
	answers []*answer       // to be given at a rest
	air     [priorities]int // flights by priority
	tasks   int             // that have not ended
	round   int             // of dispatched batches
	waiting *time.Timer     // patience of the oldest batch in ready; nil: none waits for other flights
	overdue bool            // that patience is over
	watch   *time.Timer     // looks for tasks that block; nil: not needed yet
	since   time.Time       // the turn was given
}

// New returns a schedule for one request.
func New(options Options) *Schedule {
	if options.Patience == nil {
		options.Patience = DefaultPatience
	}
	if options.Fault <= 0 {
		options.Fault = defaultFault
	}
	return &Schedule{options: options}
}

// Key is the key under which the context of a request has its *Schedule. It is exported for contexts that hold all values
// of a request in one struct; everybody else uses With and From.
type Key struct{}

// With returns a context that carries the schedule of a request.
func With(ctx context.Context, s *Schedule) context.Context {
	return context.WithValue(ctx, Key{}, s)
}

// From returns the schedule of a request; nil: there is none.
func From(ctx context.Context) *Schedule {
	s, _ := ctx.Value(Key{}).(*Schedule)
	return s
}

// settle gives the turn to the next task, or dispatches what is ready at a rest. s.mu is held, and is released before
// batches are sent. A function that changes the queue, the flights or the turn calls it last.
func (s *Schedule) settle() {
	batches := s.next()
	var answers []*answer
	if s.turn == nil {
		answers, s.answers = s.answers, nil
	}
	s.mu.Unlock()
	for _, b := range batches {
		b.send(b.landed)
	}
	if len(answers) > 0 {
		give(answers)
	}
}

// next returns the batches to send now. s.mu is held.
func (s *Schedule) next() []*Batch {
	if s.turn != nil {
		s.guard()
		return nil
	}
	for len(s.queue) > 0 {
		w := s.queue[0]
		s.queue[0] = nil
		s.queue = s.queue[1:]
		if w.begin != nil || w.right {
			s.give(w)
			s.guard()
			return nil
		}
		close(w.wake)
	}
	return s.dispatch()
}

// give gives the turn to a waiter. s.mu is held.
func (s *Schedule) give(w *waiter) {
	s.take(w.task)
	if w.begin != nil {
		s.start(w.begin)
		return
	}
	close(w.wake)
}

// start runs f in a goroutine.
func (s *Schedule) start(f func()) {
	if s.options.Workers != nil {
		s.options.Workers.Go(f)
		return
	}
	go f()
}

// take gives the turn to a task. s.mu is held.
func (s *Schedule) take(t *Task) {
	s.turn, s.since = t, time.Now()
	t.state.Store(calling)
	t.current = nil
}

// dispatch takes the batches that may fly now. s.mu is held, and the schedule at rest.
func (s *Schedule) dispatch() []*Batch {
	if len(s.ready) == 0 {
		s.patient()
		return nil
	}
	var batches, kept []*Batch
	split := 0
	busy, flights := [priorities]bool{}, 0
	for p := range s.air {
		flights += s.air[p]
		busy[p] = flights > 0
	}
	for _, b := range s.ready {
		if busy[b.priority] && !s.overdue {
			kept = append(kept, b)
			continue
		}
		if busy[b.priority] {
			split++
		}
		batches = append(batches, b)
	}
	if len(batches) > 0 {
		s.round++
		for _, b := range batches {
			s.launch(b)
		}
	}
	s.ready = kept
	s.overdue = false
	s.patient()
	if split > 0 && s.options.Observer.Split != nil {
		s.options.Observer.Split(split)
	}
	return batches
}

// launch counts a batch as a flight. s.mu is held.
func (s *Schedule) launch(b *Batch) {
	b.state, b.round, b.started = inFlight, s.round, time.Now()
	s.air[b.priority]++
}

// patient starts or stops the timer of batches that wait for other flights. s.mu is held.
func (s *Schedule) patient() {
	switch {
	case len(s.ready) == 0:
		s.overdue = false
		if s.waiting != nil {
			s.waiting.Stop()
			s.waiting = nil
		}
	case s.waiting == nil:
		patience := s.options.Patience(s.ready[0].patience)
		for _, b := range s.ready[1:] {
			patience = min(patience, s.options.Patience(b.patience))
		}
		if patience < 0 {
			return
		}
		var timer *time.Timer
		timer = time.AfterFunc(patience, func() {
			s.mu.Lock()
			if s.waiting != timer {
				s.mu.Unlock()
				return
			}
			s.waiting = nil
			s.overdue = true
			s.settle()
		})
		s.waiting = timer
	}
}

// guard starts to look for tasks that block without saying so, if others wait. s.mu is held.
func (s *Schedule) guard() {
	if s.watch == nil && len(s.queue)+len(s.ready) > 0 {
		s.watch = time.AfterFunc(s.options.Fault, s.look)
	}
}

// look takes the turn from a task that has had it for too long while others wait.
func (s *Schedule) look() {
	s.mu.Lock()
	if s.tasks == 0 {
		s.watch = nil
		s.mu.Unlock()
		return
	}
	stuck, held := s.turn, time.Since(s.since)
	if stuck != nil && held < s.options.Fault {
		s.watch.Reset(s.options.Fault - held)
		s.mu.Unlock()
		return
	}
	s.watch.Reset(s.options.Fault)
	if stuck == nil || len(s.queue)+len(s.ready) == 0 || !stuck.state.CompareAndSwap(calling, released) {
		s.mu.Unlock()
		return
	}
	s.turn = nil
	if s.options.Observer.Fault != nil {
		s.options.Observer.Fault(stuck.name.Name())
	}
	s.settle()
}
