// Package bus tells whoever waits for it that a post was published, through whichever replica that happened. It loses
// what nobody waits for.
//
//	hub := bus.New(redis)
//	events, stop := hub.Subscribe(authorID)
//	defer stop()
//	hub.Publish(ctx, bff.Published{PostID: 1, AuthorID: 2})
package bus

import (
	"context"
	"fmt"
	"sync"

	"bff"
)

// Wire takes messages to all replicas, the sender included. Safe for concurrent use.
type Wire interface {
	// Announce sends a text to all who hear; an error says that perhaps nobody did.
	Announce(ctx context.Context, text string) error
	// Hear calls hear for each text from now on.
	Hear(hear func(text string))
}

// waiting bounds the events that one subscriber has not taken.
const waiting = 64

// Hub is the subscribers of a process. Safe for concurrent use.
type Hub struct {
	wire Wire // nil: there are no other replicas

	mu          sync.Mutex
	subscribers map[*subscriber]struct{}
}

type subscriber struct {
	author int64 // 0: any
	events chan bff.Published
}

// New returns a hub. wire may be nil.
func New(wire Wire) *Hub {
	h := &Hub{wire: wire, subscribers: map[*subscriber]struct{}{}}
	if wire != nil {
		wire.Hear(h.heard)
	}
	return h
}

// Publish tells all subscribers, those of other replicas too. If the wire is down it tells those of this process.
func (h *Hub) Publish(ctx context.Context, event bff.Published) {
	if h.wire != nil && h.wire.Announce(ctx, fmt.Sprintf("%d %d", event.PostID, event.AuthorID)) == nil {
		return // it is heard here, too
	}
	h.tell(event)
}

func (h *Hub) heard(text string) {
	var event bff.Published
	if _, err := fmt.Sscanf(text, "%d %d", &event.PostID, &event.AuthorID); err == nil {
		h.tell(event)
	}
}

func (h *Hub) tell(event bff.Published) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subscribers {
		if s.author != 0 && s.author != event.AuthorID {
			continue
		}
		select {
		case s.events <- event:
		default: // too slow: better the end than a hole
			delete(h.subscribers, s)
			close(s.events)
		}
	}
}

// Subscribe returns what an author publishes from now on, anybody if the author is 0. The channel is closed when the
// subscriber does not keep up. Call stop when nobody reads any more.
func (h *Hub) Subscribe(author int64) (events <-chan bff.Published, stop func()) {
	s := &subscriber{author: author, events: make(chan bff.Published, waiting)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subscribers[s] = struct{}{}
	return s.events, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subscribers, s)
	}
}
