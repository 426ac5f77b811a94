package fetch

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// AtMost returns a layer that asks the next for at most size keys at a time, because a service refuses longer lists.
// A failed part costs its own keys only. size must be above 0.
func AtMost[K comparable, V any](size int) Layer[K, V] {
	return func(next Func[K, V]) Func[K, V] {
		return func(ctx context.Context, keys []K) (map[K]V, error) {
			if len(keys) <= size {
				return next(ctx, keys)
			}

			found := make(map[K]V, len(keys))
			var errs []error
			for part := range slices.Chunk(keys, size) {
				values, err := next(ctx, part)
				maps.Copy(found, values)
				errs = append(errs, err)
			}
			return found, errors.Join(errs...)
		}
	}
}
