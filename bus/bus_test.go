package bus_test

import (
	"context"
	"errors"
	"testing"

	"bff"
	"bff/bus"
)

// wire joins hubs, or is cut.
type wire struct {
	cut  bool
	hear []func(string)
}

func (w *wire) Hear(hear func(string)) { w.hear = append(w.hear, hear) }

func (w *wire) Announce(_ context.Context, text string) error {
	if w.cut {
		return errors.New("cut")
	}
	for _, hear := range w.hear {
		hear(text)
	}
	return nil
}

func TestSubscribersHearWhatTheyWaitFor(t *testing.T) {
	w := &wire{}
	here, there := bus.New(w), bus.New(w)
	all, stopAll := here.Subscribe(0)
	one, stopOne := there.Subscribe(1)
	defer stopOne()

	here.Publish(t.Context(), bff.Published{PostID: 10, AuthorID: 1})
	there.Publish(t.Context(), bff.Published{PostID: 20, AuthorID: 2})
	w.hear[0]("garbage")
	w.cut = true
	here.Publish(t.Context(), bff.Published{PostID: 30, AuthorID: 1})
	if len(all) != 3 || len(one) != 1 || (<-one).PostID != 10 {
		t.Errorf("%d and %d events", len(all), len(one))
	}
	stopAll()
	here.Publish(t.Context(), bff.Published{PostID: 40, AuthorID: 1})
	if len(all) != 3 {
		t.Error("heard after the end")
	}
}

func TestASubscriberThatDoesNotKeepUpIsEnded(t *testing.T) {
	hub := bus.New(nil)
	slow, stop := hub.Subscribe(0)
	for i := range 100 {
		hub.Publish(t.Context(), bff.Published{PostID: int64(i), AuthorID: 1})
	}
	n := 0
	for range slow { // ends, for the channel is closed
		n++
	}
	stop()
	if n != 64 {
		t.Errorf("%d events before the end", n)
	}
}
