package fetch

import "context"

// Unless returns a layer that is those layers, in their order, but for calls whose context passes them by.
func Unless[K comparable, V any](passes func(context.Context) bool, layers ...Layer[K, V]) Layer[K, V] {
	return func(next Func[K, V]) Func[K, V] {
		through := Through(next, layers...)
		return func(ctx context.Context, keys []K) (map[K]V, error) {
			if passes(ctx) {
				return next(ctx, keys)
			}
			return through(ctx, keys)
		}
	}
}
