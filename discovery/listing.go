package discovery

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"
)

// listing is a service's folder as last read. A watch of the library stays until it fires, so there is never more than
// one; and a node is read once, so that one instance that comes or goes costs one request and not one for each instance.
type listing struct {
	conn     *zk.Conn
	changed  <-chan zk.Event // fires once when the folder changes; nil: no watch is set
	version  int32           // of the folder: how often a node was made or deleted in it
	nodes    map[string]node // what was read, by name
	unread   []string        // names still to be read
	complete bool            // nothing was left unread
}

// node is an instance's node as last read. Nodes that make no sense are remembered too, so that it is said once.
type node struct {
	mzxid    int64 // the transaction that last changed it
	instance Instance
	valid    bool
}

// folderState is the answer to a question about a folder.
type folderState struct {
	names   []string
	version int32
	changed <-chan zk.Event
}

// errRaced asks to look again.
var errRaced = errors.New("the folder was made just now")

// folder is the path of a service.
func folder(service string) string { return root + "/" + service }

// refresh brings the list up to date. After an error it goes on where it stopped.
func (f *follower) refresh(ctx context.Context) error {
	if f.changed != nil && f.complete {
		same, err := f.unchanged(ctx)
		if same || err != nil {
			return err
		}
		f.changed = nil // it should have fired
		f.doubt()
	}
	if f.changed == nil {
		if err := f.list(ctx); err != nil {
			return err
		}
	}
	if err := f.read(ctx); err != nil {
		return err
	}

	f.complete = true
	var instances []Instance
	for _, n := range f.nodes {
		if n.valid {
			instances = append(instances, n.instance)
		}
	}
	f.accept(ordered(instances))
	return nil
}

// unchanged asks without a watch whether the folder is as we know it.
func (f *follower) unchanged(ctx context.Context) (bool, error) {
	conn, _, err := f.z.connected(ctx)
	if err != nil {
		return false, err
	}
	if conn != f.conn {
		return false, nil
	}
	return ask(ctx, f.z, func() (bool, error) {
		_, stat, err := conn.Children(folder(f.service))
		if errors.Is(err, zk.ErrNoNode) {
			return f.version == 0, nil
		}
		if err != nil {
			return false, fmt.Errorf("compare: %w", err)
		}
		return stat.Cversion == f.version, nil
	})
}

// list reads the names in the folder under a watch, and finds out which nodes must be read.
func (f *follower) list(ctx context.Context) error {
	conn, _, err := f.z.connected(ctx)
	if err != nil {
		return err
	}
	if conn != f.conn {
		// Perhaps of servers that lost their data: their transactions count from one again.
		f.conn, f.version, f.nodes = conn, 0, map[string]node{}
	}
	state, err := ask(ctx, f.z, func() (folderState, error) { return listFolder(conn, folder(f.service)) })
	if err != nil {
		return err
	}

	present := make(map[string]bool, len(state.names))
	changes := int32(0)
	f.unread = nil
	for _, name := range state.names {
		present[name] = true
		if _, known := f.nodes[name]; !known {
			f.unread = append(f.unread, name)
			changes++
		}
	}
	for name := range f.nodes {
		if !present[name] {
			delete(f.nodes, name)
			changes++
		}
	}
	// More happened than names came and went: a known name was deleted and made again, by an instance that restarted.
	if state.version-f.version != changes {
		f.unread = state.names
	}
	f.changed, f.version, f.complete = state.changed, state.version, false
	return nil
}

// listFolder lists under a watch. A folder that does not exist is empty, and the watch waits for it.
func listFolder(conn *zk.Conn, path string) (folderState, error) {
	names, stat, changed, err := conn.ChildrenW(path)
	if err == nil {
		return folderState{names: names, version: stat.Cversion, changed: changed}, nil
	}
	if !errors.Is(err, zk.ErrNoNode) {
		return folderState{}, fmt.Errorf("list: %w", err)
	}

	exists, _, made, err := conn.ExistsW(path)
	if err != nil {
		return folderState{}, fmt.Errorf("list: %w", err)
	}
	if exists {
		return folderState{}, errRaced
	}
	return folderState{changed: made}, nil
}

// read fetches the nodes that are not known yet, one after the other.
func (f *follower) read(ctx context.Context) error {
	for len(f.unread) > 0 {
		name := f.unread[0]
		path := folder(f.service) + "/" + name
		type content struct {
			data  []byte
			mzxid int64
		}
		got, err := ask(ctx, f.z, func() (content, error) {
			data, stat, err := f.conn.Get(path)
			if err != nil {
				return content{}, err
			}
			return content{data, stat.Mzxid}, nil
		})
		switch {
		case errors.Is(err, zk.ErrNoNode):
			delete(f.nodes, name) // gone again; the watch tells of it
		case err != nil:
			return fmt.Errorf("read %s: %w", path, err)
		default:
			f.learn(name, got.mzxid, got.data)
		}
		f.unread = f.unread[1:]
	}
	return nil
}

// learn remembers a node's data.
func (f *follower) learn(name string, mzxid int64, data []byte) {
	if known, found := f.nodes[name]; found && known.mzxid == mzxid {
		return
	}
	instance, err := parse(data)
	if err != nil {
		f.log.Warn("node skipped", "node", name, "error", err.Error())
	}
	f.nodes[name] = node{mzxid: mzxid, instance: instance, valid: err == nil}
}
