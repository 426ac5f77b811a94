package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-zookeeper/zk"
)

// connection is one life of the library's connection.
//
//	          ┌─────── back, same session ◀──────┐
//	          ▼                                  │
//	open ─▶ session ──── server lost ────▶ no session ──── a server accepts us, but gives no session
//	          ▲                                  │            │ for twice the session timeout
//	          └─────── back, new session ◀───────┘            ▼
//	            (nodes are gone, watches fired)           closed, and the next connection is opened
//
// The last way out is for servers that lost their data: they hang up on a client that has seen more of the history than
// they have, and the library comes back with the same claim for ever.
type connection struct {
	conn    *zk.Conn
	sockets *sockets
	woken   chan struct{}   // the state may have changed
	ended   <-chan zk.Event // closed by the library when its main goroutine ends
}

// settle is how long the library has to set its watches again, after a session came back, before we ask anything: it
// reads the last transaction it saw for that, while an answer to us would move it on, and changes in between would not
// be told.
const settle = 50 * time.Millisecond

// keepConnected opens one connection after the other until ctx ends.
func (z *ZooKeeper) keepConnected(ctx context.Context) {
	var retry backoff
	for ctx.Err() == nil {
		c, err := z.open(ctx)
		if err != nil {
			z.logger.Warn("zookeeper cannot be used", "error", err.Error())
			pause(ctx, retry.next())
			continue
		}
		z.tend(ctx, c)
		c.close()
	}
}

func (z *ZooKeeper) open(ctx context.Context) (*connection, error) {
	c := &connection{sockets: newSockets(ctx, z.logger), woken: make(chan struct{}, 1)}
	conn, events, err := zk.Connect(z.servers, z.timeout,
		zk.WithDialer(c.sockets.dial),
		zk.WithHostProvider(newHosts(ctx)),
		zk.WithLogger(debugLog{z.logger}), zk.WithLogInfo(false),
		zk.WithEventCallback(c.wake))
	if err != nil {
		c.sockets.close()
		return nil, fmt.Errorf("connect to zookeeper: %w", err)
	}
	c.conn, c.ended = conn, events
	return c, nil
}

// wake is called by the library and must not block. What happened is read from the connection: only the last state
// counts.
func (c *connection) wake(zk.Event) {
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// tend publishes the connection's state until ctx ends or the connection is beyond hope.
func (z *ZooKeeper) tend(ctx context.Context, c *connection) {
	patience := 2 * z.timeout
	look := time.NewTicker(patience / 8)
	defer look.Stop()

	now := link{conn: c.conn, since: time.Now()}
	defer func() {
		if now.connected {
			now.connected, now.since = false, time.Now()
		}
		z.publish(now)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.woken:
		case <-look.C:
		}

		session, connected := c.conn.SessionID(), c.conn.State() == zk.StateHasSession
		if connected && !now.connected && session == now.session && !pause(ctx, settle) {
			return
		}
		switch {
		case connected && (!now.connected || session != now.session):
			z.logger.Info("zookeeper connected", "session", fmt.Sprintf("%#x", session), "new", session != now.session)
			c.sockets.welcome()
			now = link{conn: c.conn, session: session, connected: true, since: time.Now()}
			z.publish(now)
		case !connected && now.connected:
			z.logger.Warn("zookeeper connection lost")
			now.connected, now.since = false, time.Now()
			z.publish(now)
		case !connected && c.sockets.unwelcome() > patience:
			z.logger.Warn("zookeeper gives no session: connecting anew")
			return
		}
	}
}

// close ends the session, if there is one that works, and returns when the library's goroutines have ended.
func (c *connection) close() {
	if c.conn.State() != zk.StateHasSession {
		c.sockets.close() // nobody is there to say goodbye to
	}
	c.conn.Close()
	c.sockets.close()
	for open := true; open; {
		_, open = <-c.ended
	}
}

// debugLog takes what the library prints of each attempt.
type debugLog struct{ logger *slog.Logger }

// Printf implements zk.Logger.
func (d debugLog) Printf(format string, args ...any) {
	if d.logger.Enabled(context.Background(), slog.LevelDebug) {
		d.logger.Debug("zookeeper client", "message", fmt.Sprintf(format, args...))
	}
}
