package discovery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
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

const (
	service = "bff.test.v1.TestService"
	a       = "127.0.0.1:10001"
	b       = "127.0.0.1:10002"
)

func TestRegisterWatchLeave(t *testing.T) {
	server := zktest.Start(t)
	provider, watcher := connect(t, server.Addr, discovery.Options{}), connect(t, server.Addr, discovery.Options{})
	early := consume(t, watcher) // before the folder exists
	early.await(t, 5*time.Second)

	ofA := register(t, provider, a)
	if !ofA.Registered() {
		t.Error("not registered after Register, although ZooKeeper is there")
	}
	early.await(t, 5*time.Second, a)
	register(t, provider, b)
	late := consume(t, watcher) // a second one on the same connection
	early.await(t, 5*time.Second, a, b)
	late.await(t, 5*time.Second, a, b)
	if got := watcher.Status(); len(got) != 1 || got[0] != (discovery.ServiceStatus{Service: service, Endpoints: 2}) {
		t.Errorf("status %+v", got)
	}

	data, stat, err := operator(t, server.Addr).Get(path(a))
	if err != nil || stat.EphemeralOwner == 0 {
		t.Fatalf("owner %#x, %v", stat.EphemeralOwner, err)
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"addr", "version", "weight", "started"} {
		if object[member] == nil {
			t.Errorf("%s has no %s", data, member)
		}
	}

	left := time.Now()
	leave(t, ofA)
	early.await(t, 5*time.Second, b)
	late.await(t, 5*time.Second, b)
	t.Logf("seen %s after leaving began", time.Since(left).Round(time.Millisecond))
}

func TestAnEmptyListIsNotPushed(t *testing.T) {
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	c := consume(t, z)
	ofA := register(t, z, a)
	c.await(t, 5*time.Second, a)

	leave(t, ofA)
	eventually(t, 5*time.Second, "status says empty", func() bool { return z.Status()[0].Empty })
	if s := z.Status()[0]; s.Endpoints != 1 || s.Stale == 0 {
		t.Errorf("status %+v", s)
	}
	register(t, z, b)
	c.await(t, 5*time.Second, b)
	if s := z.Status()[0]; s != (discovery.ServiceStatus{Service: service, Endpoints: 1}) {
		t.Errorf("status %+v", s)
	}
	if pushed := c.all(); !slices.EqualFunc(pushed[len(pushed)-2:], [][]string{{a}, {b}}, slices.Equal) {
		t.Errorf("pushed %v", pushed)
	}
}

func TestGarbageIsSkipped(t *testing.T) {
	server := zktest.Start(t)
	log := &journal{}
	z := connect(t, server.Addr, discovery.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	c := consume(t, z)
	register(t, z, a)
	c.await(t, 5*time.Second, a)

	ops := operator(t, server.Addr)
	for name, data := range map[string]string{"no-json": "hello", "no-port": `{"addr":"10.0.0.7"}`, "empty": "", "list": "[]"} {
		if _, err := ops.Create(path(name), []byte(data), 0, zk.WorldACL(zk.PermAll)); err != nil {
			t.Fatal(err)
		}
	}
	register(t, z, b)
	c.await(t, 5*time.Second, a, b)
	if got := strings.Count(log.String(), "node skipped"); got != 4 {
		t.Errorf("%d lines about 4 nodes:\n%s", got, log)
	}
}

// An instance that restarts at the same address within one look of the consumer has the same name in the same list.
func TestARestartWithOtherDataIsNoticed(t *testing.T) {
	server := zktest.Start(t)
	z := connect(t, server.Addr, discovery.Options{})
	versions := make(chan string, 100)
	var watching sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	watching.Go(func() {
		_ = z.Watch(ctx, service, func(list []discovery.Instance) {
			for _, i := range list {
				versions <- i.Version
			}
		})
	})
	t.Cleanup(func() { cancel(); watching.Wait() })

	for _, version := range []string{"v1", "v2", "v3"} {
		process := connect(t, server.Addr, discovery.Options{})
		if _, err := process.Register(t.Context(), service, discovery.Instance{Addr: a, Version: version}); err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, version, func() bool {
			select {
			case got := <-versions:
				return got == version
			default:
				return false
			}
		})
		_ = process.Close()
	}
}

