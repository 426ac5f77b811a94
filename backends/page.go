package backends

import (
	"context"
	"errors"
	"sync"

	"bff"
	pagev1 "bff/internal/gen/page/v1"
)

func pageArgs(args bff.PageArgs) *pagev1.PageArgs {
	return &pagev1.PageArgs{
		First: int32(args.First), Last: int32(args.Last), //nolint:gosec // at most bff.MaxPageSize
		AfterId: args.After, BeforeId: args.Before,
	}
}

// concurrently makes one call for each key, all at once: there are as many as a client wrote into one query. The first
// needs no goroutine, whose stack would have to grow. The values of the calls that succeeded are good even when err is
// not nil.
func concurrently[K comparable, V any](ctx context.Context, keys []K, call func(context.Context, K) (V, error)) (map[K]V, error) {
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		found = make(map[K]V, len(keys))
		errs  []error
	)
	one := func(key K) {
		value, err := call(ctx, key)

		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			errs = append(errs, err)
			return
		}
		found[key] = value
	}
	if len(keys) > 0 {
		for _, key := range keys[1:] {
			group.Go(func() { one(key) })
		}
		one(keys[0])
		group.Wait()
	}
	return found, errors.Join(errs...)
}
