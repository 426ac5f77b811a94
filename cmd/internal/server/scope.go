package server

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"bff"
	"bff/accesslog"
	"bff/auth"
	"bff/dispatch"
	"bff/loaders"
	"bff/transport"
)

// scope is the context of one request: it holds in one struct what the middleware learns of the request. The middleware
// writes it, one after the other, before the handler runs; from then on nobody does. It belongs to one request and is
// never used again, for somebody may hold the context when the answer has ended.
type scope struct {
	context.Context // net/http's

	id       string
	idHeader [1]string // id as the value of a header

	records *recorder // nil: nothing is recorded
	request *http.Request
	start   time.Time
	tally   accesslog.Tally

	located bool
	proxies []netip.Prefix // whose X-Forwarded-For is believed

	identified bool
	viewer     auth.Viewer

	trial trial
	loads *loads // nil: nobody asked how operations are carried out

	factory *loaders.Factory // nil: the request has no loaders
	making  sync.Once
	made    *loaders.Loaders
}

type scopeKey struct{}

// scoped returns the scope of a request and the request that carries it: the same one, if it has a scope.
func scoped(r *http.Request) (*scope, *http.Request) {
	if s, ok := r.Context().(*scope); ok {
		return s, r
	}
	if s, ok := r.Context().Value(scopeKey{}).(*scope); ok { // a middleware put a context of its own over it
		return s, r
	}
	s := &scope{Context: r.Context()}
	r = r.WithContext(s)
	s.request = r
	return s, r
}

// Value implements context.Context. Values are pointers into the scope, so that reading one does not allocate.
func (s *scope) Value(key any) any {
	switch key.(type) {
	case bff.RequestIDKey:
		if s.id != "" {
			return &s.id
		}
	case bff.AddressKey:
		if s.located {
			address := addressOf(s.request, s.proxies)
			return &address
		}
	case auth.ViewerKey:
		if s.identified {
			return &s.viewer
		}
	case accesslog.TallyKey:
		return &s.tally
	case transport.ObserverKey:
		if s.records != nil {
			return transport.Observer(s)
		}
	case trialKey:
		return &s.trial
	case loadsKey:
		if s.loads == nil {
			return nil
		}
		return s.loads
	case loaders.Key:
		if s.factory != nil {
			return s.loaders()
		}
	case dispatch.Key:
		if s.factory != nil {
			return s.loaders().Schedule()
		}
	case scopeKey:
		return s
	}
	return s.Context.Value(key)
}

// loaders returns the loaders of the request, which are made when somebody asks for them.
func (s *scope) loaders() *loaders.Loaders {
	s.making.Do(func() { s.made = s.factory.New(s) })
	return s.made
}

// Observe implements transport.Observer.
func (s *scope) Observe(ctx context.Context, o transport.Operation) { s.records.observe(ctx, s, o) }
