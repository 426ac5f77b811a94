package loaders

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"bff"
	"bff/fetch"
)

// Loader fetches each key once in the life of one HTTP request and gathers the keys wanted at the same time, wherever
// in the query, into one call of its Func. Safe for concurrent use.
//
// A batch is closed not by a timer but by quiet: the first key starts a goroutine that yields to all others until no
// more keys arrive, a few microseconds in practice (a timer below one millisecond does not exist in an idle process).
// The closed batch is handed to a dataloader of exactly that capacity, which starts it at once.
//
//	key wanted ──▶ fetched before? ──▶ answer from the dataloader's cache
//	               in flight?      ──▶ wait for that batch
//	               else            ──▶ joins the open batch ──quiet──▶ dataloader ──▶ Func(all keys)
type Loader[K comparable, V any] struct {
	name    string
	fn      fetch.Func[K, V]
	session session

	mu     sync.Mutex
	open   *batch[K, V]           // still takes keys; nil if none
	flying map[K]*batch[K, V]     // keys that are wanted and not answered
	cache  dataloader.Cache[K, V] // keys that are answered
	until  map[K]time.Time        // until when a passing error is the answer
}

// session is what the loaders of one HTTP request share. The request's context is kept in it because the loaders end
// with the request: batches run under it and not under the context of whichever resolver came first.
type session struct {
	ctx     context.Context
	options Options
	crowd   *crowd
}

type batch[K comparable, V any] struct {
	keys   []K
	wanted atomic.Int64              // keys asked of the open batch, equal ones included: what "quiet" is measured by
	thunks map[K]dataloader.Thunk[V] // set when done is closed
	done   chan struct{}
}

func newLoader[K comparable, V any](name string, fn fetch.Func[K, V], s session) *Loader[K, V] {
	return &Loader[K, V]{name: name, fn: fn, session: s, flying: map[K]*batch[K, V]{}, cache: dataloader.NewCache[K, V](), until: map[K]time.Time{}}
}

// Load returns the value of one key; the zero value without an error if there is none. It answers with the error of
// the key's batch, or with ctx's if that ends first.
func (l *Loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	values, errs := l.LoadAll(ctx, []K{key})
	if errs != nil {
		return values[0], errs[0]
	}
	return values[0], nil
}

// LoadAll returns the values of keys in their order, the zero value for a key that has none. errs is nil if no key
// failed; else it holds an error for each failed key, in the keys' order: one bad key spoils no other.
func (l *Loader[K, V]) LoadAll(ctx context.Context, keys []K) (values []V, errs []error) {
	return l.Begin(ctx, keys)()
}

// Begin is LoadAll in two steps: the keys are on their way when it returns, so that whoever wants one of them from then
// on waits for the same batch. The function that it returns waits for the values; call it once.
func (l *Loader[K, V]) Begin(ctx context.Context, keys []K) func() (values []V, errs []error) {
	values := make([]V, len(keys))
	waiting := l.join(ctx, keys, values)

	return func() ([]V, []error) {
		if f := fieldOf(ctx); f != nil && waiting != nil {
			f.wait()
			defer f.resume()
		}
		var errs []error
		for i, b := range waiting {
			if b == nil {
				continue
			}
			value, err := b.await(ctx, keys[i])
			if err != nil {
				errs = put(errs, len(keys), i, err)
			}
			values[i] = value
		}
		return values, errs
	}
}

// Prime remembers a value that arrived by another way, unless the key is known already.
func (l *Loader[K, V]) Prime(key K, value V) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if _, known := l.cache.Get(l.session.ctx, key); !known && l.flying[key] == nil {
		l.cache.Set(l.session.ctx, key, func() (V, error) { return value, nil })
	}
}

// clear forgets everything, also what is on its way: whoever loads after a write reads what the write left.
func (l *Loader[K, V]) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.cache.Clear()
	l.flying = map[K]*batch[K, V]{}
	l.until = map[K]time.Time{}
	l.open = nil
}

// join fills values with what is known and returns, for the others, the batches that will answer them; nil if all is
// known.
func (l *Loader[K, V]) join(ctx context.Context, keys []K, values []V) []*batch[K, V] {
	l.mu.Lock()
	defer l.mu.Unlock()

	var waiting []*batch[K, V]
	for i, key := range keys {
		if thunk, known := l.cache.Get(ctx, key); known {
			value, err := thunk()
			if err == nil {
				values[i] = value
				continue
			}
			if l.lasts(key) {
				waiting = put(waiting, len(keys), i, failed(key, thunk))
				continue
			}
			l.cache.Delete(ctx, key)
		}
		waiting = put(waiting, len(keys), i, l.board(key))
	}
	return waiting
}

func put[T any](list []T, size, place int, value T) []T {
	if list == nil {
		list = make([]T, size)
	}
	list[place] = value
	return list
}

// lasts says whether a remembered error is still the answer. l.mu is held.
func (l *Loader[K, V]) lasts(key K) bool {
	until, passing := l.until[key]
	return !passing || time.Now().Before(until)
}

