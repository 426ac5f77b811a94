package fetch_test

import (
	"context"
	"testing"

	"bff/fetch"
)

func TestUnlessPassesItsLayersBy(t *testing.T) {
	type past struct{}
	level := func(fetch.Func[int, string]) fetch.Func[int, string] {
		return func(context.Context, []int) (map[int]string, error) { return map[int]string{1: "kept"}, nil }
	}
	source := func(context.Context, []int) (map[int]string, error) { return map[int]string{1: "fresh"}, nil }
	passes := func(ctx context.Context) bool { return ctx.Value(past{}) != nil }
	fn := fetch.Through(source, fetch.Unless(passes, level))

	for want, ctx := range map[string]context.Context{"kept": t.Context(), "fresh": context.WithValue(t.Context(), past{}, true)} {
		if found, err := fn(ctx, []int{1}); err != nil || found[1] != want {
			t.Errorf("%v, %v, want %s", found, err, want)
		}
	}
}
