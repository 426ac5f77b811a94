// Package discovery says who serves where: providers register themselves, consumers are told of every change. It pushes
// addresses into gRPC, so that no request ever waits for ZooKeeper.
//
//	zookeeper, err := discovery.NewZooKeeper(discovery.Servers("127.0.0.1:2181"), discovery.Options{})
//	registration, err := zookeeper.Register(ctx, service, discovery.Instance{Addr: "10.0.0.7:10000"})  // a provider
//	conn, err := grpc.NewClient("zk:///"+service, grpc.WithResolvers(discovery.NewBuilder(zookeeper)), …)  // a consumer
package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"slices"
	"strings"
	"time"
)

// Instance is one running copy of a service, as its provider registered it.
type Instance struct {
	Addr    string    `json:"addr"` // host:port that others can call
	Version string    `json:"version"`
	Weight  int       `json:"weight"` // share of calls it wants, from 1
	Started time.Time `json:"started"`
}

// Watcher tells where the instances of a service are.
type Watcher interface {
	// Watch pushes the full set of instances: the set known now, then each set that differs. An empty set means that
	// none was ever known. It returns when ctx ends. push is never called by two goroutines at once and must not block.
	Watch(ctx context.Context, service string, push func([]Instance)) error
}

// Servers splits the address of an ensemble at its commas.
func Servers(ensemble string) []string {
	var servers []string
	for server := range strings.SplitSeq(ensemble, ",") {
		if server = strings.TrimSpace(server); server != "" {
			servers = append(servers, server)
		}
	}
	return servers
}

var errAddr = errors.New("addr is not host:port")

// decode reads a node's data.
func decode(data []byte) (Instance, error) {
	var i Instance
	if err := json.Unmarshal(data, &i); err != nil {
		return i, errors.New("data is not a JSON object of an instance")
	}
	i.Weight = max(i.Weight, 1)
	return i, i.validate()
}

func (i Instance) validate() error {
	host, port, err := net.SplitHostPort(i.Addr)
	if err != nil || host == "" || port == "" || strings.ContainsAny(i.Addr, "/ ") {
		return errAddr
	}
	return nil
}

// sorted returns the instances by address, so that equal sets are equal lists.
func sorted(instances []Instance) []Instance {
	return slices.SortedFunc(slices.Values(instances), func(a, b Instance) int { return strings.Compare(a.Addr, b.Addr) })
}

func equal(a, b []Instance) bool {
	return slices.EqualFunc(a, b, func(a, b Instance) bool {
		return a.Addr == b.Addr && a.Version == b.Version && a.Weight == b.Weight && a.Started.Equal(b.Started)
	})
}
