package discovery_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"bff/discovery"
	"bff/internal/zktest"
)

// A process that was killed leaves its session, and the node in it, for a while.
func TestAQuickRestartTakesTheNodeOver(t *testing.T) {
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	c.await(t, 5*time.Second)
	register(t, z, b)
	c.await(t, 5*time.Second, b)

	dying := operator(t, server.Addr)
	if _, err := dying.Create(path(a), []byte(`{"addr":"`+a+`","version":"old"}`), zk.FlagEphemeral, zk.WorldACL(zk.PermAll)); err != nil {
		t.Fatal(err)
	}
	c.await(t, 5*time.Second, a, b)
	ops := operator(t, server.Addr)
	restarted := register(t, connect(t, server.Addr, discovery.Options{}), a)
	eventually(t, 5*time.Second, "taken over", func() bool {
		owner, err := ownerOf(ops, a)
		return err == nil && owner != 0 && owner != dying.SessionID()
	})
	dying.Close()
	if owner, err := ownerOf(ops, a); owner == 0 || err != nil {
		t.Errorf("the node went with the old session: owner %#x, %v", owner, err)
	}

	c.await(t, 5*time.Second, a, b)
	for _, pushed := range c.all()[3:] {
		if !slices.Equal(pushed, []string{a, b}) {
			t.Errorf("consumers saw the change hands: %v", c.all())
		}
	}
	leave(t, restarted)
	c.await(t, 5*time.Second, b)
}

func TestADeletedNodeIsPutBack(t *testing.T) {
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	register(t, z, a)
	register(t, z, b)
	c.await(t, 5*time.Second, a, b)

	ops := operator(t, server.Addr)
	_, before, err := ops.Exists(path(a))
	if err != nil {
		t.Fatal(err)
	}
	if err := ops.Delete(path(a), -1); err != nil {
		t.Fatal(err)
	}
	deleted := time.Now()
	eventually(t, 5*time.Second, "put back", func() bool {
		exists, stat, err := ops.Exists(path(a))
		return err == nil && exists && stat.Czxid != before.Czxid
	})
	t.Logf("back after %s", time.Since(deleted).Round(time.Millisecond))
	c.await(t, 5*time.Second, a, b)
}

func TestAnExpiredSessionIsMadeGood(t *testing.T) {
	server := zktest.Start(t)
	line := zktest.NewProxy(t, server.Addr)
	cutOff := connect(t, line.Addr, discovery.Options{})
	behind := consume(t, cutOff)
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	register(t, cutOff, a)
	register(t, z, b)
	c.await(t, 5*time.Second, a, b)
	behind.await(t, 5*time.Second, a, b)

	line.Cut()
	c.await(t, 15*time.Second, b) // the session expired, and the others see it
	if got := behind.last(); !slices.Equal(got, []string{a, b}) {
		t.Errorf("whoever is cut off has %v", got)
	}
	line.Mend()
	mended := time.Now()
	c.await(t, 15*time.Second, a, b)
	t.Logf("back after %s", time.Since(mended).Round(time.Millisecond))
	eventually(t, 5*time.Second, "confirmed again", func() bool { return cutOff.Status()[0].Stale == 0 })
	register(t, z, "127.0.0.1:10003")
	behind.await(t, 5*time.Second, a, b, "127.0.0.1:10003")
}

func TestAShortCutChangesNothing(t *testing.T) {
	server := zktest.Start(t)
	line := zktest.NewProxy(t, server.Addr)
	z := connect(t, line.Addr, discovery.Options{SessionTimeout: 10 * time.Second})
	c := consume(t, z)
	register(t, z, a)
	c.await(t, 5*time.Second, a)
	ops := operator(t, server.Addr)
	before, err := ownerOf(ops, a)
	if err != nil {
		t.Fatal(err)
	}

	for range 3 {
		line.Cut()
		eventually(t, 10*time.Second, "noticed", func() bool { return z.Status()[0].Stale > 0 })
		line.Mend()
		eventually(t, 10*time.Second, "confirmed again", func() bool { return z.Status()[0].Stale == 0 })
	}
	if after, err := ownerOf(ops, a); after != before || err != nil {
		t.Errorf("owner %#x, was %#x, %v", after, before, err)
	}
	register(t, connect(t, server.Addr, discovery.Options{}), b)
	c.await(t, 5*time.Second, a, b) // the watch survived
	if pushed := c.all(); len(pushed) > 3 {
		t.Errorf("pushed %v", pushed)
	}
}

// Ten seconds are much longer than a session.
func TestZooKeeperDownForTenSeconds(t *testing.T) {
	server := zktest.Start(t)
	provider, watcher := connect(t, server.Addr, discovery.Options{}), connect(t, server.Addr, discovery.Options{})
	c := consume(t, watcher)
	register(t, provider, a)
	register(t, provider, b)
	c.await(t, 5*time.Second, a, b)

	server.Stop()
	eventually(t, 20*time.Second, "ten seconds stale", func() bool { return watcher.Status()[0].Stale > 10*time.Second })
	if s := watcher.Status()[0]; s.Endpoints != 2 {
		t.Errorf("status %+v", s)
	}
	server.Restart()
	eventually(t, 20*time.Second, "confirmed", func() bool { return watcher.Status()[0].Stale == 0 })

	ops := operator(t, server.Addr)
	eventually(t, 20*time.Second, "both registered", func() bool {
		ofA, errA := ownerOf(ops, a)
		ofB, errB := ownerOf(ops, b)
		return ofA != 0 && ofB != 0 && errA == nil && errB == nil
	})
	c.await(t, 5*time.Second, a, b)
	for _, pushed := range c.all()[1:] {
		if len(pushed) == 0 {
			t.Errorf("pushed %v", c.all())
		}
	}
}

