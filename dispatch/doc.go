// Package dispatch decides when the batches of a request are sent. It knows tasks, batches and flights, and neither
// GraphQL nor a loader's keys.
//
// A request has one Schedule. Its work is done by tasks, of which one at a time has the turn: the right to run. A task
// that needs values enqueues a batch and waits for it, which gives the turn to the next task. When no task can run, the
// schedule is at rest, and the enqueued batches are dispatched, all at once. A dispatched batch is a flight, in the air
// until it has landed. So a batch holds whatever the tasks of the request asked for before the rest, however unevenly
// they ran, and no batch waits while nothing runs: there is no collecting window, no yield and no guess.
//
// # Guarantee
//
// Which keys travel in which call is a function of the query and the data, not of time. This holds for tasks of one
// priority that wait only for batches and for what they wrap in Away. The rule behind it: a batch is dispatched at a rest during which no flight of its priority, or of a
// more urgent one, is in the air. All flights of a round land before the next round is dispatched, and a task whose flight
// has landed runs at once, so what it answers is not held up.
//
// # Patience
//
// One slow flight would delay every later round by that rule. So it is bounded by Options.Patience: a batch that is ready
// waits for the other flights for a small multiple of what the last landed flight took, and a few milliseconds at least.
// Within that time the number of calls is fixed; beyond it the batch is dispatched, and Observer.Split counts it.
//
// # Other work
//
// A task may block in ordinary I/O: then nothing else of its request runs, unless it wraps that in Away, which gives the
// turn away and counts as a flight. What blocks without saying so, as a resolver that holds a lock which another task
// waits for, cannot hang the request: after Options.Fault the turn is taken from it, and Observer.Fault gets its name.
// This timer is the one exception to the rule above. A load from a goroutine that has no turn, such as one that a resolver
// has started, is dispatched at once: it loses batching, and nothing else.
//
//	s := dispatch.New(dispatch.Options{})
//	s.Run(ctx, dispatch.Urgent, "home", func(ctx context.Context) {
//		batch := dispatch.Enqueue(ctx, s, func(landed func()) { go func() { defer landed(); fetch() }() })
//		err := batch.Wait(ctx)
//	})
package dispatch
