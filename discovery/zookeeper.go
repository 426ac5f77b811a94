package discovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

// root is where the services are, one folder each.
const root = "/bff/services"

// Options tune the connection to ZooKeeper. The zero value works.
type Options struct {
	SessionTimeout time.Duration // after which the nodes of a dead process vanish; default 4 s
	SnapshotDir    string        // where last good lists are kept; empty: nowhere
	Logger         *slog.Logger  // for changes of state; default: discarded
}

// ZooKeeper is one connection to an ensemble, shared by all registrations and watches of a process. Safe for concurrent
// use. Close it when its registrations are closed.
type ZooKeeper struct {
	session   *session
	snapshots snapshots
	logger    *slog.Logger
	ctx       context.Context // ends with Close; everything started here ends with it
	cancel    context.CancelFunc
	ended     sync.WaitGroup

	mu    sync.Mutex
	lists map[string]*list
}

// NewZooKeeper returns a connection to an ensemble, which need not be reachable now or ever: registrations and watches
// do their work as soon as it is. The only error is an ensemble without servers.
func NewZooKeeper(servers []string, options Options) (*ZooKeeper, error) {
	if len(servers) == 0 {
		return nil, errors.New("no ZooKeeper server is named")
	}
	if options.SessionTimeout <= 0 {
		options.SessionTimeout = 4 * time.Second
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}

	s, err := openSession(servers, options.SessionTimeout, options.Logger)
	if err != nil {
		return nil, fmt.Errorf("connect to ZooKeeper: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &ZooKeeper{
		session: s, snapshots: snapshots{options.SnapshotDir}, logger: options.Logger, ctx: ctx, cancel: cancel, lists: map[string]*list{},
	}, nil
}

// Close ends the watches and the session, and with it every node registered here. It returns when all goroutines have
// ended.
func (z *ZooKeeper) Close() error {
	z.cancel()
	z.ended.Wait()
	z.session.close()
	return nil
}

// ServiceStatus is what is known of one watched service.
type ServiceStatus struct {
	Service   string
	Endpoints int           // instances in the list in force
	Stale     time.Duration // since when ZooKeeper has not confirmed the list; 0: it would have told of a change
}

// Status returns what is known of the services that are watched.
func (z *ZooKeeper) Status() []ServiceStatus {
	z.mu.Lock()
	defer z.mu.Unlock()

	without := z.session.without()
	var all []ServiceStatus
	for service, l := range z.lists {
		stale := without
		if !l.armed {
			stale = max(stale, time.Since(l.confirmed))
		}
		all = append(all, ServiceStatus{Service: service, Endpoints: len(l.instances), Stale: stale})
	}
	return all
}

// list is what is known of one service.
type list struct {
	instances []Instance
	confirmed time.Time // when ZooKeeper last told it
	armed     bool      // whether a watch stands
}

func (z *ZooKeeper) list(service string) *list {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.lists[service] == nil {
		z.lists[service] = &list{confirmed: time.Now()}
	}
	return z.lists[service]
}

// update changes a list under the lock.
func (z *ZooKeeper) update(l *list, change func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	change()
}

// backoff is the pause after n failures in a row, with jitter so that replicas do not come back in step.
func backoff(n int) time.Duration {
	pause := min(100*time.Millisecond<<min(n, 5), 2*time.Second)
	return pause/2 + rand.N(pause/2+1) //nolint:gosec // jitter, no secret
}

// pause waits, unless ctx ends or the session changes first.
func pause(ctx context.Context, changed <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
	}
}

// missing says whether err is that a node does not exist.
func missing(err error) bool { return errors.Is(err, zk.ErrNoNode) }
