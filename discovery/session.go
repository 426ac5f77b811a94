package discovery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

// session is the one connection to ZooKeeper of a process, replaced when it cannot recover.
//
//	          ┌──────────── has session ◀──────────┐
//	connect ──▶                 │ lost             │ again
//	          └──▶ no session ◀─┘──────────────────┘
//	                   │ for too long: the server may have lost its data, and a connection
//	                   ▼ whose session the server does not know never recovers
//	                close, connect anew
//
// Whoever built something on the session (a node, a watch) builds it again at each change.
type session struct {
	servers []string
	timeout time.Duration
	logger  *slog.Logger

	mu      sync.Mutex
	conn    *zk.Conn
	has     bool
	lost    time.Time     // since when there is none
	changed chan struct{} // closed and replaced at each change

	stop  context.CancelFunc
	ended sync.WaitGroup
}

// patience is how long a connection may be without a session before it is replaced.
func (s *session) patience() time.Duration { return max(2*s.timeout, 5*time.Second) }

func openSession(servers []string, timeout time.Duration, logger *slog.Logger) (*session, error) {
	s := &session{servers: servers, timeout: timeout, logger: logger, lost: time.Now(), changed: make(chan struct{})}
	if err := s.connect(); err != nil {
		return nil, err
	}

	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.ended.Go(func() { s.guard(ctx) })
	return s, nil
}

// connect puts a new connection in the place of the old one, if any. It looks for a server in the background.
func (s *session) connect() error {
	s.mu.Lock() // the connection's first events wait until it is in its place
	defer s.mu.Unlock()

	var conn *zk.Conn
	conn, _, err := zk.Connect(s.servers, s.timeout, zk.WithLogInfo(false), zk.WithLogger(silent{}),
		zk.WithEventCallback(func(event zk.Event) {
			if event.Type == zk.EventSession {
				s.note(&conn, event.State)
			}
		}))
	if err != nil {
		return err
	}
	s.conn = conn
	s.broadcast()
	return nil
}

// note remembers what became of a connection's session.
func (s *session) note(conn **zk.Conn, state zk.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *conn != s.conn {
		return // of a connection that was replaced
	}

	switch state { //nolint:exhaustive // the others change nothing
	case zk.StateHasSession:
		if !s.has {
			s.logger.Info("zookeeper session established")
		}
		s.has = true
	case zk.StateDisconnected, zk.StateExpired:
		if s.has {
			s.logger.Warn("zookeeper session lost", "state", state.String())
			s.lost = time.Now()
		}
		s.has = false
	default:
		return
	}
	s.broadcast()
}

func (s *session) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// guard replaces the connection when it has been without a session for too long.
func (s *session) guard(ctx context.Context) {
	tick := time.NewTicker(s.patience() / 10)
	defer tick.Stop()
	replaced := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}

		s.mu.Lock()
		old, hopeless := s.conn, !s.has && time.Since(s.lost) > s.patience() && time.Since(replaced) > s.patience()
		s.mu.Unlock()
		if !hopeless {
			continue
		}
		if err := s.connect(); err != nil {
			s.logger.Warn("zookeeper not reachable", "error", err.Error())
			continue
		}
		old.Close()
		replaced = time.Now()
	}
}

// await returns a connection that has a session, and a channel that closes when that may have changed.
func (s *session) await(ctx context.Context) (*zk.Conn, <-chan struct{}, error) {
	for {
		s.mu.Lock()
		conn, has, changed := s.conn, s.has, s.changed
		s.mu.Unlock()
		if has {
			return conn, changed, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// without returns for how long there has been no session.
func (s *session) without() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has {
		return 0
	}
	return time.Since(s.lost)
}

func (s *session) close() {
	s.stop()
	s.ended.Wait()
	s.conn.Close()
}

// silent drops what the library prints of each attempt to connect.
type silent struct{}

func (silent) Printf(string, ...any) {}
