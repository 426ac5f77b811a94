package accesslog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bff/accesslog"
)

// sink remembers what it was sent; it can be down, or hang until it is told to go on.
type sink struct {
	mu   sync.Mutex
	down bool
	hang chan struct{} // nil: it does not
	got  []string      // ids
}

func (s *sink) Send(ctx context.Context, entries []accesslog.Entry) error {
	s.mu.Lock()
	hang := s.hang
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errors.New("down")
	}
	for _, entry := range entries {
		var r accesslog.Record
		if err := json.Unmarshal(entry.Line, &r); err != nil {
			return err
		}
		s.got = append(s.got, r.ID)
	}
	return nil
}

func (s *sink) Close() error { return nil }

func (s *sink) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func (s *sink) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// counter counts what became of records.
type counter struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counter) observe(result string, records int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[result] += records
}

func (c *counter) counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.n)
}

func open(t *testing.T, to accesslog.Sink, options accesslog.Options) (*accesslog.Log, *counter) {
	t.Helper()
	c := &counter{}
	options.Observe = c.observe
	if options.Dir == "" {
		options.Dir = t.TempDir()
	}
	log, err := accesslog.Open(to, options)
	if err != nil {
		t.Fatal(err)
	}
	return log, c
}

func add(log *accesslog.Log, from, to int) (ids []string) {
	for i := from; i < to; i++ {
		id := fmt.Sprintf("id-%06d", i)
		log.Add(accesslog.Record{ID: id, Client: fmt.Sprintf("client%d", i%3)})
		ids = append(ids, id)
	}
	return ids
}

func closeLog(t *testing.T, log *accesslog.Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := log.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestCloseDeliversWhatWaits(t *testing.T) {
	s := &sink{}
	log, c := open(t, s, accesslog.Options{Batch: 7})
	want := add(log, 0, 1000)
	closeLog(t, log)
	if got := s.ids(); !slices.Equal(got, want) {
		t.Errorf("delivered %d records, or in another order", len(got))
	}
	if n := c.counts(); n["accepted"] != 1000 || n["delivered"] != 1000 || n["dropped"] != 0 || n["spooled"] != 0 {
		t.Errorf("counts %v", n)
	}
}

func TestWhatTheSinkMissedComesLaterInOrderOfAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{down: true}
		log, c := open(t, s, accesslog.Options{})
		want := add(log, 0, 3000)
		time.Sleep(time.Minute)
		if n := c.counts(); n["spooled"] != 3000 || n["delivered"] != 0 {
			t.Errorf("while down: %v", n)
		}
		s.set(false)
		want = append(want, add(log, 3000, 3100)...)
		time.Sleep(time.Minute)
		want = append(want, add(log, 3100, 3200)...)
		time.Sleep(time.Minute)
		if got := s.ids(); !slices.Equal(got, want) {
			t.Errorf("delivered %d records, or in another order", len(got))
		}
		if n := c.counts(); n["accepted"] != 3200 || n["delivered"] != 3200 || n["dropped"] != 0 {
			t.Errorf("counts %v", n)
		}
		closeLog(t, log)
	})
}

func TestAFullSpoolDropsTheOldestAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{down: true}
		log, c := open(t, s, accesslog.Options{SpoolBytes: 3 << 20, Batch: 100})
		total := 0
		for range 60 { // ten megabytes
			add(log, total, total+1000)
			total += 1000
			time.Sleep(10 * time.Second)
		}
		s.set(false)
		time.Sleep(time.Hour)
		closeLog(t, log)

		n, got := c.counts(), s.ids()
		if n["accepted"] != total || n["delivered"]+n["dropped"] != total || n["delivered"] != len(got) || n["dropped"] == 0 {
			t.Errorf("counts %v, %d delivered", n, len(got))
		}
		if len(got) == 0 || got[len(got)-1] != fmt.Sprintf("id-%06d", total-1) || !slices.IsSorted(got) {
			t.Error("what was kept is not the newest")
		}
	})
}

func TestAHungSinkHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{hang: make(chan struct{})}
		log, c := open(t, s, accesslog.Options{Queue: 100})
		start := time.Now()
		for i := range 200 {
			add(log, i*10, i*10+10)
			time.Sleep(20 * time.Millisecond)
		}
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("handing over took %s longer", took-4*time.Second)
		}
		close(s.hang)
		time.Sleep(time.Minute)
		n := c.counts()
		if n["accepted"] != 2000 || n["delivered"]+n["dropped"] != 2000 || n["delivered"] != len(s.ids()) {
			t.Errorf("counts %v, %d delivered", n, len(s.ids()))
		}
		// Only the first batch holds the queue up, for as long as it may take; then everything goes to the disk.
		if n["dropped"] > 1000 {
			t.Errorf("%d dropped", n["dropped"])
		}
		closeLog(t, log)
	})
}

func TestAnotherProcessSendsWhatOneLeft(t *testing.T) {
	root := t.TempDir()
	s := &sink{down: true}
	log, _ := open(t, s, accesslog.Options{Dir: root})
	want := add(log, 0, 100)
	closeLog(t, log)

	// As if the process had been killed while it wrote.
	segments, err := filepath.Glob(filepath.Join(root, "0", "*.spool.jsonl"))
	if err != nil || len(segments) != 1 {
		t.Fatal(segments, err)
	}
	file, err := os.OpenFile(segments[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.WriteString(`{"id":"cut","cli`)
	_ = file.Close()

	s.set(false)
	log, c := open(t, s, accesslog.Options{Dir: root})
	want = append(want, add(log, 100, 110)...)
	closeLog(t, log)
	if got := s.ids(); !slices.Equal(got, want) {
		t.Errorf("delivered %v", got)
	}
	if n := c.counts(); n["accepted"] != 110 || n["delivered"] != 110 {
		t.Errorf("counts %v", n)
	}
}

func TestProcessesShareASpoolFolder(t *testing.T) {
	root := t.TempDir()
	a, b := &sink{down: true}, &sink{down: true}
	one, _ := open(t, a, accesslog.Options{Dir: root})
	two, _ := open(t, b, accesslog.Options{Dir: root})
	wantA, wantB := add(one, 0, 10), add(two, 10, 20)
	a.set(false)
	b.set(false)
	closeLog(t, one)
	closeLog(t, two)
	if !slices.Equal(a.ids(), wantA) || !slices.Equal(b.ids(), wantB) {
		t.Errorf("one sent %v, the other %v", a.ids(), b.ids())
	}
}

func TestAFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := accesslog.Open(&sink{}, accesslog.Options{Dir: filepath.Join(file, "spool")}); err == nil {
		t.Error("opened")
	}
	if _, err := accesslog.OpenFiles(filepath.Join(file, "log"), "x"); err == nil {
		t.Error("opened")
	}
}
