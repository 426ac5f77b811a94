package accesslog

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// Sink takes records away for good: Kafka, or files.
type Sink interface {
	// Send delivers all entries, or answers an error; then some may have been delivered, and all are sent again.
	Send(ctx context.Context, entries []Entry) error
	Close() error
}

// Entry is a record as it travels.
type Entry struct {
	Key  string // the client: records of one client stay in order
	Line []byte // JSON
}

// Options tune a Log. The zero value works, but for Dir.
type Options struct {
	Dir         string        // of the spool; required; several processes can share one
	SpoolBytes  int64         // most that waits on disk; the oldest leave; default 256 MB
	Queue       int           // most records that wait in memory; default 10,000
	Batch       int           // most records sent at once; default 500
	Linger      time.Duration // how long a batch waits to fill: what a crash loses at most; default 50 ms
	SendTimeout time.Duration // of one batch; default 2 s
	// Observe is told what became of records: "accepted", and then "delivered" or "dropped"; "spooled" on the way.
	Observe func(result string, records int)
	Logger  *slog.Logger // for changes of state; default: discarded
}

// Log hands records to a sink beside the requests. Safe for concurrent use.
//
//	Add ─▶ queue ─▶ batch ─▶ sink
//	                  │ fails       ▲ again and again, the oldest first
//	                  └─▶ spool ────┘ while anything is in it, everything goes through it
type Log struct {
	sink    Sink
	spool   *spool
	options Options
	queue   *queue
	closing chan struct{} // closed by Close
	ended   chan struct{} // closed when run has ended
	down    bool          // the sink failed, and that was said
}

const (
	firstPause = 250 * time.Millisecond // after a failure of the sink
	longPause  = 2 * time.Second
)

// Open returns a log that sends to sink. What an earlier process left in the spool is sent first, and counts as
// accepted again. Files of the spool that cannot be read are an error.
func Open(sink Sink, options Options) (*Log, error) {
	set := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	set(&options.Queue, 10_000)
	set(&options.Batch, 500)
	if options.SpoolBytes <= 0 {
		options.SpoolBytes = 256 << 20
	}
	if options.Linger <= 0 {
		options.Linger = 50 * time.Millisecond
	}
	if options.SendTimeout <= 0 {
		options.SendTimeout = 2 * time.Second
	}
	if options.Observe == nil {
		options.Observe = func(string, int) {}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}

	spool, err := openSpool(options.Dir, options.SpoolBytes)
	if err != nil {
		return nil, err
	}
	l := &Log{
		sink: sink, spool: spool, options: options, queue: newQueue(options.Queue, options.Batch),
		closing: make(chan struct{}), ended: make(chan struct{}),
	}
	if left := spool.waiting(); left > 0 {
		options.Observe("accepted", left)
		options.Observe("spooled", left)
	}
	go l.run()
	return l, nil
}

// Add hands a record over. It never waits: if the queue is full the record is dropped, and counted.
func (l *Log) Add(r Record) {
	l.options.Observe("accepted", 1)
	if !l.queue.add(&r) {
		l.options.Observe("dropped", 1)
	}
}

// Close sends what waits in memory, or leaves it in the spool for the next process. Nobody may call Add any more. It
// returns when that is done, or with ctx's error.
func (l *Log) Close(ctx context.Context) error {
	close(l.closing)
	select {
	case <-l.ended:
		return l.sink.Close()
	case <-ctx.Done():
		return fmt.Errorf("close access log: %w", ctx.Err())
	}
}

// run moves records on until the log is closed. While a batch of the spool is on its way, new records go on into it.
func (l *Log) run() {
	defer close(l.ended)
	defer l.spool.close()

	pause := firstPause
	var again <-chan time.Time // when the spool is tried
	var flying <-chan drained  // what becomes of a batch of the spool
	for {
		if again == nil && flying == nil && !l.spool.empty() {
			again = time.After(pause)
		}
		select {
		case <-l.queue.begun:
			l.linger()
			l.pass(l.queue.take())
		case <-again:
			again, flying = nil, l.drain()
		case d := <-flying:
			flying = nil
			if !l.landed(d) {
				pause = min(2*pause, longPause)
				continue
			}
			pause = firstPause
			if !l.spool.empty() {
				again = time.After(0)
			}
		case <-l.closing:
			if flying != nil {
				l.landed(<-flying)
			}
			l.finish()
			return
		}
	}
}

