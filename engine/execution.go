package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"bff/dispatch"
)

// execution is one run of a plan. All of it is used with the turn of the schedule, but for what the comments say.
type execution struct {
	schema      *Schema
	plan        *plan
	operation   *graphql.OperationContext
	ctx         context.Context // of the operation
	schedule    *dispatch.Schedule
	middleware  bool // interceptors of fields are installed
	incremental *Incremental

	queue   []*column      // have rows to resolve, in order
	head    int            // of queue
	pending int            // columns that are not resolved, of the part that is waited for and of all others
	box     dispatch.Inbox // columns whose flights have landed; nil: enough may be resolved
	begun   []*column      // columns that wait for flights
	root    *frame
	fault   any // of a panic outside of any resolver

	parts  *parts // nil: nothing is deferred
	late   bool   // ctx is that of the deliveries
	added  int    // errors that resolvers have added there, and that were answered
	cost   int
	stats  *Stats  // nil: not wanted
	report *Report // nil: not wanted
}

// worker is a task that carries out an execution.
type worker struct {
	x    *execution
	task *dispatch.Task
	ctx  context.Context // names the task
	call *call           // the last one; nil: none
}

// run resolves what is queued, and what that leads to, until done says that enough is resolved. It is called in a task.
// inline has that task resolve, too: then it cannot go on before the resolvers that it waits for.
func (x *execution) run(ctx context.Context, inline bool, done func() bool) {
	w := x.enter(dispatch.Current(ctx))
	w.task.Returned()
	w.task.Behind(x.behind)
	defer w.task.Behind(nil)
	for {
		if inline {
			w.work()
		}
		if done() || x.fault != nil {
			break
		}
		if next := x.behind(); next != nil {
			w.task.Spawn(next)
		}
		w.receive()
	}
	w.task.Call(dispatch.Name(TaskName))
}

// TaskName is the name of tasks that carry out an operation, outside of its resolvers. The name that a client gives its
// operation is not used: names of tasks are logged.
const TaskName = "operation"

func (x *execution) enter(t *dispatch.Task) *worker {
	return &worker{x: x, task: t, ctx: t.With(x.ctx)}
}

// behind returns what can go on while a resolver waits. It is called with the turn.
func (x *execution) behind() func(*dispatch.Task) {
	if x.head == len(x.queue) {
		return nil
	}
	return func(t *dispatch.Task) {
		w := x.enter(t)
		t.Returned()
		t.Behind(x.behind)
		w.work()
	}
}

// work resolves rows until none is queued.
func (w *worker) work() {
	x := w.x
	defer func() {
		if cause := recover(); cause != nil {
			x.fault = cause
			x.wake(w.task)
		}
	}()
	for x.head < len(x.queue) && x.fault == nil {
		c := x.queue[x.head]
		f := c.node.field
		switch {
		case c.next == 0 && !w.begin(c): // it failed as a whole
			x.pop()
		case f.begin != nil && !x.middleware:
			x.pop()
			c.next = c.frame.rows
			w.start(c)
			continue // it is complete, or will be
		case f.all != nil:
			x.pop()
			c.next = c.frame.rows
			w.all(c)
		case f.concurrent:
			x.pop()
			c.next = c.frame.rows
			w.concurrently(c)
		default:
			row := c.next
			c.next++
			if c.next == c.frame.rows {
				x.pop()
			}
			w.one(c, row)
		}
		if c.done == c.frame.rows {
			x.complete(w, c)
		}
	}
}

func (x *execution) pop() {
	x.queue[x.head] = nil
	x.head++
	if x.head == len(x.queue) {
		x.queue, x.head = x.queue[:0], 0
	}
}

// wake has the task that waits for the execution check whether enough is resolved.
func (x *execution) wake(t *dispatch.Task) { t.Post(&x.box, nil) }

// receive waits for flights, and goes on with the columns that waited for them.
func (w *worker) receive() {
	x := w.x
	ctx := x.ctx
	if len(x.begun) == 0 {
		ctx = context.WithoutCancel(ctx) // what is resolved by others ends by itself
	}
	items, err := w.task.Receive(ctx, &x.box)
	for _, item := range items {
		if c, is := item.(*column); is && c.await != nil {
			w.finish(c)
		}
	}
	if err != nil {
		for _, c := range slices.Clone(x.begun) {
			w.finish(c) // it says that the context has ended
		}
	}
}

// start begins to resolve a column whose resolver does not wait itself.
func (w *worker) start(c *column) {
	cl := w.callOf(c)
	w.task.Call(c.node)
	var err error
	batches := w.task.Track(func() {
		err = w.x.guarded(cl, func() error {
			c.await = c.node.field.begin(cl, c.frame.parents)
			return nil
		})
	})
	w.task.Returned()
	switch {
	case err != nil:
		w.settle(c, nil, nil, err)
		w.x.complete(w, c)
	case len(batches) == 0:
		c.call = cl
		w.finish(c)
	default:
		c.call = cl
		w.x.begun = append(w.x.begun, c)
		w.task.Deliver(&w.x.box, c, batches)
	}
}

