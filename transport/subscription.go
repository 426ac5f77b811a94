package transport

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff"
	"bff/engine"
	"bff/graph"
	"bff/stream"
)

const (
	protocolEvents = "graphql-sse"
	protocolSocket = "graphql-ws"
)

var (
	errExpired = errors.New("token expired")
	errClosing = errors.New("server is closing")
)

// subscription answers a subscription by server-sent events.
func (h *Handler) subscription(w http.ResponseWriter, r *http.Request, media string, o *operation) {
	o.about.Protocol = protocolEvents
	if !quality(r.Header.Values("Accept"), mediaEvents).exact {
		refuse(w, r, media, http.StatusNotAcceptable, "a subscription is answered with %s, or over WebSocket", mediaEvents)
		return
	}
	leave, ok := h.enter()
	if !ok {
		writeRefusal(w, r, media, http.StatusServiceUnavailable, graph.CodeUnavailable, "there are too many subscriptions")
		return
	}
	defer leave()

	ctx, cancel := context.WithCancelCause(o.ctx)
	defer cancel(nil)
	defer h.limitLife(ctx, cancel)()
	o.ctx = ctx
	out := stream.Open(w, stream.Events(), h.options.KeepAlive, func() { cancel(nil) })
	defer out.Close()
	o.about.Status = http.StatusOK
	send := func(response *graphql.Response) {
		o.about.Bytes += out.Send(message(item{requestIndex: -1, variableIndex: -1}, response))
	}
	if fault := h.shield(ctx, func() *graphql.Response { h.subscribe(o, send); return nil }); fault != nil {
		send(fault) // the stream is open: an answer of its own would stand behind its end
	}
	Observe(o.ctx, o.about)
}

// enter counts a socket or a stream; false: there are too many.
func (h *Handler) enter() (leave func(), ok bool) {
	if h.sockets.Add(1) > int64(h.options.Limits.Sockets) {
		h.sockets.Add(-1)
		return nil, false
	}
	return func() { h.sockets.Add(-1) }, true
}

// limitLife ends a context when its viewer's token expires, or the server closes. Call the function that it returns when
// that is over.
func (h *Handler) limitLife(ctx context.Context, cancel context.CancelCauseFunc) (over func()) {
	done := make(chan struct{})
	var expired <-chan time.Time
	if at := h.options.Expires(ctx); !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		expired = timer.C
		context.AfterFunc(ctx, func() { timer.Stop() })
	}
	go func() {
		defer close(done)
		select {
		case <-ctx.Done():
		case <-expired:
			cancel(errExpired)
		case <-h.options.Closing:
			cancel(errClosing)
		}
	}()
	return func() {
		cancel(nil)
		<-done
	}
}

// subscribe sends what a subscription yields until it ends, and why it ended if that was not the reader's wish.
func (h *Handler) subscribe(o *operation, send func(*graphql.Response)) {
	ctx, ending := graph.WithEnding(o.ctx)
	responses, ctx := h.exec.DispatchOperation(engine.WithStats(ctx, &o.stats), o.OperationContext)
	for {
		fresh := h.options.Fresh(ctx)
		h.explain(fresh, o)
		response := responses(fresh)
		if response == nil {
			break
		}
		o.note(response)
		o.addPlan(response)
		send(response)
	}

	err := ending.Err()
	if errors.Is(context.Cause(o.ctx), errExpired) {
		err = bff.Errorf(bff.Unauthenticated, "the token has expired: sign in again")
	}
	if errors.Is(context.Cause(o.ctx), errClosing) {
		err = bff.Errorf(bff.Unavailable, "the server is closing: subscribe again")
	}
	if err != nil {
		response := h.exec.DispatchError(context.WithoutCancel(ctx), gqlerror.List{gqlerror.Wrap(err)})
		o.note(response)
		send(response)
	}
}
