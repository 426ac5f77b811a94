package dispatch

import (
	"sync"
	"time"
)

// Workers keeps goroutines that have ended their task, for the next one: their stacks have grown already, which costs as
// much as a small task. Safe for concurrent use. The zero value keeps none.
type Workers struct {
	most int

	mu     sync.Mutex
	idle   []*worker
	trim   *time.Timer // nil: no goroutine is idle
	closed bool
	all    sync.WaitGroup
}

// worker is a goroutine of its own for as long as it is used again.
type worker struct {
	next chan func()
	used bool // since idle ones were looked at last
}

// idleFor is how long a goroutine is kept at least that nobody uses.
const idleFor = 250 * time.Millisecond

// NewWorkers returns what keeps so many idle goroutines at most. Close it.
func NewWorkers(most int) *Workers { return &Workers{most: most} }

// Go runs f in a goroutine.
func (p *Workers) Go(f func()) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		w.next <- f
		return
	}
	if p.most == 0 || p.closed {
		p.mu.Unlock()
		go f()
		return
	}
	p.all.Add(1)
	p.mu.Unlock()
	go p.run(&worker{next: make(chan func(), 1)}, f)
}

// run runs f, and then what it is given, until nobody needs the goroutine.
func (p *Workers) run(w *worker, f func()) {
	defer p.all.Done()
	for f != nil {
		f()
		if !p.keep(w) {
			return
		}
		f = <-w.next
	}
}

// keep makes a goroutine idle; false: there are enough.
func (p *Workers) keep(w *worker) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= p.most {
		return false
	}
	w.used = true
	p.idle = append(p.idle, w)
	if p.trim == nil {
		p.trim = time.AfterFunc(idleFor, p.end)
	}
	return true
}

// end ends the goroutines that nobody has used since the last time.
func (p *Workers) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[:0]
	for _, w := range p.idle {
		if w.used && !p.closed {
			w.used = false
			kept = append(kept, w)
		} else {
			w.next <- nil
		}
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	if p.trim = nil; len(kept) > 0 {
		p.trim = time.AfterFunc(idleFor, p.end)
	}
}

// Close ends all goroutines that are idle, and waits for those that are not. Go may be called after it.
func (p *Workers) Close() {
	p.mu.Lock()
	p.closed = true
	if p.trim != nil {
		p.trim.Stop()
	}
	p.mu.Unlock()
	p.end()
	p.all.Wait()
}