// finish takes what a column has that was begun.
func (w *worker) finish(c *column) {
	x := w.x
	if i := slices.Index(x.begun, c); i >= 0 {
		x.begun = slices.Delete(x.begun, i, i+1)
	}
	cl, await := c.call, c.await
	c.call, c.await = nil, nil
	var values any
	w.task.Call(c.node)
	err := x.guarded(cl, func() (err error) {
		values, err = await()
		return err
	})
	w.task.Returned()
	w.settle(c, values, nil, err)
	x.complete(w, c)
}

// begin decodes the arguments of a column, and begins to resolve what needs no more than keys that are known already. It
// returns false if the arguments are wrong: then every row has that error.
func (w *worker) begin(c *column) bool {
	x := w.x
	cl := &call{x: x, ctx: w.ctx, column: c}
	w.call = cl
	if c.node.field.decode != nil {
		if err := x.guarded(cl, func() (err error) {
			cl.args, err = c.node.arguments(cl, x.operation.Variables)
			return err
		}); err != nil {
			c.values = c.node.field.make(c.frame.rows)
			c.failAll(err)
			return false
		}
	}
	if c.node.field.one != nil {
		c.values = c.node.field.make(c.frame.rows)
	}
	if c.node.field.known != nil {
		w.ahead(c, cl)
	}
	return true
}

func (c *column) failAll(err error) {
	c.errs = make([]error, c.frame.rows)
	for i := range c.errs {
		c.errs[i] = err
	}
	c.next, c.done = c.frame.rows, c.frame.rows
}

// callOf returns the call of a column for this worker.
func (w *worker) callOf(c *column) *call {
	if w.call == nil || w.call.column != c {
		cl := &call{x: w.x, ctx: w.ctx, column: c}
		// The arguments were decoded without fault before.
		cl.args, _ = c.node.arguments(cl, w.x.operation.Variables)
		w.call = cl
	}
	return w.call
}

// Name implements dispatch.Namer: it names the field in a report of the fault timer.
func (n *node) Name() string { return n.object.Name + "." + n.field.Name }

// all resolves a column by a resolver that takes all objects.
func (w *worker) all(c *column) {
	cl := w.callOf(c)
	var values any
	var null []bool
	w.task.Call(c.node)
	err := w.x.guarded(cl, func() (err error) {
		values, null, err = c.node.field.all(cl, c.frame.parents, c.frame.rows)
		return err
	})
	w.task.Returned()
	w.settle(c, values, null, err)
}

// settle takes what all rows of a column have.
func (w *worker) settle(c *column, values any, null []bool, err error) {
	c.done = c.frame.rows
	c.null = null
	if values != nil {
		c.values = values
	}
	if err == nil {
		return
	}
	c.errs = make([]error, c.frame.rows)
	for i := range c.errs {
		c.errs[i] = errorOf(err, i)
	}
	if values == nil || !isPerRow(err) {
		c.values = c.node.field.make(c.frame.rows)
	}
}

// one resolves one row.
func (w *worker) one(c *column, row int) {
	cl := w.callOf(c)
	var null bool
	w.task.Call(c.node)
	resolve := func() (err error) {
		null, err = c.node.field.one(cl, c.frame.parents, row, c.values)
		return err
	}
	var err error
	if w.x.serial(c) { // it changes something: it waits for a service
		dispatch.Away(w.ctx, func() { err = w.x.guarded(cl, resolve) })
	} else {
		err = w.x.guarded(cl, resolve)
	}
	w.task.Returned()
	c.settle(row, null, err)
}

// serial says whether a column is a root field of a mutation.
func (x *execution) serial(c *column) bool { return c.frame.origin == nil && x.plan.serial }

func (c *column) settle(row int, null bool, err error) {
	c.resolving().done++
	if err != nil {
		if c.errs == nil {
			c.errs = make([]error, c.frame.rows)
		}
		c.errs[row] = err
	}
	if null {
		if c.null == nil {
			c.null = make([]bool, c.frame.rows)
		}
		c.null[row] = true
	}
}

// concurrently resolves all rows at the same time, without the turn.
func (w *worker) concurrently(c *column) {
	cl := w.callOf(c)
	null, errs := make([]bool, c.frame.rows), make([]error, c.frame.rows)
	w.task.Call(c.node)
	dispatch.Away(w.ctx, func() {
		var running sync.WaitGroup
		for row := range c.frame.rows {
			running.Go(func() {
				errs[row] = w.x.guarded(cl, func() (err error) {
					null[row], err = c.node.field.one(cl, c.frame.parents, row, c.values)
					return err
				})
			})
		}
		running.Wait()
	})
	w.task.Returned()
	for row := range c.frame.rows {
		c.settle(row, null[row], errs[row])
	}
}

// guarded turns a panic of f into an error, by gqlgen's recover function.
func (x *execution) guarded(cl *call, f func() error) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case unwritable:
			err = cause.error
		default:
			err = x.operation.RecoverFunc(cl.context(-1), cause)
		}
	}()
	return f()
}
