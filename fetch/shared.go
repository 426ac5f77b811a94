package fetch

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Shared is a layer that fetches a key once for all who want it at the same time, over all requests of the process.
// The fetch belongs to none of them: it runs under a deadline of its own, so the end of one request fails no other.
// Safe for concurrent use.
type Shared[K comparable, V any] struct {
	timeout time.Duration

	mu      sync.Mutex
	flights map[K]*flight[K, V]
}

// flight is one fetch that is on its way.
type flight[K comparable, V any] struct {
	done  chan struct{} // closed when what follows is set
	found map[K]V
	err   error
}

// NewShared returns a layer whose fetches take at most timeout.
func NewShared[K comparable, V any](timeout time.Duration) *Shared[K, V] {
	return &Shared[K, V]{timeout: timeout, flights: map[K]*flight[K, V]{}}
}

// Layer implements Layer. An error is for the absent keys of its flight only.
func (s *Shared[K, V]) Layer(next Func[K, V]) Func[K, V] {
	return func(ctx context.Context, keys []K) (map[K]V, error) {
		wanted := s.board(ctx, keys, next)

		found := make(map[K]V, len(keys))
		var err error
		for f, own := range wanted {
			select {
			case <-f.done:
			case <-ctx.Done():
				return found, ctx.Err()
			}
			missing := false
			for _, key := range own {
				value, ok := f.found[key]
				if ok {
					found[key] = value
				}
				missing = missing || !ok
			}
			if missing && err == nil {
				err = f.err
			}
		}
		return found, err
	}
}

// board returns the flights that carry the keys, each with those it carries, and starts one for the keys that none
// carries.
func (s *Shared[K, V]) board(ctx context.Context, keys []K, next Func[K, V]) map[*flight[K, V]][]K {
	s.mu.Lock()
	defer s.mu.Unlock()

	wanted := map[*flight[K, V]][]K{}
	var fresh []K
	own := &flight[K, V]{done: make(chan struct{})}
	for _, key := range keys {
		f := s.flights[key]
		if f == nil {
			f = own
			fresh = append(fresh, key)
			s.flights[key] = f
		}
		wanted[f] = append(wanted[f], key)
	}
	if len(fresh) > 0 {
		go s.fly(context.WithoutCancel(ctx), own, fresh, next)
	}
	return wanted
}

func (s *Shared[K, V]) fly(ctx context.Context, f *flight[K, V], keys []K, next Func[K, V]) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer close(f.done)
	defer s.land(f, keys)
	defer func() {
		if cause := recover(); cause != nil {
			f.found, f.err = nil, fmt.Errorf("fetch panicked with a %T", cause) // its text may hold a secret
		}
	}()
	f.found, f.err = next(ctx, keys)
}

// land takes a flight's keys off the map, but not those that a newer flight carries.
func (s *Shared[K, V]) land(f *flight[K, V], keys []K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		if s.flights[key] == f {
			delete(s.flights, key)
		}
	}
}

// Forget makes whoever wants these keys from now on fetch anew: what is on its way may be older than a write.
func (s *Shared[K, V]) Forget(keys ...K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		delete(s.flights, key)
	}
}
