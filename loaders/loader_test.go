package loaders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"bff"
	"bff/dispatch"
	"bff/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a Func that remembers its calls and answers ten times the key, nothing for 404.
type source struct {
	mu    sync.Mutex
	calls [][]int
	err   error // of the keys above 900
	wait  func(ctx context.Context) error
}

func (s *source) fetch(ctx context.Context, keys []int) (map[int]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, slices.Sorted(slices.Values(keys)))

	if s.wait != nil {
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
	}
	found := map[int]int{}
	for _, key := range keys {
		if key != 404 && (s.err == nil || key < 900) {
			found[key] = 10 * key
		}
	}
	return found, s.err
}

func loaderOf(ctx context.Context, fn fetch.Func[int, int], options Options) *Loader[int, int] {
	if options.Timeout == 0 {
		options.Timeout = time.Second
	}
	if options.Observe == nil {
		options.Observe = func(context.Context, string, int) {}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return new(Loader[int, int]).init(&session{ctx: ctx, options: &options, schedule: dispatch.New(options.Dispatch)}, "tens", fn, nil)
}

func TestAListTravelsInOneCall(t *testing.T) {
	var s source
	var batches []string
	l := loaderOf(t.Context(), s.fetch, Options{Observe: func(_ context.Context, name string, keys int) {
		batches = append(batches, fmt.Sprintf("%s of %d", name, keys))
	}})

	values, errs := l.LoadAll(t.Context(), []int{1, 2, 2, 404, 1})

	if diff := cmp.Diff([]int{10, 20, 20, 0, 10}, values); diff != "" || errs != nil {
		t.Errorf("values (-want +got):\n%s errors %v", diff, errs)
	}
	if diff := cmp.Diff([][]int{{1, 2, 404}}, s.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"tens of 3"}, batches); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

func TestKnownKeysAreNotFetchedAgain(t *testing.T) {
	var s source
	l := loaderOf(t.Context(), s.fetch, Options{})
	l.prime([]int{77}, func(int) int { return 7 }, 0)

	_, _ = l.LoadAll(t.Context(), []int{1, 404})
	values, _ := l.LoadAll(t.Context(), []int{1, 404, 2, 7})

	if diff := cmp.Diff([]int{10, 0, 20, 77}, values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int{{1, 404}, {2}}, s.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestLoadsFromManyPlacesTravelTogether(t *testing.T) {
	const places = 100
	var s source
	l := loaderOf(t.Context(), s.fetch, Options{})
	jobs := make([]dispatch.Job, places)
	for place := range jobs {
		jobs[place].Run = func(ctx context.Context) {
			if value, err := l.Load(ctx, 1+place%25); value != 10*(1+place%25) || err != nil {
				t.Errorf("Load = %d, %v", value, err)
			}
		}
	}
	l.session.schedule.RunAll(t.Context(), jobs)

	if len(s.calls) != 1 || len(s.calls[0]) != 25 {
		t.Errorf("calls %v, want one with 25 keys", s.calls)
	}
}

func TestAnErrorIsForTheAbsentKeysOnly(t *testing.T) {
	s := source{err: errors.New("broken")}
	l := loaderOf(t.Context(), s.fetch, Options{})

	values, errs := l.LoadAll(t.Context(), []int{1, 901, 2})

	if diff := cmp.Diff([]int{10, 0, 20}, values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if errs == nil || errs[0] != nil || errs[2] != nil || !errors.Is(errs[1], s.err) {
		t.Errorf("errors = %v, want one for the second key", errs)
	}
	if strings.Contains(errs[1].Error(), "901") {
		t.Errorf("the error %q names the key", errs[1])
	}
}

func TestErrorsThatMayPassAreRememberedBriefly(t *testing.T) {
	tests := map[bff.Kind]int{bff.Unavailable: 2, bff.Deadline: 2, bff.Internal: 1, bff.Forbidden: 1}
	for kind, later := range tests {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := source{err: bff.Errorf(kind, "no")}
				l := loaderOf(t.Context(), s.fetch, Options{})
				for _, step := range []struct {
					after time.Duration
					calls int
				}{{0, 1}, {passingError / 2, 1}, {passingError, later}} {
					time.Sleep(step.after)
					if _, err := l.Load(t.Context(), 901); bff.KindOf(err) != kind {
						t.Errorf("err = %v, want kind %s", err, kind)
					}
					if len(s.calls) != step.calls {
						t.Errorf("%d calls after %s more, want %d", len(s.calls), step.after, step.calls)
					}
				}
			})
		})
	}
}

func TestTheFirstCallersEndIsNotTheBatchs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := source{wait: func(ctx context.Context) error { return pause(ctx, 100*time.Millisecond) }}
		l := loaderOf(t.Context(), s.fetch, Options{})
		first, cancel := context.WithCancel(t.Context())

		var group sync.WaitGroup
		group.Go(func() {
			if _, err := l.Load(first, 1); bff.KindOf(err) != bff.Deadline {
				t.Errorf("the first caller reads %v, want its own end", err)
			}
		})
		synctest.Wait()
		group.Go(func() {
			if value, err := l.Load(t.Context(), 1); value != 10 || err != nil {
				t.Errorf("the second caller reads %d, %v", value, err)
			}
		})
		cancel()
		group.Wait()
	})
}

func TestACallersDeadlineIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := source{wait: func(ctx context.Context) error { return pause(ctx, 300*time.Millisecond) }}
		l := loaderOf(t.Context(), s.fetch, Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()

		start := time.Now()
		_, err := l.Load(ctx, 1)
		if took := time.Since(start); bff.KindOf(err) != bff.Deadline || took != 20*time.Millisecond {
			t.Errorf("Load = %v after %s, want Deadline after 20ms", err, took)
		}
		time.Sleep(time.Second)
	})
}

func TestABatchHasADeadlineOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := source{wait: func(ctx context.Context) error { return pause(ctx, time.Hour) }}
		l := loaderOf(t.Context(), s.fetch, Options{Timeout: 2 * time.Second})

		start := time.Now()
		_, err := l.Load(t.Context(), 1)
		if took := time.Since(start); bff.KindOf(err) != bff.Deadline || took != 2*time.Second {
			t.Errorf("Load = %v after %s, want Deadline after 2s", err, took)
		}
	})
}

func TestTheRequestsEndIsTheBatchs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		request, cancel := context.WithCancel(t.Context())
		s := source{wait: func(ctx context.Context) error { return pause(ctx, time.Hour) }}
		l := loaderOf(request, s.fetch, Options{Timeout: 2 * time.Hour})

		time.AfterFunc(time.Second, cancel)
		if _, err := l.Load(t.Context(), 1); bff.KindOf(err) != bff.Deadline {
			t.Errorf("Load = %v, want the request's end", err)
		}
	})
}

func TestAPanicTellsNothing(t *testing.T) {
	var log bytes.Buffer
	for _, cause := range []any{"dsn=root:secret@db", errors.New("phone 13100000001")} {
		l := loaderOf(t.Context(), func(context.Context, []int) (map[int]int, error) { panic(cause) },
			Options{Logger: slog.New(slog.NewJSONHandler(&log, nil))})

		_, errs := l.LoadAll(t.Context(), []int{1, 2})
		if len(errs) != 2 || !errors.Is(errs[0], errPanicked) || !errors.Is(errs[1], errPanicked) {
			t.Errorf("errors = %v", errs)
		}
		for _, text := range []string{errs[0].Error(), log.String()} {
			if strings.Contains(text, "secret") || strings.Contains(text, "131000") {
				t.Errorf("the panic's text is told: %s", text)
			}
		}
	}
	if !strings.Contains(log.String(), "batch panicked") || !strings.Contains(log.String(), "loader_test.go") {
		t.Errorf("the log does not say where: %s", log.String())
	}
}

func TestAfterClearNothingOldIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := source{}
		slow := func(ctx context.Context, keys []int) (map[int]int, error) {
			if err := pause(ctx, 100*time.Millisecond); err != nil {
				return nil, err
			}
			return s.fetch(ctx, keys)
		}
		l := loaderOf(t.Context(), slow, Options{})
		l.prime([]int{20}, func(int) int { return 2 }, 0)

		var group sync.WaitGroup
		group.Go(func() { _, _ = l.Load(t.Context(), 1) })
		time.Sleep(50 * time.Millisecond)
		l.clear()
		_, _ = l.LoadAll(t.Context(), []int{1, 2})
		group.Wait()
		_, _ = l.LoadAll(t.Context(), []int{1, 2})

		if diff := cmp.Diff([][]int{{1}, {1, 2}}, s.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestAPageThatWasFetchedBeforeAWriteMakesNoRowKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []int64
		l := New(t.Context(), Sources{
			UserPages: func(ctx context.Context, keys []bff.PageArgs) (map[bff.PageArgs]*bff.Page[*bff.User], error) {
				err := pause(ctx, time.Second)
				return map[bff.PageArgs]*bff.Page[*bff.User]{keys[0]: {Items: []*bff.User{{ID: 1}}}}, err
			},
			Users: func(_ context.Context, keys []int64) (map[int64]*bff.User, error) {
				asked = append(asked, keys...)
				return nil, nil
			},
		}, Options{})
		var group sync.WaitGroup
		group.Go(func() { _, _ = l.UserPages.Load(t.Context(), bff.PageArgs{First: 1}) })
		synctest.Wait()
		l.Clear()
		group.Wait()
		_, _ = l.Users.Load(t.Context(), 1)
		if diff := cmp.Diff([]int64{1}, asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

func TestRowsOfAPageAreKnown(t *testing.T) {
	ctx := t.Context()
	page := &bff.Page[*bff.User]{Items: []*bff.User{{ID: 1}, {ID: 2}}}
	var asked []int64
	l := New(ctx, Sources{
		UserPages: func(_ context.Context, keys []bff.PageArgs) (map[bff.PageArgs]*bff.Page[*bff.User], error) {
			return map[bff.PageArgs]*bff.Page[*bff.User]{keys[0]: page}, nil
		},
		Users: func(_ context.Context, keys []int64) (map[int64]*bff.User, error) {
			asked = append(asked, keys...)
			return nil, nil
		},
	}, Options{})

	if _, err := l.UserPages.Load(ctx, bff.PageArgs{First: 2}); err != nil {
		t.Fatal(err)
	}
	users, errs := l.Users.LoadAll(ctx, []int64{2, 1, 3})
	if errs != nil || users[0] != page.Items[1] || users[1] != page.Items[0] || users[2] != nil {
		t.Errorf("users = %v, %v", users, errs)
	}
	if diff := cmp.Diff([]int64{3}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func BenchmarkLoadAll100(b *testing.B) {
	keys := make([]int, 100)
	for i := range keys {
		keys[i] = i
	}
	var s source
	for b.Loop() {
		s.calls = s.calls[:0]
		l := loaderOf(b.Context(), s.fetch, Options{})
		if values, errs := l.LoadAll(b.Context(), keys); len(values) != 100 || errs != nil {
			b.Fatal(errs)
		}
	}
}
