package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/go-zookeeper/zk"
)

// Registration keeps one node of a provider in ZooKeeper until it is closed. Safe for concurrent use.
type Registration struct {
	z       *ZooKeeper
	service string
	path    string
	data    []byte
	cancel  context.CancelFunc
	ended   sync.WaitGroup
}

// Register makes an instance known under the full gRPC name of its service. It returns at once: the node is made in the
// background, as soon as ZooKeeper can be reached, and made again whenever it is gone: after the session expired, after
// somebody deleted it, after ZooKeeper lost its data. The node of an earlier life of the same address is taken over. An
// error means that the instance has no address. Close the registration before the process stops serving.
func (z *ZooKeeper) Register(_ context.Context, service string, instance Instance) (*Registration, error) {
	if err := instance.validate(); err != nil {
		return nil, fmt.Errorf("register %s: %w", service, err)
	}
	data, err := json.Marshal(instance)
	if err != nil {
		return nil, fmt.Errorf("register %s: %w", service, err)
	}

	ctx, cancel := context.WithCancel(z.ctx)
	r := &Registration{z: z, service: service, path: root + "/" + service + "/" + instance.Addr, data: data, cancel: cancel}
	r.ended.Go(func() { r.keep(ctx) })
	return r, nil
}

// keep makes sure that the node is there, whatever happens.
func (r *Registration) keep(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		conn, changed, err := r.z.session.await(ctx)
		if err != nil {
			return
		}
		gone, err := r.ensure(conn)
		if err != nil {
			failures++
			r.z.logger.Debug("registration failed", "service", r.service, "error", err.Error())
			pause(ctx, changed, backoff(failures))
			continue
		}

		failures = 0
		select {
		case <-gone:
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// ensure makes the node if it is not there or somebody else's, and returns a channel that fires when it changes.
func (r *Registration) ensure(conn *zk.Conn) (<-chan zk.Event, error) {
	exists, stat, gone, err := conn.ExistsW(r.path)
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", r.path, err)
	}
	if exists && stat.EphemeralOwner == conn.SessionID() {
		return gone, nil
	}

	if exists {
		// The address is ours now, so this is the node of the process that had it before us and whose session has not
		// expired yet. It would vanish under us.
		r.z.logger.Info("taking over the node of an earlier process", "service", r.service, "path", r.path)
		if err := conn.Delete(r.path, stat.Version); err != nil && !missing(err) {
			return nil, fmt.Errorf("take over %s: %w", r.path, err)
		}
	}
	if err := makeFolders(conn, r.path); err != nil {
		return nil, err
	}
	if _, err := conn.Create(r.path, r.data, zk.FlagEphemeral, zk.WorldACL(zk.PermAll)); err != nil {
		return nil, fmt.Errorf("create %s: %w", r.path, err)
	}
	r.z.logger.Info("registered", "service", r.service, "path", r.path)
	return gone, nil // it fires for the creation; the next round looks again
}

// makeFolders makes the persistent nodes above a path.
func makeFolders(conn *zk.Conn, path string) error {
	parts := strings.Split(path, "/")
	for i := 2; i < len(parts); i++ {
		folder := strings.Join(parts[:i], "/")
		_, err := conn.Create(folder, nil, 0, zk.WorldACL(zk.PermAll))
		if err != nil && !errors.Is(err, zk.ErrNodeExists) {
			return fmt.Errorf("create %s: %w", folder, err)
		}
	}
	return nil
}

// Close deletes the node, so that consumers stop calling before the process stops serving. It returns when the node is
// gone, or with ctx's error: then ZooKeeper cannot be reached, and the node vanishes with the session.
func (r *Registration) Close(ctx context.Context) error {
	r.cancel()
	r.ended.Wait()

	conn, _, err := r.z.session.await(ctx)
	if err != nil {
		return fmt.Errorf("leave %s: %w", r.service, err)
	}
	exists, stat, err := conn.Exists(r.path)
	if err != nil {
		return fmt.Errorf("leave %s: %w", r.service, err)
	}
	if !exists || stat.EphemeralOwner != conn.SessionID() {
		return nil
	}
	if err := conn.Delete(r.path, stat.Version); err != nil && !missing(err) {
		return fmt.Errorf("leave %s: %w", r.service, err)
	}
	r.z.logger.Info("left", "service", r.service, "path", r.path)
	return nil
}
