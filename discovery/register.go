package discovery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
)

const (
	firstWait = time.Second      // how long Register waits for ZooKeeper
	recheck   = 30 * time.Second // how often a node is looked for although no watch fired
	stable    = 10 * time.Second // a node that lasted this long is put back without a pause
)

// Registration keeps one instance listed until it is closed. Safe for concurrent use.
type Registration struct {
	z       *ZooKeeper
	service string
	path    string
	data    []byte

	leave      context.CancelFunc
	left       chan struct{}
	first      chan struct{} // closed when the node was there for the first time
	registered atomic.Bool

	session int64 // used by run alone: the last one that may have made the node
}

// Register lists an instance under the full gRPC name of its service. An instance without a time of start started now.
//
// It waits for ZooKeeper for a second at most, or until ctx ends, and **returns without an error even if ZooKeeper could
// not be reached**: the registration goes on trying. From then on it puts the node back whenever it is missing: after a
// session expired, after somebody deleted it, after ZooKeeper lost its data. A node of that address that is not ours is
// what a dead process left behind, and is taken over. ctx is not used after the return: only Close ends a registration.
//
// Errors: ErrService, ErrAddr, ErrClosed.
func (z *ZooKeeper) Register(ctx context.Context, service string, i Instance) (*Registration, error) {
	if err := checkService(service); err != nil {
		return nil, fmt.Errorf("discovery: register: %w", err)
	}
	if i.Started.IsZero() {
		i.Started = time.Now()
	}
	i.Started = i.Started.UTC()
	i, err := i.checked()
	if err != nil {
		return nil, fmt.Errorf("discovery: register %s: %w", service, err)
	}
	data, err := json.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("discovery: register %s: %w", service, err)
	}

	life, end, err := z.begin(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	stay, leave := context.WithCancel(life)
	r := &Registration{
		z: z, service: service, path: folder(service) + "/" + i.Addr, data: data,
		leave: leave, left: make(chan struct{}), first: make(chan struct{}),
	}
	go func() {
		defer end()
		defer close(r.left)
		r.stay(life, stay)
		r.depart(life)
	}()

	wait := time.NewTimer(firstWait)
	defer wait.Stop()
	select {
	case <-r.first:
	case <-ctx.Done():
	case <-wait.C:
	}
	return r, nil
}

// Registered says whether the node was there when it was last looked at.
func (r *Registration) Registered() bool { return r.registered.Load() }

// Close leaves: it deletes the node, and returns when it is gone. If ctx ends first it returns ctx's error; leaving
// goes on until it succeeds or the ZooKeeper is closed, and the session ends with it. A provider leaves before it stops
// to serve. Closing again waits again.
func (r *Registration) Close(ctx context.Context) error {
	r.leave()
	select {
	case <-r.left:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("discovery: leave %s: %w", r.service, ctx.Err())
	}
}

// stay keeps the node in place until stay ends. Requests run under life, so that none is on its way when depart begins.
func (r *Registration) stay(life, stay context.Context) {
	var retry backoff
	failing := false
	for stay.Err() == nil {
		gone, err := r.put(life, stay)
		if stay.Err() != nil {
			return
		}
		if err != nil {
			if !failing {
				r.z.logger.Warn("not registered", "path", r.path, "error", err.Error())
			}
			failing = true
			pause(stay, retry.next())
			continue
		}

		failing = false
		since := time.Now()
		r.registered.Store(true)
		r.announce()
		r.hold(life, stay, gone)
		r.registered.Store(false)
		// Two processes that claim one address would take it from each other as fast as they can.
		if time.Since(since) < stable {
			pause(stay, retry.next())
			continue
		}
		retry.reset()
	}
}

func (r *Registration) announce() {
	select {
	case <-r.first:
	default:
		close(r.first)
	}
}

// put makes sure that the node is there and ours, and returns a channel that fires when that may have changed.
func (r *Registration) put(life, stay context.Context) (<-chan zk.Event, error) {
	conn, session, err := r.z.connected(stay)
	if err != nil {
		return nil, err
	}
	return ask(life, r.z, func() (<-chan zk.Event, error) {
		if err := r.make(conn, session); err != nil {
			return nil, err
		}
		exists, stat, gone, err := conn.ExistsW(r.path)
		if err != nil {
			return nil, fmt.Errorf("watch %s: %w", r.path, err)
		}
		if !exists || stat.EphemeralOwner != conn.SessionID() {
			return nil, fmt.Errorf("watch %s: it was lost again", r.path)
		}
		return gone, nil
	})
}