// board returns the batch that will answer a key which is not answered yet. l.mu is held.
func (l *Loader[K, V]) board(key K) *batch[K, V] {
	if b := l.flying[key]; b != nil {
		b.wanted.Add(1)
		return b
	}

	if l.open == nil {
		l.open = &batch[K, V]{done: make(chan struct{})}
		go l.run(l.open)
	}
	b := l.open
	b.wanted.Add(1)
	b.keys = append(b.keys, key)
	l.flying[key] = b
	return b
}

// failed returns a batch that has answered one key already: with an error that is remembered.
func failed[K comparable, V any](key K, thunk dataloader.Thunk[V]) *batch[K, V] {
	b := &batch[K, V]{thunks: map[K]dataloader.Thunk[V]{key: thunk}, done: make(chan struct{})}
	close(b.done)
	return b
}

// run waits for quiet, closes the batch and has it answered.
func (l *Loader[K, V]) run(b *batch[K, V]) {
	defer close(b.done)
	awaitQuiet(&b.wanted, l.session.crowd)

	l.mu.Lock()
	if l.open == b {
		l.open = nil
	}
	l.mu.Unlock()

	// The capacity makes the dataloader start the batch with its last key, so its timer never runs.
	loader := dataloader.NewBatchedLoader(l.fetch,
		dataloader.WithCache[K, V](&dataloader.NoCache[K, V]{}),
		dataloader.WithBatchCapacity[K, V](len(b.keys)),
		dataloader.WithInputCapacity[K, V](len(b.keys)))
	b.thunks = make(map[K]dataloader.Thunk[V], len(b.keys))
	for _, key := range b.keys {
		b.thunks[key] = loader.Load(l.session.ctx, key)
	}

	for _, key := range b.keys {
		_, err := b.thunks[key]()
		l.land(b, key, err)
	}
}

// passingError is how long an error is remembered that may pass: all fields of a level read the same answer, and the
// backend, which was tried several times already, is left alone; a stream that lasts longer may ask again.
const passingError = time.Second

// land moves a key from the flying ones to the answered ones, unless the loader was cleared meanwhile: the answer may be
// older than the write.
func (l *Loader[K, V]) land(b *batch[K, V], key K, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if l.flying[key] != b {
		return
	}
	delete(l.flying, key)
	l.cache.Set(l.session.ctx, key, b.thunks[key])
	delete(l.until, key)
	if err != nil && bff.KindOf(err).Retryable() {
		l.until[key] = time.Now().Add(passingError)
	}
}

func (b *batch[K, V]) await(ctx context.Context, key K) (V, error) {
	select {
	case <-b.done:
		return b.thunks[key]()
	case <-ctx.Done():
		var none V
		return none, &bff.Error{Kind: bff.Deadline, Msg: "no answer in time", Err: ctx.Err()}
	}
}

// errPanicked is what all keys of a batch read whose Func panicked; the log has the rest.
var errPanicked = errors.New("batch panicked")

// fetch is the dataloader's batch function: the Func of the house, under the request's context and a deadline of its
// own, turned into one result per key whatever happens.
func (l *Loader[K, V]) fetch(ctx context.Context, keys []K) []*dataloader.Result[V] {
	ctx, cancel := context.WithTimeout(ctx, l.session.options.Timeout)
	defer cancel()

	l.session.options.Observe(ctx, l.name, len(keys))
	found, err := l.call(ctx, keys)

	results := make([]*dataloader.Result[V], len(keys))
	for i, key := range keys {
		value, ok := found[key]
		results[i] = &dataloader.Result[V]{Data: value}
		if !ok && err != nil {
			results[i].Error = fmt.Errorf("load %s: %w", l.name, err)
		}
	}
	return results
}

// call shields the dataloader, which would print the panic's text into an error, from a Func that panics.
func (l *Loader[K, V]) call(ctx context.Context, keys []K) (found map[K]V, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			l.session.options.Logger.ErrorContext(ctx, "batch panicked", slog.String("loader", l.name), bff.Panic(cause))
			found, err = nil, errPanicked
		}
	}()
	return l.fn(ctx, keys)
}

const (
	quietYields = 4                      // how often everybody else was given the processor in vain
	quietTime   = 50 * time.Microsecond  // and for how long
	manyYields  = 1000                   // or how often without regard to time, which may stand still
	gatherLimit = time.Millisecond       // the most that a stream of keys can hold up the first of them
	crowdLimit  = 250 * time.Millisecond // the most that a root field which does something else can hold up the others
	crowdPause  = 200 * time.Microsecond // between two looks at it, once gatherLimit is over: it needs the processor itself
)

// awaitQuiet returns when wanted has stopped growing: all goroutines that could run had their turn, and all operations
// that run at once wait for something.
func awaitQuiet(wanted *atomic.Int64, crowd *crowd) {
	start := time.Now()
	last, since, yields := wanted.Load(), start, 0
	for {
		runtime.Gosched()
		yields++

		now := time.Now()
		if n := wanted.Load(); n != last {
			last, since, yields = n, now, 0
		}
		quiet := yields >= quietYields && now.Sub(since) >= quietTime
		if !crowd.complete() {
			switch waited := now.Sub(start); {
			case waited >= crowdLimit:
				return
			case waited >= gatherLimit:
				<-time.After(crowdPause)
			}
			continue
		}
		if quiet || yields >= manyYields || now.Sub(start) >= gatherLimit {
			return
		}
	}
}
