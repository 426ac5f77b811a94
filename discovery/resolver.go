package discovery

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// Scheme is that of gRPC targets: zk:///<full name of the service>.
const Scheme = "zk"

// NewBuilder returns the gRPC resolver of targets zk:///<service> over a Watcher. It goes into grpc.WithResolvers; it
// is never registered for the whole process. How calls are spread is up to whoever dials: no service config is pushed.
//
// Calls that do not wait for ready fail as UNAVAILABLE at once while no instance was ever known.
func NewBuilder(watcher Watcher) resolver.Builder { return builder{watcher: watcher} }

type builder struct{ watcher Watcher }

// Scheme implements resolver.Builder.
func (builder) Scheme() string { return Scheme }

// Build implements resolver.Builder.
func (b builder) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	service := target.Endpoint()
	if err := checkService(service); err != nil {
		return nil, fmt.Errorf("discovery: target %s: %w", target, err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	r := &watching{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		known := false
		err := b.watcher.Watch(ctx, service, func(instances []Instance) {
			if len(instances) == 0 {
				cc.ReportError(fmt.Errorf("discovery: no instance of %s is known", service))
				return
			}
			known = true
			// An error would ask to resolve again, but a list that did not please will not please when repeated.
			_ = cc.UpdateState(stateOf(instances))
		})
		if err != nil && !known && !errors.Is(err, ctx.Err()) {
			cc.ReportError(fmt.Errorf("discovery: watch %s: %w", service, err))
		}
	}()
	return r, nil
}

// watching is a resolver at work.
type watching struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// ResolveNow implements resolver.Resolver. There is nothing to ask: changes are pushed.
func (*watching) ResolveNow(resolver.ResolveNowOptions) {}

// Close implements resolver.Resolver: it returns when nothing more is pushed.
func (w *watching) Close() {
	w.cancel()
	<-w.ended
}

// stateOf lists the instances twice, because some balancers read the endpoints and some the addresses.
func stateOf(instances []Instance) resolver.State {
	var state resolver.State
	for _, i := range instances {
		address := resolver.Address{Addr: i.Addr}
		state.Addresses = append(state.Addresses, address)
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{
			Addresses: []resolver.Address{address},
			// On the endpoint, not on the address: a new weight must not mean a new connection.
			Attributes: attributes.New(weightKey{}, i.Weight),
		})
	}
	return state
}

type weightKey struct{}

// Weight returns the share of the calls that an endpoint of this package's resolver asks for, for balancers; 1 if it
// does not say.
func Weight(endpoint resolver.Endpoint) int {
	weight, ok := endpoint.Attributes.Value(weightKey{}).(int)
	if !ok {
		return 1
	}
	return weight
}
