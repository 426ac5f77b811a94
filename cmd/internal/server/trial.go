package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"bff"
	"bff/accesslog"
)

// trial is what a request of the comparison changes for itself, by headers: Compare-Delay, the milliseconds that each
// call of the post service takes longer, and Compare-Cache: off, past both levels of the cache.
type trial struct {
	delay    time.Duration
	uncached bool
}

// maxDelay keeps a trial from holding more than an ordinary slow request does.
const maxDelay = time.Second

type trialKey struct{}

func trialOf(ctx context.Context) trial {
	if t, ok := ctx.Value(trialKey{}).(*trial); ok {
		return *t
	}
	return trial{}
}

func delayed(ctx context.Context) time.Duration { return trialOf(ctx).delay }
func slowed(ctx context.Context) bool           { return trialOf(ctx).delay > 0 }
func uncached(ctx context.Context) bool         { return trialOf(ctx).uncached }

// try reads the headers of a trial.
func try(refuse refusal) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var t trial
			delay, levels := first(r.Header, "Compare-Delay"), first(r.Header, "Compare-Cache")
			if delay != "" {
				ms, err := strconv.ParseUint(delay, 10, 16)
				if t.delay = time.Duration(ms) * time.Millisecond; err != nil || t.delay > maxDelay {
					refuse(w, r, http.StatusBadRequest, bff.Errorf(bff.Invalid, "Compare-Delay must be milliseconds, 0 to %d", maxDelay.Milliseconds()))
					return
				}
			}
			if t.uncached = levels == "off"; levels != "" && levels != "on" && !t.uncached {
				refuse(w, r, http.StatusBadRequest, bff.Errorf(bff.Invalid, "Compare-Cache must be on or off"))
				return
			}
			if t != (trial{}) {
				var s *scope
				s, r = scoped(r)
				s.trial = t
			}
			next.ServeHTTP(w, r)
		})
	}
}

// measured is an access record as the comparison reads it: what an operation cost, not whose it was.
type measured struct {
	RequestID     string   `json:"requestId"`
	Protocol      string   `json:"protocol"`
	OperationName string   `json:"operationName"`
	OperationType string   `json:"operationType"`
	Status        int      `json:"status"`
	ErrorCodes    []string `json:"errorCodes,omitempty"`
	DurationMS    float64  `json:"durationMs"`
	Bytes         int64    `json:"bytes"`
	CostEstimated int      `json:"costEstimated"`
	CostActual    int      `json:"costActual"`
	accesslog.Counts
}

// recent keeps the last access records for whoever knows the id of their request. Safe for concurrent use.
type recent struct {
	mu   sync.Mutex
	kept [4096]measured
	next int
}

// keep forgets the oldest.
func (l *recent) keep(r accesslog.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[l.next%len(l.kept)] = measured{
		RequestID: r.RequestID, Protocol: r.Protocol, OperationName: r.OperationName, OperationType: r.OperationType, Status: r.Status,
		ErrorCodes: r.ErrorCodes, DurationMS: r.DurationMS, Bytes: r.Bytes, CostEstimated: r.CostEstimated, CostActual: r.CostActual,
		Counts: r.Counts,
	}
	l.next++
}

// ServeHTTP answers with the records of the requests that the query names: ?requestId=a&requestId=b.
func (l *recent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	wanted := map[string]bool{}
	for _, id := range r.URL.Query()["requestId"] {
		wanted[id] = id != ""
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string][]measured{"records": l.of(wanted)}) // the client has gone: nobody is left to tell
}

func (l *recent) of(wanted map[string]bool) []measured {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := []measured{}
	for i := max(0, l.next-len(l.kept)); i < l.next; i++ {
		if r := l.kept[i%len(l.kept)]; wanted[r.RequestID] {
			found = append(found, r)
		}
	}
	return found
}