// linger waits until a batch is full, or has waited long enough.
func (l *Log) linger() {
	enough := time.NewTimer(l.options.Linger)
	defer enough.Stop()
	select {
	case <-l.queue.filled:
	case <-enough.C:
	case <-l.closing:
	}
}

// pass sends a batch, or puts it into the spool: if the sink fails, and while older records wait there.
func (l *Log) pass(batch []Record) {
	if batch == nil {
		return
	}
	entries := l.encode(batch)
	l.queue.release(batch)
	if len(entries) == 0 {
		return
	}
	if l.spool.empty() {
		err := l.send(entries)
		l.say(err)
		if err == nil {
			l.options.Observe("delivered", len(entries))
			return
		}
	}

	lines := make([][]byte, len(entries))
	for i, entry := range entries {
		lines[i] = entry.Line
	}
	dropped, err := l.spool.append(lines)
	if err != nil {
		l.options.Logger.Error("spool not written", "error", err.Error())
		l.options.Observe("dropped", len(lines))
		return
	}
	l.options.Observe("spooled", len(lines))
	if dropped > 0 {
		l.options.Observe("dropped", dropped)
	}
}

// encode writes the lines of a batch into one block of memory, a new one each time: a sink that was given up may still
// read the last.
func (l *Log) encode(batch []Record) []Entry {
	const usual = 512 // bytes of a line
	entries := make([]Entry, 0, len(batch))
	block := make([]byte, 0, usual*len(batch))
	for i := range batch {
		begin := len(block)
		longer, err := appendRecord(block, &batch[i])
		if err != nil {
			l.options.Observe("dropped", 1)
			continue
		}
		block = longer
		entries = append(entries, Entry{Key: batch[i].Client, Line: block[begin:len(block):len(block)]})
	}
	return entries
}

// send delivers entries within the time for it.
func (l *Log) send(entries []Entry) error {
	ctx, cancel := context.WithTimeout(context.Background(), l.options.SendTimeout)
	defer cancel()
	return l.sink.Send(ctx, entries)
}

// say logs that the sink went down, or came back.
func (l *Log) say(err error) {
	switch {
	case err != nil && !l.down:
		l.options.Logger.Warn("access records go to the spool", "error", err.Error())
	case err == nil && l.down:
		l.options.Logger.Info("access records are delivered again")
	}
	l.down = err != nil
}

// drained is a batch of the spool that was sent.
type drained struct {
	from  *segment
	lines [][]byte
	err   error
}

// drain sends some of the oldest records of the spool in the background.
func (l *Log) drain() <-chan drained {
	landing := make(chan drained, 1)
	lines, err := l.spool.oldest(l.options.Batch)
	if err != nil {
		landing <- drained{err: err}
		return landing
	}
	d := drained{from: l.spool.segments[0], lines: lines}
	go func() {
		entries := make([]Entry, len(lines))
		for i, line := range lines {
			var key struct{ Client string }
			_ = json.Unmarshal(line, &key) // without a key it goes anywhere
			entries[i] = Entry{Key: key.Client, Line: line}
		}
		d.err = l.send(entries)
		landing <- d
	}()
	return landing
}

// landed takes a batch that was delivered out of the spool, and says whether it was. A batch that had to leave the full
// spool meanwhile was counted as dropped.
func (l *Log) landed(d drained) bool {
	l.say(d.err)
	if d.err != nil {
		return false
	}
	if l.spool.take(d.from, d.lines) {
		l.options.Observe("delivered", len(d.lines))
	}
	return true
}

// finish passes on what waits in the queue, and tries the spool once more.
func (l *Log) finish() {
	for batch := l.queue.take(); batch != nil; batch = l.queue.take() {
		l.pass(batch)
	}
	for !l.spool.empty() && l.landed(<-l.drain()) {
		continue
	}
}
