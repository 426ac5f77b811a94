package discovery_test

import (
	"context"
	"fmt"

	"bff/discovery"
)

func ExampleFixed() {
	watcher := discovery.Fixed(map[string][]string{"bff.user.v1.UserService": {"10.0.0.8:10000", "10.0.0.7:10000"}})

	ctx, cancel := context.WithCancel(context.Background())
	_ = watcher.Watch(ctx, "bff.user.v1.UserService", func(instances []discovery.Instance) {
		for _, instance := range instances {
			fmt.Println(instance.Addr)
		}
		cancel()
	})
	// Output:
	// 10.0.0.7:10000
	// 10.0.0.8:10000
}
