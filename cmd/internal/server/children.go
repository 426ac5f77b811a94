package server

import (
	"maps"
	"sync"
	"sync/atomic"
)

// children keeps what was resolved for each combination of labels. Prometheus would hash and lock for each observation;
// here a lookup is one read of a map that nobody changes. Labels have few values, so the map is small. Safe for
// concurrent use.
type children[K comparable, V any] struct {
	resolve func(K) V
	known   atomic.Pointer[map[K]V]
	adding  sync.Mutex
}

func newChildren[K comparable, V any](resolve func(K) V) *children[K, V] {
	c := &children[K, V]{resolve: resolve}
	c.known.Store(&map[K]V{})
	return c
}

// of returns the value of a key.
func (c *children[K, V]) of(key K) V {
	if found, ok := (*c.known.Load())[key]; ok {
		return found
	}
	return c.add(key)
}

func (c *children[K, V]) add(key K) V {
	c.adding.Lock()
	defer c.adding.Unlock()
	known := *c.known.Load()
	if found, ok := known[key]; ok {
		return found
	}
	longer := maps.Clone(known)
	longer[key] = c.resolve(key)
	c.known.Store(&longer)
	return longer[key]
}
