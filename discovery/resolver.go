package discovery

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc/resolver"
)

const scheme = "zk"

// NewBuilder returns a gRPC name resolver for targets zk:///<full gRPC service name> over a watcher. Hand it to
// grpc.WithResolvers; it is never registered for the whole process.
func NewBuilder(watcher Watcher) resolver.Builder { return builder{watcher} }

type builder struct{ watcher Watcher }

// Scheme implements resolver.Builder.
func (builder) Scheme() string { return scheme }

// Build implements resolver.Builder. Calls fail as unavailable while no instance was ever known.
func (b builder) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	service := target.Endpoint()
	if service == "" {
		return nil, fmt.Errorf("target %s names no service", target.URL.String())
	}

	ctx, cancel := context.WithCancel(context.Background())
	r := &watching{cancel: cancel}
	r.ended.Go(func() {
		// It returns the context's end only.
		_ = b.watcher.Watch(ctx, service, func(instances []Instance) { push(cc, service, instances) })
	})
	return r, nil
}

func push(cc resolver.ClientConn, service string, instances []Instance) {
	if len(instances) == 0 {
		cc.ReportError(fmt.Errorf("no instance of %s is known", service))
		return
	}
	endpoints := make([]resolver.Endpoint, len(instances))
	for i, instance := range instances {
		endpoints[i] = resolver.Endpoint{Addresses: []resolver.Address{{Addr: instance.Addr}}}
	}
	_ = cc.UpdateState(resolver.State{Endpoints: endpoints}) // an error asks for another resolution; changes are pushed anyway
}

// watching is a running watch.
type watching struct {
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// ResolveNow implements resolver.Resolver. Changes are pushed: there is nothing to ask.
func (*watching) ResolveNow(resolver.ResolveNowOptions) {}

// Close implements resolver.Resolver. It returns when the watch has ended.
func (w *watching) Close() {
	w.cancel()
	w.ended.Wait()
}
