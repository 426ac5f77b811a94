package discovery

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestHostsLooksNamesUpForEachRound(t *testing.T) {
	answers := [][]string{{"10.0.0.1"}, {"10.0.0.2", "10.0.0.3"}, nil}
	h := newHosts(t.Context())
	h.lookup = func(context.Context, string) ([]string, error) {
		answer := answers[0]
		answers = answers[1:]
		if answer == nil {
			return nil, errors.New("no such host")
		}
		return answer, nil
	}
	if err := h.Init([]string{"zookeeper:2181"}); err != nil || h.Len() != 1 {
		t.Fatal(err, h.Len())
	}

	if server, wait := h.Next(); server != "10.0.0.1:2181" || wait {
		t.Errorf("first attempt: %s, pause %t", server, wait)
	}
	second, wait := h.Next()
	if !wait {
		t.Error("no pause between two rounds")
	}
	third, wait := h.Next()
	if wait {
		t.Error("a pause within a round")
	}
	moved := []string{second, third}
	slices.Sort(moved)
	if !slices.Equal(moved, []string{"10.0.0.2:2181", "10.0.0.3:2181"}) {
		t.Errorf("after the move: %v", moved)
	}
	if server, _ := h.Next(); server != "zookeeper:2181" {
		t.Errorf("without an answer: %s", server)
	}
}

func TestHostsPausesBeforeAServerThatThrowsUsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHosts(t.Context())
		h.lookup = func(context.Context, string) ([]string, error) { return []string{"10.0.0.1"}, nil }
		_ = h.Init([]string{"zookeeper:2181"})

		h.Next()
		h.Connected()
		time.Sleep(time.Minute)
		if _, wait := h.Next(); wait {
			t.Error("a pause after a connection that worked for a minute")
		}
		h.Connected()
		h.Next()
		h.Connected() // the third within a moment
		if _, wait := h.Next(); !wait {
			t.Error("no pause although we are thrown out at once")
		}
	})
}

func TestBackoffGrowsToItsLimit(t *testing.T) {
	var b backoff
	for range 20 {
		if d := b.next(); d < shortestPause*3/4 || d > longestPause*5/4 {
			t.Errorf("pause of %s", d)
		}
	}
	if d := b.next(); d < longestPause*3/4 {
		t.Errorf("after many failures: %s", d)
	}
	b.reset()
	if d := b.next(); d > shortestPause*5/4 {
		t.Errorf("after a success: %s", d)
	}
}
