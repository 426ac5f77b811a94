package discovery_test

import (
	"context"
	"fmt"

	"bff/discovery"
)

func ExampleFixed() {
	watcher := discovery.Fixed(map[string][]string{
		"bff.user.v1.UserService": {"10.0.0.8:10000", "10.0.0.7:10000"},
	})

	ctx, cancel := context.WithCancel(context.Background())
	err := watcher.Watch(ctx, "bff.user.v1.UserService", func(instances []discovery.Instance) {
		for _, i := range instances {
			fmt.Println(i.Addr, i.Weight)
		}
		cancel() // a program would go on watching
	})
	fmt.Println(err)
	// Output:
	// 10.0.0.7:10000 1
	// 10.0.0.8:10000 1
	// context canceled
}
