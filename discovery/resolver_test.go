package discovery_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"bff/discovery"
	"bff/internal/zktest"
)

// clientConn records what a resolver says to gRPC.
type clientConn struct {
	resolver.ClientConn
	mu     sync.Mutex
	states []resolver.State
	errs   []error
}

func (c *clientConn) UpdateState(s resolver.State) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states = append(c.states, s)
	return errors.New("nobody should care")
}

func (c *clientConn) ReportError(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

// script is a Watcher that pushes its lists and then ends as told.
type script struct {
	lists [][]discovery.Instance
	err   error // nil: waits for ctx
}

func (s script) Watch(ctx context.Context, _ string, push func([]discovery.Instance)) error {
	for _, list := range s.lists {
		push(list)
	}
	if s.err != nil {
		return s.err
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestResolver(t *testing.T) {
	one := []discovery.Instance{{Addr: "a:1", Weight: 3}}
	two := []discovery.Instance{{Addr: "a:1", Weight: 3}, {Addr: "b:1", Weight: 1}}
	tests := map[string]struct {
		watcher      script
		states, errs int
	}{
		"each list is a state":            {watcher: script{lists: [][]discovery.Instance{one, two, one}}, states: 3},
		"nobody known is an error":        {watcher: script{lists: [][]discovery.Instance{nil}}, errs: 1},
		"until somebody is":               {watcher: script{lists: [][]discovery.Instance{nil, two}}, states: 1, errs: 1},
		"a watch that fails is an error":  {watcher: script{err: errors.New("no such thing")}, errs: 1},
		"not if there is a list already":  {watcher: script{lists: [][]discovery.Instance{one}, err: errors.New("closed")}, states: 1},
		"nor before anything was learned": {},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cc := &clientConn{}
				r, err := discovery.NewBuilder(test.watcher).Build(target(t), cc, resolver.BuildOptions{})
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				r.ResolveNow(resolver.ResolveNowOptions{})
				r.Close()
				if len(cc.states) != test.states || len(cc.errs) != test.errs {
					t.Errorf("states %v, errors %v", cc.states, cc.errs)
				}
				for _, state := range cc.states {
					if weight := discovery.Weight(state.Endpoints[0]); weight != 3 || state.ServiceConfig != nil || len(state.Addresses) != len(state.Endpoints) {
						t.Errorf("state %+v, weight %d", state, weight)
					}
				}
			})
		})
	}
}

func target(t *testing.T) resolver.Target {
	t.Helper()
	var captured resolver.Target
	conn, err := grpc.NewClient("zk:///"+service, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithResolvers(capture{&captured}))
	if err != nil {
		t.Fatal(err)
	}
	conn.Connect()
	_ = conn.Close()
	return captured
}

// capture is a builder that keeps its target.
type capture struct{ target *resolver.Target }

func (c capture) Scheme() string { return discovery.Scheme }

func (c capture) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	*c.target = target
	return discovery.NewBuilder(discovery.Fixed(nil)).Build(target, cc, resolver.BuildOptions{})
}

func TestTargetsThatNameNoServiceAreRefused(t *testing.T) {
	for _, target := range []string{"zk:///", "zk:///a/b", "zk:///.."} {
		conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithResolvers(discovery.NewBuilder(discovery.Fixed(nil))))
		if err != nil {
			continue
		}
		if _, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{}); err == nil {
			t.Errorf("%s: a call succeeded", target)
		}
		_ = conn.Close()
	}
}

func TestWeightOfAForeignEndpoint(t *testing.T) {
	if weight := discovery.Weight(resolver.Endpoint{}); weight != 1 {
		t.Errorf("weight %d", weight)
	}
}

func TestNobodyKnownFailsAtOnce(t *testing.T) {
	conn := dial(t, discovery.Fixed(nil))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("err = %v", err)
	}
}

func TestCallsFollowZooKeeper(t *testing.T) {
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	conn := dial(t, connect(t, server.Addr, discovery.Options{}))
	a, b := serve(t), serve(t)

	register(t, z, b)
	eventually(t, 10*time.Second, "b answers", func() bool { return slices.Equal(whoAnswers(t, conn), []string{b}) })
	ofA := register(t, z, a)
	eventually(t, 10*time.Second, "a and b answer", func() bool { return len(whoAnswers(t, conn)) == 2 })

	leave(t, ofA)
	eventually(t, 10*time.Second, "b answers alone", func() bool { return slices.Equal(whoAnswers(t, conn), []string{b}) })
	server.Kill()
	for range 20 {
		if got := whoAnswers(t, conn); !slices.Equal(got, []string{b}) {
			t.Fatalf("without ZooKeeper: %v", got)
		}
	}
}

// serve starts a gRPC server with the standard health service and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	healthv1.RegisterHealthServer(server, health.NewServer())
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		running.Wait()
	})
	return listener.Addr().String()
}

func dial(t *testing.T, w discovery.Watcher) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("zk:///"+service, grpc.WithResolvers(discovery.NewBuilder(w)),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// whoAnswers makes ten calls and returns the addresses that answered; a failed call is an address too.
func whoAnswers(t *testing.T, conn *grpc.ClientConn) []string {
	t.Helper()
	var addrs []string
	for range 10 {
		var from peer.Peer
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{}, grpc.Peer(&from))
		cancel()
		if err != nil {
			addrs = append(addrs, status.Code(err).String())
			continue
		}
		addrs = append(addrs, from.Addr.String())
	}
	slices.Sort(addrs)
	return slices.Compact(addrs)
}
