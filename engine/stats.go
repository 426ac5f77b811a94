package engine

import "context"

// Stats is what an operation has cost. It is set when a response of its handler is there.
type Stats struct {
	Cost int // what Options.Weigh says, summed over the objects that were resolved
}

type statsKey struct{}

// WithStats returns a context whose operation adds what it costs to stats.
func WithStats(ctx context.Context, stats *Stats) context.Context {
	return context.WithValue(ctx, statsKey{}, stats)
}

// count adds what was resolved since the last response.
func (x *execution) count() {
	if stats, ok := x.ctx.Value(statsKey{}).(*Stats); ok {
		stats.Cost += x.cost
	}
	x.cost = 0
}

// report is what GraphQL-Plan tells.
type report struct{}

func reportOf(context.Context) *report { return nil }

func (*report) resolved(*column) {}
