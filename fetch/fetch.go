// Package fetch holds the one shape that every data room has: many keys in, found values out. A gRPC backend, a cache
// level and a per-request loader all have it, so each behaviour is a layer that wraps the next and knows nothing else.
//
//	users := fetch.Through(backend.ByIDs, fetch.AtMost[int64, *bff.User](1000))
//	found, err := users(ctx, []int64{1, 2, 3})
package fetch

import "context"

// Func fetches many values at once. Values in the map are good even when err is not nil: the error speaks for the
// absent keys only. Absent without an error means not found. Keys are distinct; their order means nothing.
// A Func is safe for concurrent use and never modifies keys. The returned map belongs to the caller, the values in it
// are shared and read-only.
type Func[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// Layer adds one behaviour to a Func: a cache level, a bound, a count.
type Layer[K comparable, V any] func(next Func[K, V]) Func[K, V]

// Through returns source wrapped by the layers: the first is asked first, the source last.
func Through[K comparable, V any](source Func[K, V], layers ...Layer[K, V]) Func[K, V] {
	for i := len(layers) - 1; i >= 0; i-- {
		source = layers[i](source)
	}
	return source
}
