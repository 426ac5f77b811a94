package discovery

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

// root is where the services are, one folder each.
const root = "/bff/services"

// ErrClosed is returned by everything that is asked of a closed ZooKeeper.
var ErrClosed = errors.New("discovery: closed")

// Options tune a ZooKeeper. The zero value works.
type Options struct {
	// SessionTimeout is how long the nodes of a dead provider stay, and half the time after which a connection that
	// gets no session is replaced. The server may move it into its own limits. Default 4 s.
	SessionTimeout time.Duration
	// SnapshotDir is the folder that keeps the last good list of each service for a start without ZooKeeper. It is made
	// if it does not exist. Default: nothing is kept.
	SnapshotDir string
	// Logger is told of changes of state, not of attempts. Default: nobody is.
	Logger *slog.Logger
}

// ZooKeeper is one connection to an ensemble, shared by all watches and registrations of a process. Safe for concurrent
// use. Close it when it is no longer needed.
type ZooKeeper struct {
	servers   []string
	timeout   time.Duration
	snapshots snapshots
	logger    *slog.Logger

	work sync.WaitGroup // every goroutine, and every call of Watch

	mu        sync.Mutex // guards what follows
	closed    bool
	cancels   map[int]context.CancelFunc // end the work that runs now
	lastWork  int
	link      link
	changed   chan struct{} // closed, and replaced, when link changes
	followers map[*follower]struct{}
}

// link is what is known of the connection.
type link struct {
	conn      *zk.Conn
	session   int64     // the last one it had, 0 if it never had one
	connected bool      // the session can be used now
	since     time.Time // since when connected is what it is
}

// NewZooKeeper returns a connection to the servers, host or host:port each. It does not wait for them: they need not be
// reachable now, nor ever again for long, and they may come back without their data. The only error is that no server
// is named.
func NewZooKeeper(servers []string, o Options) (*ZooKeeper, error) {
	if len(servers) == 0 {
		return nil, errors.New("discovery: no ZooKeeper server is named")
	}
	if o.SessionTimeout <= 0 {
		o.SessionTimeout = 4 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}

	z := &ZooKeeper{
		servers: servers, timeout: o.SessionTimeout, snapshots: snapshots(o.SnapshotDir), logger: o.Logger,
		cancels: map[int]context.CancelFunc{}, followers: map[*follower]struct{}{},
		changed: make(chan struct{}), link: link{since: time.Now()},
	}
	ctx, end, err := z.begin(context.Background())
	if err != nil {
		return nil, err
	}
	go func() {
		defer end()
		z.keepConnected(ctx)
	}()
	return z, nil
}

// Close ends the session, and with it every node registered here; watches return ErrClosed. It returns when all
// goroutines have ended and nothing more is pushed, which takes a second or two if ZooKeeper does not answer. It must
// not be called from inside a push. The error is always nil.
func (z *ZooKeeper) Close() error {
	z.mu.Lock()
	z.closed = true
	cancels := maps.Clone(z.cancels)
	z.mu.Unlock()

	for _, cancel := range cancels {
		cancel()
	}
	z.work.Wait()
	return nil
}

// begin counts a piece of work that Close cancels and waits for; the work calls end when it is done.
func (z *ZooKeeper) begin(parent context.Context) (ctx context.Context, end func(), err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.closed {
		return nil, nil, ErrClosed
	}

	ctx, cancel := context.WithCancel(parent)
	z.lastWork++
	number := z.lastWork
	z.cancels[number] = cancel
	z.work.Add(1)
	return ctx, func() {
		cancel()
		z.mu.Lock()
		delete(z.cancels, number)
		z.mu.Unlock()
		z.work.Done()
	}, nil
}

// whyEnded tells the end of a caller's context from that of z.
func (z *ZooKeeper) whyEnded(callers context.Context) error {
	if err := callers.Err(); err != nil {
		return err
	}
	return ErrClosed
}

// connected waits until there is a session, and returns the connection that has it.
func (z *ZooKeeper) connected(ctx context.Context) (*zk.Conn, int64, error) {
	for {
		z.mu.Lock()
		now, changed := z.link, z.changed
		z.mu.Unlock()
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		if now.connected {
			return now.conn, now.session, nil
		}

		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

// publish tells whoever waits in connected.
func (z *ZooKeeper) publish(l link) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.link = l
	close(z.changed)
	z.changed = make(chan struct{})
}

// ask makes one request, but waits for the answer only until ctx ends: the library knows no contexts, and a request to
// a hanging server takes seconds. An abandoned request may still be carried out. The caller is counted work of z.
func ask[T any](ctx context.Context, z *ZooKeeper, request func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	z.work.Go(func() {
		value, err := request()
		answered <- answer{value, err}
	})

	select {
	case a := <-answered:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
