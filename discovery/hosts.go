package discovery

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

const lookupTimeout = 2 * time.Second

// hosts hands the servers' addresses to the library, and looks their names up anew for each round through them: the
// library's own provider does so once, and a server that moved would never be found again.
type hosts struct {
	ctx    context.Context // of the connection, which the library does not hand on
	lookup func(ctx context.Context, host string) ([]string, error)

	mu        sync.Mutex
	servers   []string // host:port, as configured
	round     []string // addresses still to be tried
	rounds    int      // since the last success
	succeeded time.Time
}

func newHosts(ctx context.Context) *hosts {
	return &hosts{ctx: ctx, lookup: net.DefaultResolver.LookupHost}
}

// Init implements zk.HostProvider. Nothing is looked up yet: a name server that is down must not stop the program.
func (h *hosts) Init(servers []string) error {
	h.servers = servers
	return nil
}

// Len implements zk.HostProvider.
func (h *hosts) Len() int { return len(h.servers) }

// Next implements zk.HostProvider. A true retryStart makes the library pause for a second: so it does between two rounds,
// but not before the first attempt after a working connection was lost.
func (h *hosts) Next() (server string, retryStart bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.round) == 0 {
		h.round = h.resolve()
		h.rounds++
		retryStart = h.rounds > 1
	}
	server, h.round = h.round[0], h.round[1:]
	return server, retryStart
}

// Connected implements zk.HostProvider.
func (h *hosts) Connected() {
	h.mu.Lock()
	defer h.mu.Unlock()
	// A server that takes us in and throws us out again is not to be asked in a busy loop.
	if time.Since(h.succeeded) > time.Second {
		h.round, h.rounds = nil, 0
	}
	h.succeeded = time.Now()
}

// resolve returns all addresses of all servers in any order. A name that cannot be looked up stays a name, so that the
// attempt to dial it says what is wrong.
func (h *hosts) resolve() []string {
	ctx, cancel := context.WithTimeout(h.ctx, lookupTimeout)
	defer cancel()

	var found []string
	for _, server := range h.servers {
		host, port, err := net.SplitHostPort(server)
		if err != nil {
			found = append(found, server)
			continue
		}
		addrs, err := h.lookup(ctx, host)
		if err != nil || len(addrs) == 0 {
			found = append(found, server)
			continue
		}
		for _, addr := range addrs {
			found = append(found, net.JoinHostPort(addr, port))
		}
	}
	rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] }) //nolint:gosec // spreads load, keeps no secret
	return found
}
