package discovery

import "context"

// Fixed returns a Watcher of lists that never change, for programs and tests without ZooKeeper. The keys are full names
// of services, the values addresses; a service that is not listed has no instances. Safe for concurrent use.
func Fixed(instances map[string][]string) Watcher {
	lists := make(fixed, len(instances))
	for service, addrs := range instances {
		for _, addr := range addrs {
			lists[service] = append(lists[service], Instance{Addr: addr, Weight: 1})
		}
	}
	return lists
}

type fixed map[string][]Instance

// Watch implements Watcher.
func (f fixed) Watch(ctx context.Context, service string, push func([]Instance)) error {
	push(ordered(f[service]))
	<-ctx.Done()
	return ctx.Err()
}
