package dispatch

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Task is work of a request that runs while it has the turn. Its methods are for code that schedules work of its own
// inside a task, as an engine does that calls resolvers. They are called from the task's own goroutine.
type Task struct {
	schedule *Schedule
	priority Priority
	name     Namer // of the code that may block; set before state says so
	behind   func() func(*Task)

	state   atomic.Int32
	took    time.Duration // by the flight that let the task go on; 0: it has waited for none
	current *waiter       // what will give the turn back; nil: the task has the turn, or nobody waits for it

	answer   *answer  // to be given when the task has ended; nil: none
	tracking bool     // batches that the task wants are tracked
	tracked  []*Batch // since Track began
}

// The states of a task.
const (
	running  int32 = iota // it has the turn, and runs code that does not block
	calling               // it has the turn, and runs code that may block: the turn can be taken from it
	released              // it has not the turn
)

// waiter wants the turn for a task: for the first time, or again.
type waiter struct {
	task  *Task
	begin func()        // begins the task in a goroutine of its own; nil: the task waits
	wake  chan struct{} // closed when the waiter goes on
	right bool          // it goes on with the turn; false: without it
	left  int           // flights that it waits for

	box  *Inbox // that item is put into, instead of going on with a task; nil: none
	item any
}

type taskKey struct{}

// Current returns the task that a context belongs to; nil: none.
func Current(ctx context.Context) *Task {
	t, _ := ctx.Value(taskKey{}).(*Task)
	return t
}

// Of says whether the task is one of a schedule.
func (t *Task) Of(s *Schedule) bool { return t.schedule == s }

// Job is a function that is run as a task.
type Job struct {
	Priority Priority
	Name     string // for Observer.Fault
	Run      func(ctx context.Context)
	After    func() // called when the task has ended, without the turn; may be nil
	Answer   func() // called at the first rest after the task has ended, with those of others; may be nil; see RunAll
	Flush    func() // called when the answers of one rest have been given: that of the last job; may be nil
}

// Run runs a job as a task in the caller's goroutine and returns when it has ended. The context that the job gets names
// the task: a batch that is enqueued with it is waited for by this task.
func (s *Schedule) Run(ctx context.Context, job Job) {
	t := s.newTask(job)
	s.mu.Lock()
	s.tasks++
	if s.turn == nil && len(s.queue) == 0 {
		s.take(t)
		s.mu.Unlock()
		t.run(ctx, job)
		return
	}
	w := &waiter{task: t, right: true, wake: make(chan struct{})}
	s.queue = append(s.queue, w)
	s.settle()
	<-w.wake
	t.run(ctx, job)
}

// RunAll runs jobs as tasks, all of which are known before the first begins: what they load first travels together. It
// returns when all have ended. Jobs that have an Answer give it at a rest, when the next batches are in flight: so writing
// answers holds up no work of the request, and what the jobs of one rest have written can leave in one piece.
func (s *Schedule) RunAll(ctx context.Context, jobs []Job) {
	var ended sync.WaitGroup
	s.mu.Lock()
	for _, job := range jobs {
		ended.Add(1)
		s.spawn(s.newTask(job), func(t *Task) {
			if job.Answer != nil {
				t.answer = &answer{give: job.Answer, given: job.Flush, ended: ended.Done}
			} else {
				defer ended.Done()
			}
			t.run(ctx, job)
		})
	}
	s.settle()
	ended.Wait()
}

// answer is what a task that has ended answers at the next rest.
type answer struct{ give, given, ended func() }

// give gives the answers of one rest.
func give(answers []*answer) {
	for _, a := range answers {
		a.give()
	}
	if n := len(answers); n > 0 && answers[n-1].given != nil {
		answers[n-1].given()
	}
	for _, a := range answers {
		a.ended()
	}
}

func (s *Schedule) newTask(job Job) *Task {
	t := &Task{schedule: s, priority: job.Priority}
	t.state.Store(released)
	t.name = Name(job.Name)
	return t
}

// spawn queues a task that begins in a goroutine of its own. s.mu is held.
func (s *Schedule) spawn(t *Task, begin func(*Task)) {
	s.tasks++
	s.queue = append(s.queue, &waiter{task: t, begin: func() { begin(t) }})
}

func (t *Task) run(ctx context.Context, job Job) {
	func() {
		defer t.end()
		job.Run(t.With(ctx))
	}()
	if job.After != nil {
		job.After()
	}
}

