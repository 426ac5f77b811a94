package server

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"bff/accesslog"
	"bff/auth"
	"bff/backends"
	"bff/loaders"
	"bff/transport"
)

// loads is what the loaders of a request do, for a client that asked how its operations were carried out. It keeps counts,
// names and times. Safe for concurrent use.
type loads struct {
	mu      sync.Mutex
	known   map[string]int // keys, by loader, since its last batch
	batches []*fetching
	calls   []transport.LoadedCall
}

// fetching is a batch of a loader.
type fetching struct {
	loads *loads
	transport.LoadedBatch
	start time.Time
}

var _ loaders.Watcher = (*loads)(nil)

type (
	loadsKey    struct{}
	fetchingKey struct{}
)

// loadsOf returns what watches the loaders of a request; nil: nobody asked.
func loadsOf(ctx context.Context) *loads {
	l, _ := ctx.Value(loadsKey{}).(*loads)
	return l
}

// explains has the loaders of a request watched if its client asks how operations are carried out. Whether it may know
// is decided when an operation is answered: over a WebSocket the viewer is not known before.
func explains() middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if first(r.Header, "Graphql-Plan") == "report" {
				var s *scope
				s, r = scoped(r)
				s.loads = new(loads)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// explainTo returns what reports the loads of a request, to administrators only in production.
func explainTo(production bool) func(ctx context.Context) func() transport.Loads {
	return func(ctx context.Context) func() transport.Loads {
		l := loadsOf(ctx)
		if l == nil || production && !auth.From(ctx).Admin {
			return nil
		}
		return l.report
	}
}

// watchLoaders returns who watches the loaders of a request; nil: nobody.
func watchLoaders(ctx context.Context) loaders.Watcher {
	if l := loadsOf(ctx); l != nil {
		return l
	}
	return nil
}

// afresh returns a context for an operation of a WebSocket, or an event of a subscription, whose loads are its own.
func afresh(ctx context.Context) context.Context {
	if loadsOf(ctx) == nil {
		return ctx
	}
	return context.WithValue(ctx, loadsKey{}, new(loads))
}

// accounts returns what a request is counted in, and whether its client asked how it is carried out.
func accounts(ctx context.Context) (tally *accesslog.Tally, explained bool) {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		return &s.tally, s.loads != nil
	}
	return accesslog.From(ctx), false
}

// Known implements loaders.Watcher.
func (l *loads) Known(loader string, keys int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[string]int{}
	}
	l.known[loader] += keys
}

// Batch implements loaders.Watcher.
func (l *loads) Batch(ctx context.Context, loader string, keys, round int) (context.Context, func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &fetching{loads: l, start: time.Now(), LoadedBatch: transport.LoadedBatch{Round: round, Loader: loader, Keys: keys, Known: l.known[loader], Open: true}}
	delete(l.known, loader)
	l.batches = append(l.batches, f)
	return context.WithValue(ctx, fetchingKey{}, f), f.end
}

func (f *fetching) end() {
	f.loads.mu.Lock()
	defer f.loads.mu.Unlock()
	f.MS, f.Open = milliseconds(time.Since(f.start)), false
}

// milliseconds is exact to a microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// found notes that a level of the cache knew keys of the batch that a context belongs to.
func found(ctx context.Context, level string, keys int) {
	f, _ := ctx.Value(fetchingKey{}).(*fetching)
	if f == nil {
		return
	}
	f.loads.mu.Lock()
	defer f.loads.mu.Unlock()
	switch level {
	case "memory":
		f.Found.Memory += keys
	case "redis":
		f.Found.Redis += keys
	}
}

// called notes a call of a service, by the batch that a context belongs to or by none.
func called(ctx context.Context, call backends.Call) {
	noted := transport.LoadedCall{Service: call.Service, Method: call.Method, Keys: call.Keys, Code: call.Code, MS: milliseconds(call.Took)}
	f, _ := ctx.Value(fetchingKey{}).(*fetching)
	l := loadsOf(ctx)
	if f != nil {
		l = f.loads
	}
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if f != nil {
		noted.Round = f.Round
		f.Found.Service += call.Keys
	}
	l.calls = append(l.calls, noted)
}

// report returns what was loaded until now, by rounds, and by name within a round. What belongs to no round comes first, but
// for keys that were known without a batch after them, which come last.
func (l *loads) report() transport.Loads {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := transport.Loads{Batches: []transport.LoadedBatch{}, Calls: append([]transport.LoadedCall{}, l.calls...)}
	for _, f := range l.batches {
		b := f.LoadedBatch
		if b.Open {
			b.MS = milliseconds(time.Since(f.start))
		} else {
			b.Found.Shared = max(0, b.Keys-b.Found.Memory-b.Found.Redis-b.Found.Service)
		}
		all.Batches = append(all.Batches, b)
	}
	slices.SortStableFunc(all.Batches, func(a, b transport.LoadedBatch) int {
		return cmp.Or(cmp.Compare(a.Round, b.Round), strings.Compare(a.Loader, b.Loader))
	})
	slices.SortStableFunc(all.Calls, func(a, b transport.LoadedCall) int {
		return cmp.Or(cmp.Compare(a.Round, b.Round), strings.Compare(a.Service, b.Service), strings.Compare(a.Method, b.Method))
	})

	idle := len(all.Batches)
	for loader, keys := range l.known {
		all.Batches = append(all.Batches, transport.LoadedBatch{Loader: loader, Known: keys})
	}
	slices.SortFunc(all.Batches[idle:], func(a, b transport.LoadedBatch) int { return strings.Compare(a.Loader, b.Loader) })
	return all
}
