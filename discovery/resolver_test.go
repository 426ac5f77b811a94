package discovery_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"bff/discovery"
)

// pushed is a watcher that a test drives.
type pushed struct{ sets chan []discovery.Instance }

func (p pushed) Watch(ctx context.Context, _ string, push func([]discovery.Instance)) error {
	for {
		select {
		case set := <-p.sets:
			push(set)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	healthv1.RegisterHealthServer(server, health.NewServer())
	var group sync.WaitGroup
	group.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { server.Stop(); group.Wait() })
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

// answerers calls n times and returns who answered.
func answerers(t *testing.T, conn *grpc.ClientConn, n int) []string {
	t.Helper()
	var addrs []string
	for range n {
		var from peer.Peer
		if _, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{}, grpc.Peer(&from)); err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, from.Addr.String())
	}
	slices.Sort(addrs)
	return slices.Compact(addrs)
}

func TestCallsFollowTheList(t *testing.T) {
	a, b := serve(t), serve(t)
	w := pushed{make(chan []discovery.Instance)}
	conn := dial(t, w)
	conn.Connect()

	w.sets <- []discovery.Instance{{Addr: a}}
	eventually(t, 5*time.Second, func() bool { return slices.Equal(answerers(t, conn, 10), []string{a}) }, func() string { return "the first does not answer" })
	w.sets <- []discovery.Instance{{Addr: a}, {Addr: b}}
	eventually(t, 5*time.Second, func() bool { return len(answerers(t, conn, 10)) == 2 }, func() string { return "not both answer" })
	w.sets <- []discovery.Instance{{Addr: b}}
	eventually(t, 5*time.Second, func() bool { return slices.Equal(answerers(t, conn, 10), []string{b}) }, func() string { return "the removed one answers" })
}

func TestNobodyKnownIsUnavailableAtOnce(t *testing.T) {
	conn := dial(t, discovery.Fixed(nil))
	_, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
	if status.Code(err) != codes.Unavailable {
		t.Errorf("err = %v", err)
	}
}

func TestFixedServesItsList(t *testing.T) {
	a, b := serve(t), serve(t)
	conn := dial(t, discovery.Fixed(map[string][]string{service: {a, b}}))
	eventually(t, 5*time.Second, func() bool { return len(answerers(t, conn, 10)) == 2 }, func() string { return "not both answer" })
}
