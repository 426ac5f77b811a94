package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// load keeps a number of connections busy: each sends its next unit when the last one is answered. Close it.
type load struct {
	connections []*connection
	units       [][][]byte
	next        []int // the unit that each connection sends next
}

func newLoad(ctx context.Context, addr string, connections int, units [][][]byte) (*load, error) {
	l := &load{units: units}
	for i := range connections {
		c, err := connect(ctx, addr)
		if err != nil {
			l.close()
			return nil, err
		}
		l.connections = append(l.connections, c)
		l.next = append(l.next, i*len(units)/connections)
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.connections {
		_ = c.conn.Close()
	}
}

// run sends units until the time is over and the last ones are answered. It returns how long each took, the shortest
// first.
func (l *load) run(ctx context.Context, lasting time.Duration) ([]time.Duration, error) {
	took := make([][]time.Duration, len(l.connections))
	errs := make([]error, len(l.connections))
	end := time.Now().Add(lasting)
	var busy sync.WaitGroup
	for i := range l.connections {
		busy.Go(func() { took[i], errs[i] = l.one(ctx, i, end) })
	}
	busy.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

func (l *load) one(ctx context.Context, i int, end time.Time) ([]time.Duration, error) {
	took := make([]time.Duration, 0, 4096)
	c := l.connections[i]
	if err := c.conn.SetDeadline(end.Add(exchangeTimeout)); err != nil {
		return nil, err
	}
	for start := time.Now(); start.Before(end) && ctx.Err() == nil; {
		unit := l.units[l.next[i]]
		l.next[i] = (l.next[i] + 1) % len(l.units)
		for _, request := range unit {
			if err := c.exchange(request, nil); err != nil {
				return nil, err
			}
		}
		now := time.Now()
		took = append(took, now.Sub(start))
		start = now
	}
	return took, ctx.Err()
}

// percentile returns the value below which p percent of the sorted values are. 0 if there are none.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}
