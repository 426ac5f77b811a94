package dispatch_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bff/dispatch"
)

// A task that tracks what it begins goes on with each part as its own flight lands, and needs no goroutine for it.
func TestATaskGoesOnWithWhatHasLanded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		quick := &source{name: "quick", took: func() time.Duration { return time.Millisecond }, log: log}
		slow := &source{name: "slow", took: func() time.Duration { return time.Second }, log: log}
		s := dispatch.New(dispatch.Options{Patience: dispatch.Unlimited})
		start := time.Now()
		var came []string
		s.Run(dispatch.With(t.Context(), s), dispatch.Job{Name: "engine", Run: func(ctx context.Context) {
			task := dispatch.Current(ctx)
			task.Returned()
			var box dispatch.Inbox
			for _, from := range []*source{slow, quick} {
				batches := task.Track(func() { from.begin(ctx, "k") })
				if len(batches) != 1 {
					t.Errorf("%s: %d batches are tracked", from.name, len(batches))
				}
				task.Deliver(&box, from.name+" has landed", batches)
			}
			for len(came) < 2 {
				items, err := task.Receive(ctx, &box)
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range items {
					came = append(came, item.(string)+" after "+time.Since(start).String())
				}
			}
		}})
		if want := []string{"quick has landed after 1ms", "slow has landed after 1s"}; !slices.Equal(came, want) {
			t.Errorf("%v, want %v", came, want)
		}
	})
}

// What has landed already is received without waiting, and a context that ends wakes the receiver.
func TestReceiveEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := &source{name: "never", took: func() time.Duration { return time.Hour }, log: &journal{}}
		s := dispatch.New(dispatch.Options{})
		s.Run(dispatch.With(t.Context(), s), dispatch.Job{Name: "engine", Run: func(ctx context.Context) {
			task := dispatch.Current(ctx)
			task.Returned()
			var box dispatch.Inbox
			task.Deliver(&box, "now", nil)
			if items, err := task.Receive(ctx, &box); err != nil || len(items) != 1 {
				t.Errorf("%v, %v", items, err)
			}
			batches := task.Track(func() { never.begin(ctx, "k") })
			task.Deliver(&box, "later", batches)
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			if items, err := task.Receive(short, &box); err == nil || len(items) != 0 {
				t.Errorf("%v, %v", items, err)
			}
		}})
		time.Sleep(time.Hour)
	})
}

// begin is load without waiting.
func (s *source) begin(ctx context.Context, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = append(s.open, key)
	if s.batch == nil {
		s.batch = dispatch.Enqueue(ctx, dispatch.From(ctx), s.send)
	}
	s.batch.Want(ctx)
}

// Answers are given at a rest, when the next batches are in flight, and flushed together.
func TestAnswersOfOneRestAreFlushedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		a := &source{name: "a", took: func() time.Duration { return time.Millisecond }, log: log}
		s := dispatch.New(dispatch.Options{})
		job := func(name string, loads int) dispatch.Job {
			return dispatch.Job{
				Name: name,
				Run: func(ctx context.Context) {
					for range loads {
						_ = a.load(ctx, name)
					}
				},
				Answer: func() { log.add("answer " + name) },
				Flush:  func() { log.add("flush") },
			}
		}
		s.RunAll(dispatch.With(t.Context(), s), []dispatch.Job{job("x", 1), job("y", 2), job("z", 1)})
		want := []string{"a(x y z)", "a(y)", "answer x", "answer z", "flush", "answer y", "flush"}
		if !slices.Equal(log.lines, want) {
			t.Errorf("%v, want %v", log.lines, want)
		}
	})
}

// Goroutines are used again, none stays when nobody needs it, and Close waits for those that run.
func TestWorkersAreUsedAgain(t *testing.T) {
	p := dispatch.NewWorkers(2)
	var ran atomic.Int64
	for range 100 {
		var done sync.WaitGroup
		for range 4 {
			done.Add(1)
			p.Go(func() {
				defer done.Done()
				ran.Add(1)
			})
		}
		done.Wait()
	}
	p.Close()
	if ran.Load() != 400 {
		t.Errorf("%d functions ran", ran.Load())
	}
	late := make(chan struct{})
	p.Go(func() { close(late) })
	<-late
}

func BenchmarkParkedTask(b *testing.B) {
	for b.Loop() {
		s := dispatch.New(dispatch.Options{})
		s.Run(dispatch.With(b.Context(), s), dispatch.Job{Run: func(ctx context.Context) {
			batch := dispatch.Enqueue(ctx, s, func(landed func()) { go landed() })
			if batch.Wait(ctx) != nil {
				b.Fatal("the context has ended")
			}
		}})
	}
}