func TestAWipedZooKeeperIsFilledAgain(t *testing.T) {
	server := zktest.Start(t)
	provider, watcher := connect(t, server.Addr, discovery.Options{}), connect(t, server.Addr, discovery.Options{})
	c := consume(t, watcher)
	register(t, provider, a)
	register(t, provider, b)
	c.await(t, 5*time.Second, a, b)

	server.Wipe()
	wiped := time.Now()
	ops := operator(t, server.Addr)
	eventually(t, 30*time.Second, "providers back", func() bool {
		owner, err := ownerOf(ops, a)
		return owner != 0 && err == nil
	})
	t.Logf("providers back after %s", time.Since(wiped).Round(time.Millisecond))
	register(t, provider, "127.0.0.1:10003")
	c.await(t, 30*time.Second, a, b, "127.0.0.1:10003")
	t.Logf("consumers see them after %s", time.Since(wiped).Round(time.Millisecond))
	for _, pushed := range c.all()[1:] {
		if len(pushed) == 0 {
			t.Errorf("pushed %v", c.all())
		}
	}
}

// A server that hangs accepts connections and answers nothing: everything must still end when it is told to.
func TestAFrozenZooKeeperHoldsNobodyUp(t *testing.T) {
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	ofA := register(t, z, a)
	register(t, z, b)
	c.await(t, 5*time.Second, a, b)

	server.Freeze()
	eventually(t, 15*time.Second, "noticed", func() bool { return z.Status()[0].Stale > 3*time.Second })
	late := connect(t, server.Addr, discovery.Options{})
	atOnce := func(what string, do func()) {
		t.Helper()
		began := time.Now()
		do()
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("%s took %s", what, took)
		}
	}
	atOnce("Register", func() { register(t, late, "127.0.0.1:10003") })
	atOnce("Watch", func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := late.Watch(ctx, service, func([]discovery.Instance) {}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	atOnce("leaving", func() {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if err := ofA.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	atOnce("Close", func() { _ = late.Close() })

	server.Thaw()
	c.await(t, 20*time.Second, b) // a leaves after all, b comes back
	ops := operator(t, server.Addr)
	eventually(t, 20*time.Second, "b back, a gone", func() bool {
		ofA, errA := ownerOf(ops, a)
		ofB, errB := ownerOf(ops, b)
		return ofA == 0 && ofB != 0 && errA == nil && errB == nil
	})
}

func TestAStartWithoutZooKeeper(t *testing.T) {
	server := zktest.Start(t)
	server.Stop()
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	r := register(t, z, a)
	if r.Registered() {
		t.Error("registered nowhere")
	}
	c.await(t, 5*time.Second) // nobody is known
	if s := z.Status()[0]; s.Endpoints != 0 || s.Stale == 0 {
		t.Errorf("status %+v", s)
	}

	server.Restart()
	c.await(t, 20*time.Second, a)
	if !r.Registered() {
		t.Error("not registered")
	}
}

func TestAColdStartUsesTheSnapshot(t *testing.T) {
	server := zktest.Start(t)
	dir := t.TempDir()
	provider := connect(t, server.Addr, discovery.Options{})
	register(t, provider, a)
	warm := connect(t, server.Addr, discovery.Options{SnapshotDir: dir})
	consume(t, warm).await(t, 5*time.Second, a)
	file := filepath.Join(dir, service+".json")
	eventually(t, 5*time.Second, "saved", func() bool {
		content, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(content), a)
	})
	server.Stop()

	cold := connect(t, server.Addr, discovery.Options{SnapshotDir: dir})
	c := consume(t, cold)
	c.await(t, 5*time.Second, a)
	if s := cold.Status()[0]; s.Endpoints != 1 || s.Stale == 0 {
		t.Errorf("status %+v", s)
	}

	server.Restart()
	register(t, provider, b)
	c.await(t, 20*time.Second, a, b)
	if first := c.all()[0]; !slices.Equal(first, []string{a}) {
		t.Errorf("pushed first: %v", first)
	}
}

func TestAColdStartSurvivesADamagedSnapshot(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, service+".json"), []byte(`{"service":`), 0o600); err != nil {
		t.Fatal(err)
	}
	c := consume(t, connect(t, "127.0.0.1:1", discovery.Options{SnapshotDir: dir}))
	c.await(t, 5*time.Second)
}

// Names of servers are looked up when they are needed, not when the program starts.
func TestANameServerThatIsDownStopsNobody(t *testing.T) {
	c := consume(t, connect(t, "zookeeper.invalid:2181", discovery.Options{}))
	c.await(t, 10*time.Second)
}

// ownerOf returns the session that a node belongs to, 0 if there is no such node.
func ownerOf(conn *zk.Conn, addr string) (int64, error) {
	exists, stat, err := conn.Exists(path(addr))
	if err != nil || !exists {
		return 0, err
	}
	return stat.EphemeralOwner, nil
}
