package server

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"bff/backends"
	"bff/discovery"
)

// endpoints is a watcher that remembers how many instances of each service were pushed last: what readiness and the
// gauge of endpoints are about.
type endpoints struct {
	next discovery.Watcher

	mu    sync.Mutex
	known map[string]int
}

func watch(next discovery.Watcher, registry *prometheus.Registry) *endpoints {
	e := &endpoints{next: next, known: map[string]int{}}
	for _, service := range []string{backends.UserService, backends.PostService} {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "bff_discovery_endpoints", Help: "Instances known.", ConstLabels: prometheus.Labels{"service": service},
		}, func() float64 { return float64(e.count(service)) }))
	}
	if zookeeper, ok := next.(*discovery.ZooKeeper); ok {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "bff_discovery_stale_seconds", Help: "Time since ZooKeeper last confirmed the oldest list of instances.",
		}, func() float64 {
			var oldest float64
			for _, s := range zookeeper.Status() {
				oldest = max(oldest, s.Stale.Seconds())
			}
			return oldest
		}))
	}
	return e
}

// Watch implements discovery.Watcher.
func (e *endpoints) Watch(ctx context.Context, service string, push func([]discovery.Instance)) error {
	return e.next.Watch(ctx, service, func(instances []discovery.Instance) {
		e.mu.Lock()
		e.known[service] = len(instances)
		e.mu.Unlock()
		push(instances)
	})
}

func (e *endpoints) count(service string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known[service]
}

// ready says whether each service has at least one instance.
func (e *endpoints) ready() bool {
	return e.count(backends.UserService) > 0 && e.count(backends.PostService) > 0
}
