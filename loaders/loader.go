package loaders

import (
	"context"
	"slices"
	"sync"
	"time"

	"bff"
	"bff/dispatch"
	"bff/fetch"
)

// Loader fetches each key once in the life of one HTTP request and unites the keys wanted in one round of its schedule,
// wherever in the request, into one call of its Func. Safe for concurrent use.
//
//	key wanted ──▶ fetched before? ──▶ the value that came then
//	               in flight?      ──▶ wait for that batch
//	               else            ──▶ added to the open batch ──at rest──▶ dataloader ──▶ Func(all keys)
type Loader[K comparable, V any] struct {
	name    string
	fn      fetch.Func[K, V]
	session *session
	primes  func(l *Loaders, value V, writes int) // makes known what a value holds; nil: nothing

	mu     sync.Mutex
	slots  map[K]slot[K, V] // where the value of a key is, or will be
	open   *batch[K, V]     // still takes keys; nil if none
	primed []rows[K, V]     // came by another way, and nobody has wanted one since
	writes int              // how often the loader was cleared
}

// slot is the place of a key in the batch that answers it.
type slot[K comparable, V any] struct {
	batch *batch[K, V]
	place int32
}

// rows are values with their keys.
type rows[K comparable, V any] struct {
	values []V
	key    func(V) K
}

func (l *Loader[K, V]) init(s *session, name string, fn fetch.Func[K, V], primes func(*Loaders, V, int)) *Loader[K, V] {
	l.session, l.name, l.fn, l.primes = s, name, fn, primes
	return l
}

// Load returns the value of one key; the zero value without an error if there is none. It answers with the error of
// the key's batch, or with ctx's if that ends first.
func (l *Loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	return l.BeginOne(ctx, key)()
}

// LoadAll returns the values of keys in their order, the zero value for a key that has none. errs is nil if no key
// failed; else it holds an error for each failed key, in the keys' order: one bad key spoils no other. Keys and results
// are read-only for everybody from then on.
func (l *Loader[K, V]) LoadAll(ctx context.Context, keys []K) (values []V, errs []error) {
	return l.Begin(ctx, keys)()
}

// Begin is LoadAll in two steps: the keys are enqueued when it returns, so that they travel with whatever is wanted before
// the task of ctx waits. The function that it returns waits for the values; call it once.
func (l *Loader[K, V]) Begin(ctx context.Context, keys []K) func() (values []V, errs []error) {
	slots, waits := l.enqueue(ctx, keys)

	return func() ([]V, []error) {
		var late error
		for _, b := range waits {
			if late = b.wait(ctx); late != nil {
				break
			}
		}
		values := make([]V, len(keys))
		var errs []error
		for i, at := range slots {
			value, err := at.value(late)
			values[i] = value
			if err != nil {
				if errs == nil {
					errs = make([]error, len(keys))
				}
				errs[i] = err
			}
		}
		return values, errs
	}
}

// BeginOne is Begin for one key.
func (l *Loader[K, V]) BeginOne(ctx context.Context, key K) func() (V, error) {
	at := l.enqueueOne(ctx, key)
	return func() (V, error) {
		var late error
		if at.batch.loading() {
			late = at.batch.wait(ctx)
		}
		return at.value(late)
	}
}

// enqueueOne is enqueue for one key.
func (l *Loader[K, V]) enqueueOne(ctx context.Context, key K) slot[K, V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.index()
	var fresh *keySet[K]
	at := l.place(ctx, key, &fresh, 1)
	if fresh == nil {
		l.known(1)
	}
	if at.batch.loading() {
		at.batch.flight.Want(ctx)
	}
	return at
}

