package accesslog

import (
	"slices"
	"sync"
)

// queue is the records that wait in memory, in chunks of one batch each. Whoever adds a record only copies it: the log's
// goroutine is woken once for each batch, not for each record. Safe for concurrent use.
type queue struct {
	most, batch int
	begun       chan struct{} // holds a token while records wait that nobody has taken notice of
	filled      chan struct{} // holds a token while a whole batch waits

	mu     sync.Mutex
	chunks [][]Record // the oldest first; only the last has less than a batch
	size   int        // records in all chunks
	spare  []Record   // empty; the next chunk
}

func newQueue(most, batch int) *queue {
	return &queue{most: most, batch: batch, begun: make(chan struct{}, 1), filled: make(chan struct{}, 1)}
}

// add puts a record at the end; false: the queue is full.
func (q *queue) add(r *Record) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.size >= q.most {
		return false
	}
	last := len(q.chunks) - 1
	if last < 0 || len(q.chunks[last]) == q.batch {
		q.chunks = append(q.chunks, q.spare)
		q.spare = nil
		last++
	}
	q.chunks[last] = append(q.chunks[last], *r)
	q.size++
	if q.size == 1 {
		signal(q.begun)
	}
	if q.size == q.batch {
		signal(q.filled)
	}
	return true
}

// take removes the oldest batch; nil: nothing waits.
func (q *queue) take() []Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	select { // what it said is about the batch that leaves
	case <-q.filled:
	default:
	}
	if q.size == 0 {
		return nil
	}
	taken := q.chunks[0]
	q.chunks = slices.Delete(q.chunks, 0, 1)
	q.size -= len(taken)
	if q.size > 0 {
		signal(q.begun)
	}
	if q.size >= q.batch {
		signal(q.filled)
	}
	return taken
}

// release gives the memory of a batch back. Nobody may hold any of its records.
func (q *queue) release(taken []Record) {
	clear(taken)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spare = taken[:0]
}

// signal puts a token into a channel of one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
