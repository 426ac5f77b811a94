package fetch_test

import (
	"context"
	"fmt"

	"bff/fetch"
)

func ExampleThrough() {
	names := map[int]string{1: "lucus", 2: "mars"}
	source := func(_ context.Context, keys []int) (map[int]string, error) {
		fmt.Println("asked for", keys)
		found := map[int]string{}
		for _, key := range keys {
			if name, ok := names[key]; ok {
				found[key] = name
			}
		}
		return found, nil
	}

	users := fetch.Through(source, fetch.AtMost[int, string](2))
	found, err := users(context.Background(), []int{1, 2, 3})
	fmt.Println(found, err)
	// Output:
	// asked for [1 2]
	// asked for [3]
	// map[1:lucus 2:mars] <nil>
}
