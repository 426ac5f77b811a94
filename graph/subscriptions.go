package graph

import (
	"context"
	"fmt"
	"sync/atomic"

	"bff"
)

// published feeds a subscription until ctx ends or its reader does not keep up.
func (r *Resolver) published(ctx context.Context, authorID *string) (<-chan *bff.Post, error) {
	var author int64
	if authorID != nil {
		id, err := bff.ParseID(bff.UserKind, *authorID)
		if err != nil {
			return nil, err
		}
		author = id
	}

	events, stop := r.News.Subscribe(author)
	posts := make(chan *bff.Post)
	go func() {
		defer close(posts)
		defer stop()
		defer func() {
			if cause := recover(); cause != nil {
				end(ctx, fmt.Errorf("subscription panicked: %T", cause))
			}
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case event, ok := <-events:
				if !ok {
					end(ctx, bff.Errorf(bff.LimitExceeded, "the reader does not keep up"))
					return
				}
				found, err := r.Posts(ctx, []int64{event.PostID})
				if err != nil {
					end(ctx, err)
					return
				}
				post := found[event.PostID]
				if post == nil {
					continue // deleted meanwhile
				}
				select {
				case posts <- post:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return posts, nil
}

// Ending is why a subscription ended by itself. Safe for concurrent use.
type Ending struct{ err atomic.Pointer[error] }

// Err returns the reason, nil if there is none.
func (e *Ending) Err() error {
	if err := e.err.Load(); err != nil {
		return *err
	}
	return nil
}

type endingKey struct{}

// WithEnding returns a context of a subscription and what will say why that ended.
func WithEnding(ctx context.Context) (context.Context, *Ending) {
	e := &Ending{}
	return context.WithValue(ctx, endingKey{}, e), e
}

func end(ctx context.Context, err error) {
	if e, ok := ctx.Value(endingKey{}).(*Ending); ok {
		e.err.Store(&err)
	}
}
