package engine

import "context"

// Stats is what an operation has cost. It is set when a response of its handler is there.
type Stats struct {
	Cost   int     // what Options.Weigh says, summed over the objects that were resolved
	Report *Report // filled with how the operation is carried out; nil: nobody asks, and it costs nothing
}

type statsKey struct{}

// WithStats returns a context whose operation adds what it costs to stats.
func WithStats(ctx context.Context, stats *Stats) context.Context {
	return context.WithValue(ctx, statsKey{}, stats)
}

// observe finds out who wants to know what the execution costs.
func (x *execution) observe(ctx context.Context) {
	if stats, ok := ctx.Value(statsKey{}).(*Stats); ok {
		x.stats, x.report = stats, stats.Report
	}
}

// count adds what was resolved since the last response.
func (x *execution) count() {
	if x.stats != nil {
		x.stats.Cost += x.cost
	}
	x.cost = 0
}
