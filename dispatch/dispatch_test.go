package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"bff/dispatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a loader in miniature: it takes names, and its calls take as long as took says.
type source struct {
	name  string
	took  func() time.Duration
	mu    sync.Mutex
	open  []string
	batch *dispatch.Batch
	log   *journal
}

type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (s *source) load(ctx context.Context, key string) error {
	s.mu.Lock()
	s.open = append(s.open, key)
	if s.batch == nil {
		s.batch = dispatch.Enqueue(ctx, dispatch.From(ctx), s.send)
	} else {
		s.batch.Want(ctx)
	}
	b := s.batch
	s.mu.Unlock()
	return b.Wait(ctx)
}

func (s *source) send(landed func()) {
	s.mu.Lock()
	keys := s.open
	s.open, s.batch = nil, nil
	s.mu.Unlock()
	slices.Sort(keys)
	s.log.add(s.name + "(" + strings.Join(keys, " ") + ")")
	go func() {
		time.Sleep(s.took())
		landed()
	}()
}

// Two operations of three levels over three sources, with latencies that differ each time: the same calls each time.
func TestCallsAreAFunctionOfTheDataNotOfTime(t *testing.T) {
	want := ""
	for run := range 300 {
		synctest.Test(t, func(t *testing.T) {
			log := &journal{}
			random := rand.New(rand.NewPCG(uint64(run), 1))
			var mu sync.Mutex
			took := func() time.Duration {
				mu.Lock()
				defer mu.Unlock()
				return time.Duration(random.IntN(1000)) * time.Millisecond
			}
			a := &source{name: "a", took: took, log: log}
			b := &source{name: "b", took: took, log: log}
			c := &source{name: "c", took: took, log: log}
			s := dispatch.New(dispatch.Options{Patience: dispatch.Unlimited})
			ctx := dispatch.With(t.Context(), s)
			chain := func(key string, sources ...*source) dispatch.Job {
				return dispatch.Job{Name: key, Run: func(ctx context.Context) {
					for i, from := range sources {
						if err := from.load(ctx, fmt.Sprint(key, i)); err != nil {
							t.Error(err)
						}
					}
				}}
			}
			s.RunAll(ctx, []dispatch.Job{chain("x", a, b, c), chain("y", b, c), chain("z", a, a, a), chain("w", c, a)})
			slices.Sort(log.lines)
			if got := strings.Join(log.lines, " "); want == "" {
				want = got
			} else if got != want {
				t.Fatalf("run %d: %s, want %s", run, got, want)
			}
		})
	}
	if want != "a(w1 z1) a(x0 z0) a(z2) b(x1) b(y0) c(w0) c(x2) c(y1)" {
		t.Errorf("calls: %s", want)
	}
}

// With one source slowed by half a second, a chain over another is held up by patience, once a level, and not by it.
func TestPatienceBoundsWhatASlowFlightCosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		quick := &source{name: "quick", took: func() time.Duration { return time.Millisecond }, log: log}
		slow := &source{name: "slow", took: func() time.Duration { return 500 * time.Millisecond }, log: log}
		splits := 0
		s := dispatch.New(dispatch.Options{Observer: dispatch.Observer{Split: func(n int) { splits += n }}})
		start := time.Now()
		var chained time.Duration
		s.RunAll(dispatch.With(t.Context(), s), []dispatch.Job{
			{Name: "slow", Run: func(ctx context.Context) { _ = slow.load(ctx, "s") }},
			{Name: "chain", Run: func(ctx context.Context) {
				for i := range 3 {
					_ = quick.load(ctx, fmt.Sprint(i))
				}
				chained = time.Since(start)
			}},
		})
		if chained != 9*time.Millisecond { // three flights of 1 ms, and 3 ms of patience before the second and the third
			t.Errorf("the chain took %s", chained)
		}
		if splits != 2 {
			t.Errorf("%d batches were split, want 2", splits)
		}
	})
}

