package discovery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"go.uber.org/goleak"

	"bff/discovery"
	"bff/internal/zktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const service = "bff.test.v1.TestService"

func connect(t *testing.T, addr string, options discovery.Options) *discovery.ZooKeeper {
	t.Helper()
	if options.SessionTimeout == 0 {
		options.SessionTimeout = 2 * time.Second
	}
	options.Logger = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	z, err := discovery.NewZooKeeper(discovery.Servers(addr), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = z.Close() })
	return z
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func register(t *testing.T, z *discovery.ZooKeeper, addr string) *discovery.Registration {
	t.Helper()
	r, err := z.Register(t.Context(), service, discovery.Instance{Addr: addr, Version: "test", Weight: 1, Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// consumer watches a service and remembers what was pushed.
type consumer struct {
	mu     sync.Mutex
	pushes [][]string
}

func consume(t *testing.T, w discovery.Watcher) *consumer {
	t.Helper()
	c := &consumer{}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		_ = w.Watch(ctx, service, func(instances []discovery.Instance) {
			c.mu.Lock()
			defer c.mu.Unlock()
			var addrs []string
			for _, i := range instances {
				addrs = append(addrs, i.Addr)
			}
			c.pushes = append(c.pushes, addrs)
		})
	})
	t.Cleanup(func() { cancel(); group.Wait() })
	return c
}

func (c *consumer) last() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pushes) == 0 {
		return nil
	}
	return c.pushes[len(c.pushes)-1]
}

func (c *consumer) wait(t *testing.T, within time.Duration, want ...string) {
	t.Helper()
	eventually(t, within, func() bool { return slices.Equal(c.last(), want) }, func() string { return fmt.Sprintf("consumer has %v, want %v", c.last(), want) })
}

