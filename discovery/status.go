package discovery

import (
	"slices"
	"strings"
	"time"
)

// ServiceStatus is what is known of one service that is watched.
type ServiceStatus struct {
	Service   string
	Endpoints int // instances that consumers were told of last
	// Stale is how long ago ZooKeeper last confirmed that list. 0: we are connected, and a change would be told.
	Stale time.Duration
	// Empty says that ZooKeeper lists nobody, although Endpoints of the last good list are still in use.
	Empty bool
}

// Status returns the state of every service that is watched now, by name. It asks nobody.
func (z *ZooKeeper) Status() []ServiceStatus {
	z.mu.Lock()
	now := z.link
	byService := map[string]ServiceStatus{}
	for f := range z.followers {
		status := f.status(now)
		// Of two watches of one service, the better informed speaks.
		if other, found := byService[f.service]; !found || status.Stale < other.Stale {
			byService[f.service] = status
		}
	}
	z.mu.Unlock()

	all := make([]ServiceStatus, 0, len(byService))
	for _, status := range byService {
		all = append(all, status)
	}
	slices.SortFunc(all, func(a, b ServiceStatus) int { return strings.Compare(a.Service, b.Service) })
	return all
}