// Deferred work waits for what is urgent, and holds nothing of it up.
func TestDeferredFlightsHoldUpNothingUrgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		quick := &source{name: "quick", took: func() time.Duration { return time.Millisecond }, log: log}
		slow := &source{name: "slow", took: func() time.Duration { return time.Second }, log: log}
		s := dispatch.New(dispatch.Options{Patience: dispatch.Unlimited})
		start := time.Now()
		s.RunAll(dispatch.With(t.Context(), s), []dispatch.Job{
			{Name: "later", Priority: dispatch.Deferred, Run: func(ctx context.Context) { _ = slow.load(ctx, "s") }},
			{Name: "now", Run: func(ctx context.Context) {
				_, _ = quick.load(ctx, "1"), quick.load(ctx, "2")
				if took := time.Since(start); took != 2*time.Millisecond {
					t.Errorf("urgent work took %s", took)
				}
			}},
		})
	})
}

// A goroutine that a task has started has no turn: what it loads is dispatched at once, and the task may wait for it.
func TestALoadWithoutTheTurnIsDispatchedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		a := &source{name: "a", took: func() time.Duration { return time.Millisecond }, log: log}
		s := dispatch.New(dispatch.Options{Patience: dispatch.Unlimited})
		s.Run(dispatch.With(t.Context(), s), dispatch.Job{Name: "resolver", Run: func(ctx context.Context) {
			var loading sync.WaitGroup
			for i := range 3 {
				loading.Go(func() { _ = a.load(ctx, fmt.Sprint(i)) })
			}
			loading.Wait()
			_ = a.load(ctx, "after")
		}})
		if len(log.lines) < 2 || log.lines[len(log.lines)-1] != "a(after)" {
			t.Errorf("calls: %v", log.lines)
		}
	})
}

// A task that blocks without saying so loses the turn after Fault, and has it again when it returns.
func TestATaskThatBlocksLosesTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		a := &source{name: "a", took: func() time.Duration { return time.Millisecond }, log: log}
		var faults []string
		s := dispatch.New(dispatch.Options{Observer: dispatch.Observer{Fault: func(name string) { faults = append(faults, name) }}})
		released := make(chan struct{})
		start := time.Now()
		s.RunAll(dispatch.With(t.Context(), s), []dispatch.Job{
			{Name: "first", Run: func(ctx context.Context) {
				_ = a.load(ctx, "1")
				close(released)
			}},
			{Name: "stuck", Run: func(ctx context.Context) {
				<-released
				_ = a.load(ctx, "2")
			}},
		})
		if took := time.Since(start); took > 260*time.Millisecond {
			t.Errorf("took %s", took)
		}
		if !slices.Equal(faults, []string{"stuck"}) {
			t.Errorf("faults: %v", faults)
		}
	})
}

// Away lets others run, and counts as a flight of its round.
func TestAwayIsAFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		a := &source{name: "a", took: func() time.Duration { return time.Millisecond }, log: log}
		s := dispatch.New(dispatch.Options{Patience: dispatch.Unlimited})
		s.RunAll(dispatch.With(t.Context(), s), []dispatch.Job{
			{Name: "io", Run: func(ctx context.Context) {
				dispatch.Away(ctx, func() { time.Sleep(time.Second) })
				_ = a.load(ctx, "io")
			}},
			{Name: "loads", Run: func(ctx context.Context) { _, _ = a.load(ctx, "1"), a.load(ctx, "2") }},
		})
		if got := strings.Join(log.lines, " "); got != "a(1 io) a(2)" {
			t.Errorf("calls: %s", got)
		}
	})
}

// A context that ends wakes its own task and no other.
func TestAContextThatEndsWakesItsTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		a := &source{name: "a", took: func() time.Duration { return time.Second }, log: log}
		s := dispatch.New(dispatch.Options{Patience: dispatch.Unlimited})
		start := time.Now()
		s.RunAll(dispatch.With(t.Context(), s), []dispatch.Job{
			{Name: "short", Run: func(ctx context.Context) {
				ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
				defer cancel()
				if err := a.load(ctx, "1"); err == nil || time.Since(start) != time.Millisecond {
					t.Errorf("%v after %s", err, time.Since(start))
				}
			}},
			{Name: "long", Run: func(ctx context.Context) {
				if err := a.load(ctx, "2"); err != nil || time.Since(start) != time.Second {
					t.Errorf("%v after %s", err, time.Since(start))
				}
			}},
		})
	})
}