func eventually(t *testing.T, within time.Duration, ok func() bool, say func() string) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %s: %s", within, say())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// look opens a plain connection, to see and do what an operator could.
func look(t *testing.T, addr string) *zk.Conn {
	t.Helper()
	conn, _, err := zk.Connect([]string{addr}, 2*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// skipUnderRaceDetector is for tests in which go-zookeeper reconnects: see raceDetector.
func skipUnderRaceDetector(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("go-zookeeper reconnects: run without -race")
	}
}

func TestRegisterWatchLeave(t *testing.T) {
	server := zktest.Start(t)
	provider, watcher := connect(t, server.Addr, discovery.Options{}), connect(t, server.Addr, discovery.Options{})
	early := consume(t, watcher) // before the folder exists
	a := register(t, provider, "127.0.0.1:10001")
	early.wait(t, 5*time.Second, "127.0.0.1:10001")

	b := register(t, provider, "127.0.0.1:10002")
	late := consume(t, watcher)
	early.wait(t, 5*time.Second, "127.0.0.1:10001", "127.0.0.1:10002")
	late.wait(t, 5*time.Second, "127.0.0.1:10001", "127.0.0.1:10002")

	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
	early.wait(t, 5*time.Second, "127.0.0.1:10002")
	late.wait(t, 5*time.Second, "127.0.0.1:10002")

	data, stat, err := look(t, server.Addr).Get("/bff/services/" + service + "/127.0.0.1:10002")
	if err != nil || stat.EphemeralOwner == 0 {
		t.Fatalf("node: owner %d, %v", stat.EphemeralOwner, err)
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"addr", "version", "weight", "started"} {
		if object[member] == nil {
			t.Errorf("the node's data %s has no %s", data, member)
		}
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheLastGoodListIsKeptWhenAllAreGone(t *testing.T) {
	server := zktest.Start(t)
	provider, watcher := connect(t, server.Addr, discovery.Options{}), connect(t, server.Addr, discovery.Options{})
	c := consume(t, watcher)
	a := register(t, provider, "127.0.0.1:10001")
	c.wait(t, 5*time.Second, "127.0.0.1:10001")

	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	register(t, provider, "127.0.0.1:10002") // what it sees next is the other one, never an empty list
	c.wait(t, 5*time.Second, "127.0.0.1:10002")
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, push := range c.pushes[1:] {
		if len(push) == 0 {
			t.Errorf("pushes %v", c.pushes)
		}
	}
}

func TestQuickRestartTakesTheDyingNodeOver(t *testing.T) {
	server := zktest.Start(t)
	watcher := connect(t, server.Addr, discovery.Options{})
	c := consume(t, watcher)

	// A process that was killed: its session lives on until it expires, and its node with it.
	conn := look(t, server.Addr)
	dying := look(t, server.Addr)
	register(t, watcher, "127.0.0.1:10009") // makes the folders
	c.wait(t, 5*time.Second, "127.0.0.1:10009")
	path := "/bff/services/" + service + "/127.0.0.1:10001"
	if _, err := dying.Create(path, []byte(`{"addr":"127.0.0.1:10001"}`), zk.FlagEphemeral, zk.WorldACL(zk.PermAll)); err != nil {
		t.Fatal(err)
	}

	restarted := connect(t, server.Addr, discovery.Options{})
	register(t, restarted, "127.0.0.1:10001")
	eventually(t, 5*time.Second, func() bool {
		exists, stat, err := conn.Exists(path)
		return err == nil && exists && stat.EphemeralOwner != dying.SessionID()
	}, func() string { return "the node is still the old session's" })
	dying.Close() // the old session ends; the node must stay
	exists, _, err := conn.Exists(path)
	if !exists || err != nil {
		t.Errorf("the node vanished with the old session: %v", err)
	}
	c.wait(t, 5*time.Second, "127.0.0.1:10001", "127.0.0.1:10009")
}

func TestADeletedNodeComesBack(t *testing.T) {
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	register(t, z, "127.0.0.1:10001")
	register(t, z, "127.0.0.1:10002")
	c.wait(t, 5*time.Second, "127.0.0.1:10001", "127.0.0.1:10002")

	conn := look(t, server.Addr)
	path := "/bff/services/" + service + "/127.0.0.1:10001"
	_, before, err := conn.Exists(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Delete(path, -1); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, func() bool {
		exists, stat, err := conn.Exists(path)
		return err == nil && exists && stat.Czxid > before.Czxid
	}, func() string { return "the node is not back" })
	c.wait(t, 5*time.Second, "127.0.0.1:10001", "127.0.0.1:10002")
}

func TestAnExpiredSessionIsMadeGood(t *testing.T) {
	skipUnderRaceDetector(t)
	server := zktest.Start(t)
	proxy := newProxy(t, server.Addr)
	provider := connect(t, proxy.addr, discovery.Options{})
	c := consume(t, connect(t, server.Addr, discovery.Options{}))
	register(t, provider, "127.0.0.1:10001")
	c.wait(t, 5*time.Second, "127.0.0.1:10001")
	conn := look(t, server.Addr)
	path := "/bff/services/" + service + "/127.0.0.1:10001"

	proxy.cut()
	eventually(t, 15*time.Second, func() bool { exists, _, err := conn.Exists(path); return err == nil && !exists },
		func() string { return "the session did not expire" })
	if got := c.last(); !slices.Equal(got, []string{"127.0.0.1:10001"}) {
		t.Errorf("consumer has %v", got)
	}
	proxy.mend()
	eventually(t, 20*time.Second, func() bool { exists, _, err := conn.Exists(path); return err == nil && exists },
		func() string { return "the provider is not back" })
}

func TestZooKeeperDownAndBackAndWiped(t *testing.T) {
	skipUnderRaceDetector(t)
	server := zktest.Start(t)
	provider, watcher := connect(t, server.Addr, discovery.Options{}), connect(t, server.Addr, discovery.Options{})
	c := consume(t, watcher)
	register(t, provider, "127.0.0.1:10001")
	c.wait(t, 5*time.Second, "127.0.0.1:10001")

	server.Stop()
	eventually(t, 15*time.Second, func() bool { return watcher.Status()[0].Stale > 3*time.Second }, func() string { return "nobody noticed" })
	if status := watcher.Status()[0]; status.Endpoints != 1 {
		t.Errorf("status %+v", status)
	}
	server.Restart()
	eventually(t, 30*time.Second, func() bool { return watcher.Status()[0].Stale == 0 }, func() string { return "the watch is not back" })
	c.wait(t, time.Second, "127.0.0.1:10001")

	server.Wipe()
	conn := look(t, server.Addr)
	path := "/bff/services/" + service + "/127.0.0.1:10001"
	eventually(t, 30*time.Second, func() bool { exists, _, err := conn.Exists(path); return err == nil && exists },
		func() string { return "the provider is not back after ZooKeeper lost its data" })
	register(t, provider, "127.0.0.1:10002")
	c.wait(t, 30*time.Second, "127.0.0.1:10001", "127.0.0.1:10002")
}

func TestAFrozenZooKeeperHurtsNobody(t *testing.T) {
	skipUnderRaceDetector(t)
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	register(t, z, "127.0.0.1:10001")
	c.wait(t, 5*time.Second, "127.0.0.1:10001")

	server.Freeze()
	eventually(t, 15*time.Second, func() bool { return z.Status()[0].Stale > time.Second }, func() string { return "nobody noticed" })
	server.Thaw()
	register(t, z, "127.0.0.1:10002")
	c.wait(t, 30*time.Second, "127.0.0.1:10001", "127.0.0.1:10002")
}

func TestColdStartWithoutZooKeeper(t *testing.T) {
	skipUnderRaceDetector(t)
	server := zktest.Start(t)
	dir := t.TempDir()
	provider := connect(t, server.Addr, discovery.Options{})
	register(t, provider, "127.0.0.1:10001")
	consume(t, connect(t, server.Addr, discovery.Options{SnapshotDir: dir})).wait(t, 5*time.Second, "127.0.0.1:10001")
	server.Stop()

	cold := connect(t, server.Addr, discovery.Options{SnapshotDir: dir})
	c := consume(t, cold)
	c.wait(t, 5*time.Second, "127.0.0.1:10001")

	server.Restart()
	register(t, provider, "127.0.0.1:10002")
	c.wait(t, 30*time.Second, "127.0.0.1:10001", "127.0.0.1:10002")
}

func TestWithoutZooKeeperAndSnapshotNobodyIsKnown(t *testing.T) {
	for name, content := range map[string]string{"absent": "", "damaged": `[{"addr":`, "foreign": `[{"addr":"/etc/passwd"}]`} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if content != "" {
				if err := os.WriteFile(filepath.Join(dir, service+".json"), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c := consume(t, connect(t, "127.0.0.1:1", discovery.Options{SnapshotDir: dir}))
			eventually(t, 5*time.Second, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.pushes) == 1 && c.pushes[0] == nil },
				func() string { return "not told that nobody is known" })
		})
	}
}