// place returns the place of a key. A key that is not fetched yet is added to the open batch: to the set fresh, which is
// opened for the first such key, with room for expected keys. l.mu is held.
func (l *Loader[K, V]) place(ctx context.Context, key K, fresh **keySet[K], expected int) slot[K, V] {
	at, known := l.slots[key]
	if known && !at.expired() {
		return at
	}
	if l.slots == nil {
		l.slots = make(map[K]slot[K, V], expected)
	}
	if *fresh == nil {
		*fresh = l.add(ctx, expected)
	}
	(*fresh).keys = append((*fresh).keys, key)
	at = slot[K, V]{l.open, int32(l.open.size)} //nolint:gosec // a request has far fewer keys than 2^31
	l.open.size++
	l.slots[key] = at
	return at
}

// value returns what a slot holds; late if its batch has not landed.
func (s slot[K, V]) value(late error) (V, error) {
	b := s.batch
	if late != nil && b.loading() {
		var none V
		return none, late
	}
	if b.errs == nil {
		return b.values[s.place], nil
	}
	return b.values[s.place], b.errs[s.place]
}

// prime remembers values that arrived by another way, unless their keys are known already, or the loader was cleared after the
// writes that the caller knows of.
func (l *Loader[K, V]) prime(values []V, key func(V) K, writes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writes == writes {
		l.primed = append(l.primed, rows[K, V]{values, key})
	}
}

// written returns how often the loader was cleared: what was fetched before may be older than a write.
func (l *Loader[K, V]) written() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writes
}

// clear forgets everything, also what is in flight: a load after a write reads what the write left.
func (l *Loader[K, V]) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slots, l.primed, l.open = nil, nil, nil
	l.writes++
}

// enqueue finds the places of keys, in the open batch for those that are not fetched yet. waits are the batches that have
// not landed.
func (l *Loader[K, V]) enqueue(ctx context.Context, keys []K) (slots []slot[K, V], waits []*batch[K, V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.index()

	slots = make([]slot[K, V], len(keys))
	var last *batch[K, V]
	var fresh *keySet[K]
	before := l.opened()
	for i, key := range keys {
		at := l.place(ctx, key, &fresh, len(keys)-i)
		slots[i] = at
		if at.batch != last && at.batch.loading() {
			last = at.batch
			if !slices.Contains(waits, last) {
				waits = append(waits, last)
			}
		}
	}
	l.known(len(keys) - (l.opened() - before))
	for _, b := range waits {
		b.flight.Want(ctx)
	}
	return slots, waits
}

// opened returns how many keys the open batch has. l.mu is held.
func (l *Loader[K, V]) opened() int {
	if l.open == nil {
		return 0
	}
	return l.open.size
}

// add returns the set of a task's keys in the open batch, for so many more at most. l.mu is held.
func (l *Loader[K, V]) add(ctx context.Context, expected int) *keySet[K] {
	if l.open == nil {
		l.open = l.begin(ctx)
	}
	task := dispatch.Current(ctx)
	if sets := l.open.sets; len(sets) > 0 && task != nil && sets[len(sets)-1].task == task {
		return sets[len(sets)-1]
	}
	set := &keySet[K]{task: task}
	if expected == 1 {
		set.keys = set.one[:0]
	} else {
		set.keys = make([]K, 0, expected)
	}
	l.open.sets = append(l.open.sets, set)
	return set
}

// index gives primed rows their slots, unless their keys have some. l.mu is held.
func (l *Loader[K, V]) index() {
	for _, r := range l.primed {
		b := &batch[K, V]{values: r.values}
		if l.slots == nil {
			l.slots = make(map[K]slot[K, V], len(r.values))
		}
		for i, value := range r.values {
			if key := r.key(value); l.slots[key].batch == nil {
				l.slots[key] = slot[K, V]{b, int32(i)}
			}
		}
	}
	l.primed = nil
}

// passingError is how long an error is the answer that may pass: all fields of a level read the same, and the backend,
// which was tried several times already, is left alone; a stream that lasts longer may ask again.
const passingError = time.Second

// expired says whether a slot holds an error that may have passed by now.
func (s slot[K, V]) expired() bool {
	b := s.batch
	if b.loading() || b.errs == nil || b.errs[s.place] == nil {
		return false
	}
	return bff.KindOf(b.errs[s.place]).Retryable() && time.Since(b.landed) >= passingError
}
