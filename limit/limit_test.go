package limit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"bff/limit"
)

func TestABurstAndThenWhatFlowsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.New(limit.Rate{Units: 60, Per: time.Minute, Burst: 10}, nil)
		take := func(key string, units int) time.Duration { return l.Take(t.Context(), key, units) }
		for i := range 10 {
			if wait := take("a", 1); wait != 0 {
				t.Fatalf("the %d. of the burst waits %s", i+1, wait)
			}
		}
		if wait := take("a", 1); wait != time.Second {
			t.Errorf("after the burst: %s", wait)
		}
		if wait := take("a", 3); wait != 3*time.Second {
			t.Errorf("three after the burst: %s", wait)
		}
		if wait := take("b", 10); wait != 0 {
			t.Errorf("another key waits %s", wait)
		}
		time.Sleep(3 * time.Second)
		if wait := take("a", 3); wait != 0 {
			t.Errorf("after three seconds: %s", wait)
		}
		if wait := take("a", 1); wait == 0 {
			t.Error("more than flowed back")
		}
		take("a", -1)
		if wait := take("a", 1); wait != 0 {
			t.Errorf("what was given back waits %s", wait)
		}
		time.Sleep(time.Hour)
		if wait := take("a", 1000); wait != 0 {
			t.Errorf("more than the burst, all at once: %s", wait)
		}
		if wait := take("a", 1); wait == 0 {
			t.Error("more than the burst was not counted as the burst")
		}
	})
}

type broken struct{ wait time.Duration }

func (b broken) Spend(context.Context, string, time.Duration, time.Duration) (time.Duration, error) {
	if b.wait > 0 {
		return b.wait, nil
	}
	return 0, errors.New("down")
}

func TestAStoreThatFailsIsReplaced(t *testing.T) {
	l := limit.New(limit.Rate{Units: 1, Per: time.Hour, Burst: 1}, broken{})
	if first, second := l.Take(t.Context(), "a", 1), l.Take(t.Context(), "a", 1); first != 0 || second == 0 {
		t.Errorf("%s, %s", first, second)
	}
	l = limit.New(limit.Rate{Units: 1, Per: time.Hour, Burst: 1}, broken{time.Minute})
	if wait := l.Take(t.Context(), "a", 1); wait != time.Minute {
		t.Errorf("the store's word: %s", wait)
	}
}
