package discovery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-zookeeper/zk"
)

const (
	coldStart = 500 * time.Millisecond // how long ZooKeeper has for its first answer before the snapshot is used
	resync    = 30 * time.Second       // how often the list is compared although no watch fired
)

// Watch implements Watcher. While ZooKeeper is down, and when its list turns empty, the last good list stays in force:
// a service that has vanished whole is nearly always ZooKeeper's fault, and calling a dead address costs little.
func (z *ZooKeeper) Watch(ctx context.Context, service string, push func([]Instance)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(z.ctx, cancel)()

	w := &watch{z: z, service: service, path: root + "/" + service, list: z.list(service), push: push}
	first, stopFirst := context.WithTimeout(ctx, coldStart)
	_, _, err := z.session.await(first)
	stopFirst()
	if err != nil {
		w.fromSnapshot()
	}

	for failures := 0; ctx.Err() == nil; {
		if err := w.once(ctx); err != nil {
			failures++
			w.z.logger.Debug("watch failed", "service", service, "error", err.Error())
			pause(ctx, nil, backoff(failures))
			continue
		}
		failures = 0
	}
	return ctx.Err()
}

// watch is one call of Watch.
type watch struct {
	z       *ZooKeeper
	service string
	path    string
	list    *list
	push    func([]Instance)
	pushed  bool       // anything at all
	last    []Instance // what was pushed
	emptied bool       // the last good list is in force because ZooKeeper's is empty
}

// fromSnapshot pushes the list of an earlier life of the process, or that none is known.
func (w *watch) fromSnapshot() {
	instances, err := w.z.snapshots.load(w.service)
	if err != nil {
		w.z.logger.Warn("snapshot not usable", "service", w.service, "error", err.Error())
	}
	if len(instances) > 0 {
		w.z.logger.Warn("zookeeper is silent: starting with the last known instances", "service", w.service, "instances", len(instances))
	}
	w.tell(instances)
}

// once reads the list under a watch, pushes it, and returns when it may have changed.
func (w *watch) once(ctx context.Context) error {
	conn, changed, err := w.z.session.await(ctx)
	if err != nil {
		return nil //nolint:nilerr // the end of ctx ends the loop
	}
	defer w.z.update(w.list, func() { w.list.armed, w.list.confirmed = false, time.Now() })

	names, events, err := children(conn, w.path)
	if err != nil {
		return err
	}
	instances, err := w.read(conn, names)
	if err != nil {
		return err
	}
	w.take(instances)
	w.z.update(w.list, func() { w.list.armed, w.list.confirmed = true, time.Now() })

	again := time.NewTicker(resync)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events:
			return nil
		case <-changed:
			return nil
		case <-again.C:
			if now, _, err := conn.Children(w.path); err == nil && !sameNames(now, names) {
				w.z.logger.Warn("a watch did not fire", "service", w.service)
				return nil
			}
		}
	}
}

// children lists a folder under a watch. A folder that does not exist is empty; the watch fires when it is made.
func children(conn *zk.Conn, path string) ([]string, <-chan zk.Event, error) {
	names, _, events, err := conn.ChildrenW(path)
	if !missing(err) {
		return names, events, err
	}
	exists, _, events, err := conn.ExistsW(path)
	if err == nil && exists {
		return nil, nil, fmt.Errorf("list %s: it was made just now", path)
	}
	return nil, events, err
}

// read fetches what the providers registered. A node that is gone again is left out, one that cannot be understood is
// left out and told of.
func (w *watch) read(conn *zk.Conn, names []string) ([]Instance, error) {
	var instances []Instance
	for _, name := range names {
		data, _, err := conn.Get(w.path + "/" + name)
		if missing(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		instance, err := decode(data)
		if err != nil {
			w.z.logger.Warn("instance left out", "service", w.service, "node", name, "error", err.Error())
			continue
		}
		instances = append(instances, instance)
	}
	return sorted(instances), nil
}

// take puts ZooKeeper's list in force, unless it is empty and there was one before.
func (w *watch) take(instances []Instance) {
	if len(instances) == 0 && len(w.last) > 0 {
		if !w.emptied {
			w.z.logger.Warn("no instance is registered: keeping the last known ones", "service", w.service, "instances", len(w.last))
		}
		w.emptied = true
		return
	}
	w.emptied = false
	if w.pushed && equal(instances, w.last) {
		return
	}

	w.tell(instances)
	w.z.logger.Info("instances changed", "service", w.service, "instances", len(instances))
	if len(instances) == 0 {
		return
	}
	if err := w.z.snapshots.save(w.service, instances); err != nil {
		w.z.logger.Warn("snapshot not written", "service", w.service, "error", err.Error())
	}
}

func (w *watch) tell(instances []Instance) {
	w.last, w.pushed = instances, true
	w.z.update(w.list, func() { w.list.instances = instances })
	w.push(instances)
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