func TestGarbageIsLeftOut(t *testing.T) {
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	register(t, z, "127.0.0.1:10001")
	c.wait(t, 5*time.Second, "127.0.0.1:10001")

	conn := look(t, server.Addr)
	for name, data := range map[string]string{"a": "garbage", "b": `{"addr":"no port"}`, "c": ``, "d": `[]`} {
		if _, err := conn.Create("/bff/services/"+service+"/"+name, []byte(data), 0, zk.WorldACL(zk.PermAll)); err != nil {
			t.Fatal(err)
		}
	}
	register(t, z, "127.0.0.1:10002")
	c.wait(t, 5*time.Second, "127.0.0.1:10001", "127.0.0.1:10002")
}

func TestWrongInstancesAreRefused(t *testing.T) {
	z := connect(t, "127.0.0.1:1", discovery.Options{})
	for _, addr := range []string{"", "host", ":10000", "host:", "a/b:1"} {
		if _, err := z.Register(t.Context(), service, discovery.Instance{Addr: addr}); err == nil {
			t.Errorf("%q registered", addr)
		}
	}
	if _, err := discovery.NewZooKeeper(nil, discovery.Options{}); err == nil {
		t.Error("connected to no server")
	}
}

// proxy stands between a client and ZooKeeper and can cut them off from each other.
type proxy struct {
	addr     string
	mu       sync.Mutex
	broken   bool
	conns    []net.Conn
	listener net.Listener
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: listener.Addr().String(), listener: listener}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", target)
			p.mu.Lock()
			if err != nil || p.broken {
				_ = from.Close()
				if err == nil {
					_ = to.Close()
				}
				p.mu.Unlock()
				continue
			}
			p.conns = append(p.conns, from, to)
			p.mu.Unlock()
			group.Go(func() { pipe(to, from) })
			group.Go(func() { pipe(from, to) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); p.cut(); group.Wait() })
	return p
}

func pipe(to, from net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			_ = to.Close()
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			_ = from.Close()
			return
		}
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = true
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns = nil
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = false
}
