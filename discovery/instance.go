package discovery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Errors of a wrong name or address. They are found before ZooKeeper is asked anything.
var (
	ErrService = errors.New("not the full name of a gRPC service")
	ErrAddr    = errors.New("not an address host:port that others can call")
)

// Instance is one running copy of a service. Its JSON is the data of the provider's node.
type Instance struct {
	Addr    string    `json:"addr"` // host:port that consumers can call
	Version string    `json:"version"`
	Weight  int       `json:"weight"` // share of the calls it asks for; less than 1 counts as 1
	Started time.Time `json:"started"`
}

// Watcher knows the instances of services.
type Watcher interface {
	// Watch pushes the full set of a service's instances, in the order of their addresses: first the set known now,
	// then the new set at each change. An empty set says that no instance was ever known. push is called by one
	// goroutine at a time, should not block, and may keep the slice. Watch returns when ctx ends, with its error, or
	// at once if the service cannot be watched at all.
	Watch(ctx context.Context, service string, push func([]Instance)) error
}

// Servers splits the address of an ensemble, host:port,host:port, for NewZooKeeper.
func Servers(ensemble string) []string {
	var servers []string
	for server := range strings.SplitSeq(ensemble, ",") {
		if server = strings.TrimSpace(server); server != "" {
			servers = append(servers, server)
		}
	}
	return servers
}

// parse reads a node's data.
func parse(data []byte) (Instance, error) {
	var i Instance
	if err := json.Unmarshal(data, &i); err != nil {
		return Instance{}, fmt.Errorf("instance: %w", err)
	}
	return i.checked()
}

// checked returns the instance with its defaults, or says why nobody could call it.
func (i Instance) checked() (Instance, error) {
	host, port, err := net.SplitHostPort(i.Addr)
	if err != nil || host == "" || strings.ContainsFunc(host, notInHost) {
		return Instance{}, fmt.Errorf("%q: %w", i.Addr, ErrAddr)
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		return Instance{}, fmt.Errorf("%q: %w", i.Addr, ErrAddr)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return Instance{}, fmt.Errorf("%q: %w", i.Addr, ErrAddr)
	}
	i.Weight = max(i.Weight, 1)
	return i, nil
}

// notInHost finds what would make a second path segment, or a name that no network knows.
func notInHost(r rune) bool { return r <= ' ' || r == '/' || r == 0x7f }

func (i Instance) equal(other Instance) bool {
	return i.Addr == other.Addr && i.Version == other.Version && i.Weight == other.Weight && i.Started.Equal(other.Started)
}

// ordered returns the instances by address, one for each address, so that equal sets are equal lists.
func ordered(instances []Instance) []Instance {
	list := slices.Clone(instances)
	// Of two nodes with one address, the younger tells the truth.
	slices.SortFunc(list, func(a, b Instance) int {
		return cmp.Or(cmp.Compare(a.Addr, b.Addr), b.Started.Compare(a.Started))
	})
	return slices.CompactFunc(list, func(a, b Instance) bool { return a.Addr == b.Addr })
}

// checkService refuses what is no name of a service: it becomes part of a path in ZooKeeper and of a file's name.
func checkService(service string) error {
	for part := range strings.SplitSeq(service, ".") {
		if part == "" || strings.ContainsFunc(part, notInName) {
			return fmt.Errorf("%q: %w", service, ErrService)
		}
	}
	return nil
}

func notInName(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	return !letter && (r < '0' || r > '9') && r != '_' && r != '-'
}