// make creates the node, unless it is there and ours.
func (r *Registration) make(conn *zk.Conn, session int64) error {
	exists, stat, err := conn.Exists(r.path)
	if err != nil {
		return fmt.Errorf("look for %s: %w", r.path, err)
	}
	if exists && stat.EphemeralOwner == session {
		return nil
	}

	r.session = session
	create := &zk.CreateRequest{Path: r.path, Data: r.data, Acl: zk.WorldACL(zk.PermAll), Flags: zk.FlagEphemeral}
	if exists {
		// Left behind by a process that had our address; it would vanish with that session. Both steps are one
		// transaction, so that consumers never see the address missing.
		results, err := conn.Multi(&zk.DeleteRequest{Path: r.path, Version: stat.Version}, create)
		for _, result := range results {
			err = cmp.Or(err, result.Error)
		}
		if err != nil {
			return fmt.Errorf("take over %s: %w", r.path, err)
		}
		r.z.logger.Info("registered: took over the node of another session", "path", r.path, "owner", fmt.Sprintf("%#x", stat.EphemeralOwner))
		return nil
	}

	_, err = conn.Create(r.path, create.Data, create.Flags, create.Acl)
	if errors.Is(err, zk.ErrNoNode) {
		if err := makeParents(conn, r.path); err != nil {
			return err
		}
		_, err = conn.Create(r.path, create.Data, create.Flags, create.Acl)
	}
	if err != nil {
		return fmt.Errorf("create %s: %w", r.path, err)
	}
	r.z.logger.Info("registered", "path", r.path)
	return nil
}

// makeParents creates the persistent nodes above path.
func makeParents(conn *zk.Conn, path string) error {
	for i := 1; i < len(path); i++ {
		if path[i] != '/' {
			continue
		}
		_, err := conn.Create(path[:i], nil, 0, zk.WorldACL(zk.PermAll))
		if err != nil && !errors.Is(err, zk.ErrNodeExists) {
			return fmt.Errorf("create %s: %w", path[:i], err)
		}
	}
	return nil
}

// hold returns when the node may be gone.
func (r *Registration) hold(life, stay context.Context, gone <-chan zk.Event) {
	for {
		timer := time.NewTimer(jitter(recheck))
		select {
		case <-stay.Done():
		case <-gone:
		case <-timer.C:
			if r.ours(life) {
				continue
			}
		}
		timer.Stop()
		return
	}
}

// ours looks without a watch: there is one already, and the library never takes one back. If ZooKeeper does not answer,
// nothing is known and nothing changes.
func (r *Registration) ours(ctx context.Context) bool {
	r.z.mu.Lock()
	now := r.z.link
	r.z.mu.Unlock()
	if !now.connected {
		return true
	}
	ours, err := ask(ctx, r.z, func() (bool, error) {
		exists, stat, err := now.conn.Exists(r.path)
		return exists && err == nil && stat.EphemeralOwner == now.session, err
	})
	return ours || err != nil
}

// depart deletes the node, trying until it is gone or life ends.
func (r *Registration) depart(life context.Context) {
	var retry backoff
	for r.session != 0 && life.Err() == nil {
		err := r.remove(life)
		if err == nil {
			r.z.logger.Info("left", "path", r.path)
			return
		}
		pause(life, retry.next())
	}
}

func (r *Registration) remove(life context.Context) error {
	conn, _, err := r.z.connected(life)
	if err != nil {
		return err
	}
	_, err = ask(life, r.z, func() (struct{}, error) {
		exists, stat, err := conn.Exists(r.path)
		if err != nil || !exists || stat.EphemeralOwner != r.session {
			return struct{}{}, err // what is not ours any more is the next process's
		}
		err = conn.Delete(r.path, stat.Version)
		if errors.Is(err, zk.ErrNoNode) {
			err = nil
		}
		return struct{}{}, err
	})
	return err
}