func TestWhatCannotWorkIsRefused(t *testing.T) {
	z := connect(t, "127.0.0.1:1", discovery.Options{})
	for _, addr := range []string{"", "host", ":10000", "0.0.0.0:10000", "host:0", "a/b:1"} {
		if _, err := z.Register(t.Context(), service, discovery.Instance{Addr: addr}); !errors.Is(err, discovery.ErrAddr) {
			t.Errorf("address %q: %v", addr, err)
		}
	}
	if _, err := z.Register(t.Context(), "a/b", discovery.Instance{Addr: a}); !errors.Is(err, discovery.ErrService) {
		t.Error(err)
	}
	if err := z.Watch(t.Context(), "../etc", nil); !errors.Is(err, discovery.ErrService) {
		t.Error(err)
	}
	if _, err := discovery.NewZooKeeper(nil, discovery.Options{}); err == nil {
		t.Error("connected to no server")
	}

	_ = z.Close()
	if _, err := z.Register(t.Context(), service, discovery.Instance{Addr: a}); !errors.Is(err, discovery.ErrClosed) {
		t.Error(err)
	}
	if err := z.Watch(t.Context(), service, nil); !errors.Is(err, discovery.ErrClosed) {
		t.Error(err)
	}
	_ = z.Close() // again does no harm
}

// path is that of a node of the service.
func path(name string) string { return "/bff/services/" + service + "/" + name }

func connect(t *testing.T, addr string, o discovery.Options) *discovery.ZooKeeper {
	t.Helper()
	if o.SessionTimeout == 0 {
		o.SessionTimeout = 2 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	z, err := discovery.NewZooKeeper([]string{addr}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = z.Close() })
	return z
}

func register(t *testing.T, z *discovery.ZooKeeper, addr string) *discovery.Registration {
	t.Helper()
	r, err := z.Register(t.Context(), service, discovery.Instance{Addr: addr, Version: "test", Weight: 1, Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func leave(t *testing.T, r *discovery.Registration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// consumer keeps what was pushed to it.
type consumer struct {
	mu     sync.Mutex
	pushed [][]string
}

func consume(t *testing.T, w discovery.Watcher) *consumer {
	t.Helper()
	c := &consumer{}
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		_ = w.Watch(ctx, service, func(list []discovery.Instance) {
			addrs := []string{}
			for _, i := range list {
				addrs = append(addrs, i.Addr)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.pushed = append(c.pushed, addrs)
		})
	})
	t.Cleanup(func() { cancel(); watching.Wait() })
	return c
}

func (c *consumer) all() [][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.pushed)
}

// last is what was pushed last, "nothing" if nothing was.
func (c *consumer) last() []string {
	if all := c.all(); len(all) > 0 {
		return all[len(all)-1]
	}
	return []string{"nothing"}
}

func (c *consumer) await(t *testing.T, within time.Duration, want ...string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("pushed: %v", c.all())
		}
	}()
	eventually(t, within, "pushed "+strings.Join(want, " "), func() bool { return slices.Equal(c.last(), want) })
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	deadline := time.After(within)
	for !ok() {
		select {
		case <-look.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// operator is a plain connection, to see and to do what people do.
func operator(t *testing.T, addr string) *zk.Conn {
	t.Helper()
	conn, _, err := zk.Connect([]string{addr}, 10*time.Second, zk.WithLogInfo(false), zk.WithLogger(silence{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

type silence struct{}

func (silence) Printf(string, ...any) {}

// journal is a log to be read again.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