// end gives the turn away for good.
func (t *Task) end() {
	s := t.schedule
	s.mu.Lock()
	s.tasks--
	if t.answer != nil {
		s.answers = append(s.answers, t.answer)
	}
	t.detach()
	if s.turn == t {
		s.turn = nil
	}
	if s.tasks == 0 && s.watch != nil {
		s.watch.Stop()
		s.watch = nil
	}
	s.settle()
}

// detach lets a goroutine that waits in the task's name go on without the turn. s.mu is held.
func (t *Task) detach() {
	if t.current != nil {
		t.current.right = false
		t.current = nil
	}
}

// Namer names code that may block, for Observer.Fault.
type Namer interface{ Name() string }

// Name is a Namer that has its name.
type Name string

// Name implements Namer.
func (n Name) Name() string { return string(n) }

// Call says that code begins which may block.
func (t *Task) Call(name Namer) {
	t.name = name
	t.state.CompareAndSwap(running, calling)
}

// Returned says that this code has ended. The task has the turn when Returned returns, whatever the code did.
func (t *Task) Returned() {
	for !t.state.CompareAndSwap(calling, running) {
		s := t.schedule
		s.mu.Lock()
		if s.turn == t { // it came back meanwhile
			s.mu.Unlock()
			continue
		}
		t.detach()
		_ = t.park(context.Background(), &waiter{task: t})
	}
}

// Behind sets what is asked for whenever the task gives the turn away: a function that carries out, as a task of its own,
// what can run meanwhile; nil if there is none. It is called with the turn and the schedule's lock: it must not block.
func (t *Task) Behind(next func() func(*Task)) { t.behind = next }

// With returns a context that names the task.
func (t *Task) With(ctx context.Context) context.Context { return context.WithValue(ctx, taskKey{}, t) }

// park gives the turn away, if the task has it, and returns when w goes on: with the turn, or with ctx's error if ctx
// ended before. s.mu is held; park releases it.
func (t *Task) park(ctx context.Context, w *waiter) error {
	s := t.schedule
	w.wake, w.right = make(chan struct{}), true
	t.current = w
	if s.turn == t {
		t.release()
	}
	if w.left == 0 {
		s.queue = append(s.queue, w)
	}
	s.settle()

	select {
	case <-w.wake:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	if !w.right {
		s.mu.Unlock()
		return ctx.Err()
	}
	w.ready()
	s.settle()
	<-w.wake
	return ctx.Err()
}

// ready queues a waiter that waits for nothing any more. s.mu of its schedule is held.
func (w *waiter) ready() {
	if w.left == 0 {
		return
	}
	w.left = 0
	if w.box != nil {
		w.box.put(w.item)
		return
	}
	if !w.right {
		close(w.wake)
		return
	}
	w.task.schedule.queue = append(w.task.schedule.queue, w)
}

// release takes the turn from the task, and queues what can run behind it. s.mu is held, and the task has the turn.
func (t *Task) release() {
	s := t.schedule
	if t.behind != nil {
		if next := t.behind(); next != nil {
			s.more(t, next)
		}
	}
	t.state.Store(released)
	s.turn = nil
}

// Spawn queues f as a task of its own, which goes on with the work of t. It may be called with work that does not block, as after Returned.
func (t *Task) Spawn(f func(*Task)) {
	s := t.schedule
	s.mu.Lock()
	s.more(t, f)
	s.mu.Unlock()
}

// more queues a task that goes on with the work of t. s.mu is held.
func (s *Schedule) more(t *Task, f func(*Task)) {
	more := &Task{schedule: s, priority: t.priority, took: t.took}
	more.name = t.name
	more.state.Store(released)
	s.spawn(more, func(t *Task) {
		defer t.end()
		f(t)
	})
}

// Away runs f, which blocks in something other than a batch, without the turn: other work of the request goes on
// meanwhile, and f counts as a flight. Outside of a task it just runs f. It returns with the turn, also if f panics.
func Away(ctx context.Context, f func()) {
	t := Current(ctx)
	if t == nil {
		f()
		return
	}
	s := t.schedule
	s.mu.Lock()
	if s.turn != t {
		s.mu.Unlock()
		f()
		return
	}
	start := time.Now()
	s.air[t.priority]++
	t.release()
	s.settle()
	defer func() {
		s.mu.Lock()
		s.air[t.priority]--
		t.took = time.Since(start)
		_ = t.park(context.Background(), &waiter{task: t})
	}()
	f()
}
