package discovery

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"
)

// sockets opens the connections to the servers, one at a time, and closes what the library forgets or cannot: the socket
// of an expired session, and one in a handshake that hangs.
type sockets struct {
	ctx    context.Context // of the connection, which the library's dialer does not hand on
	stop   context.CancelFunc
	logger *slog.Logger

	mu       sync.Mutex
	current  net.Conn
	waiting  time.Time // since when servers accept us without giving a session; zero if they do not
	reported bool      // that no server can be reached
}

func newSockets(ctx context.Context, logger *slog.Logger) *sockets {
	ctx, stop := context.WithCancel(ctx)
	return &sockets{ctx: ctx, stop: stop, logger: logger}
}

// dial is the library's dialer.
func (s *sockets) dial(network, addr string, timeout time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: timeout}
	conn, err := dialer.DialContext(s.ctx, network, addr)

	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if !s.reported && s.ctx.Err() == nil {
			s.reported = true
			s.logger.Warn("zookeeper unreachable", "server", addr, "error", err.Error())
		}
		return nil, err
	}
	if s.current != nil {
		_ = s.current.Close()
	}
	s.current = conn
	if s.ctx.Err() != nil {
		_ = conn.Close()
		return nil, s.ctx.Err()
	}
	if s.waiting.IsZero() {
		s.waiting = time.Now()
	}
	return conn, nil
}

// welcome notes that a server gave a session.
func (s *sockets) welcome() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting, s.reported = time.Time{}, false
}

// unwelcome returns for how long servers have accepted us without giving a session. A server that cannot be reached at
// all does not count: a new connection would not reach it either, and might lose a session that still lives.
func (s *sockets) unwelcome() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting.IsZero() {
		return 0
	}
	return time.Since(s.waiting)
}

func (s *sockets) close() {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		_ = s.current.Close()
	}
}
