package fetch_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bff/fetch"
)

func TestAtMost(t *testing.T) {
	down := errors.New("down")
	tests := map[string]struct {
		keys  []int
		fail  int // the call that fails, from 1; 0 = none
		calls [][]int
		found map[int]int
	}{
		"no keys":       {keys: nil, calls: [][]int{nil}, found: map[int]int{}},
		"one part":      {keys: []int{1, 2}, calls: [][]int{{1, 2}}, found: map[int]int{1: 10, 2: 20}},
		"three parts":   {keys: []int{1, 2, 3, 4, 5}, calls: [][]int{{1, 2}, {3, 4}, {5}}, found: map[int]int{1: 10, 2: 20, 3: 30, 4: 40, 5: 50}},
		"a part failed": {keys: []int{1, 2, 3, 4, 5}, fail: 2, calls: [][]int{{1, 2}, {3, 4}, {5}}, found: map[int]int{1: 10, 2: 20, 5: 50}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var calls [][]int
			source := func(_ context.Context, keys []int) (map[int]int, error) {
				calls = append(calls, keys)
				if len(calls) == test.fail {
					return nil, down
				}
				found := map[int]int{}
				for _, key := range keys {
					found[key] = 10 * key
				}
				return found, nil
			}

			found, err := fetch.Through(source, fetch.AtMost[int, int](2))(t.Context(), test.keys)

			if errors.Is(err, down) != (test.fail > 0) {
				t.Errorf("err = %v, failing call %d", err, test.fail)
			}
			if diff := cmp.Diff(test.calls, calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.found, found); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

func TestThroughAsksTheFirstLayerFirst(t *testing.T) {
	var order []string
	layer := func(name string) fetch.Layer[int, int] {
		return func(next fetch.Func[int, int]) fetch.Func[int, int] {
			return func(ctx context.Context, keys []int) (map[int]int, error) {
				order = append(order, name)
				return next(ctx, keys)
			}
		}
	}
	source := func(context.Context, []int) (map[int]int, error) {
		order = append(order, "source")
		return nil, nil
	}

	_, _ = fetch.Through(source, layer("memory"), layer("redis"))(t.Context(), nil)

	if diff := cmp.Diff([]string{"memory", "redis", "source"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}
