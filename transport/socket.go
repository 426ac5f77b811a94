package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff/graph"
)

// The subprotocol, its codes and its messages: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
const (
	subprotocol = "graphql-transport-ws"

	closeBadRequest      websocket.StatusCode = 4400
	closeUnauthorized    websocket.StatusCode = 4401
	closeForbidden       websocket.StatusCode = 4403
	closeBadSubprotocol  websocket.StatusCode = 4406
	closeInitTimeout     websocket.StatusCode = 4408
	closeSameSubscriber  websocket.StatusCode = 4409
	closeTooManyRequests websocket.StatusCode = 4429

	initTimeout = 10 * time.Second
	pingEvery   = 20 * time.Second

	writeTimeout = 10 * time.Second // how long a reader may take to make room for a message
)

// socketMessage is a message of either side.
type socketMessage struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// socket is one WebSocket and the operations that run over it.
type socket struct {
	handler *Handler
	conn    *websocket.Conn
	request *http.Request
	cancel  context.CancelCauseFunc

	writing sync.Mutex
	mu      sync.Mutex
	ctx     context.Context     // of operations, once the client has introduced itself; nil before
	running map[string]*running // by id
	ended   sync.WaitGroup      // operations
}

// upgrades says whether a request is to become a WebSocket. Other protocols that a client offers are left alone.
func upgrades(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// socket serves a WebSocket until either side closes it.
func (h *Handler) socket(w http.ResponseWriter, r *http.Request) {
	leave, ok := h.enter()
	if !ok {
		writeRefusal(w, r, mediaJSON, http.StatusServiceUnavailable, graph.CodeUnavailable, "there are too many connections")
		return
	}
	defer leave()
	// Which origins may call was decided before, as for all requests.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = conn.CloseNow() }()
	if conn.Subprotocol() != subprotocol {
		_ = conn.Close(closeBadSubprotocol, "Subprotocol not acceptable")
		return
	}
	conn.SetReadLimit(h.options.MaxBody)

	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	request := r.Clone(ctx)
	request.Method = http.MethodPost // operations over a socket are under no rule for GET
	s := &socket{handler: h, conn: conn, request: request, cancel: cancel, running: map[string]*running{}}
	s.serve(ctx)
	cancel(nil)
	s.ended.Wait()
}

// serve reads messages until the socket is closed. It is closed when ctx ends, with the code for the cause.
func (s *socket) serve(ctx context.Context) {
	late := time.AfterFunc(initTimeout, func() { _ = s.conn.Close(closeInitTimeout, "Connection initialisation timeout") })
	defer late.Stop()
	stop := context.AfterFunc(ctx, func() {
		switch cause := context.Cause(ctx); {
		case errors.Is(cause, errExpired):
			_ = s.conn.Close(closeUnauthorized, "Unauthorized")
		case errors.Is(cause, errClosing):
			_ = s.conn.Close(websocket.StatusGoingAway, "Going away")
		default:
			_ = s.conn.CloseNow()
		}
	})
	defer stop()

	for {
		kind, text, err := s.conn.Read(context.WithoutCancel(ctx)) // a read that is broken off closes without a code
		if err != nil {
			return
		}
		var message socketMessage
		if kind != websocket.MessageText || decode(text, &message) != nil {
			_ = s.conn.Close(closeBadRequest, "Invalid message")
			return
		}
		if !s.handle(ctx, message, late) {
			return
		}
	}
}

// handle does what a message asks for; false: the socket is closed.
func (s *socket) handle(ctx context.Context, m socketMessage, late *time.Timer) bool {
	switch m.Type {
	case "connection_init":
		late.Stop()
		return s.introduce(ctx, m.Payload)
	case "ping":
		s.write(ctx, socketMessage{Type: "pong"})
	case "pong":
	case "subscribe":
		return s.begin(m)
	case "complete":
		if r := s.release(m.ID, nil); r != nil {
			r.end()
		}
	default:
		_ = s.conn.Close(closeBadRequest, "Invalid message")
		return false
	}
	return true
}

// introduce reads who the client is, and begins to look whether it is still there.
func (s *socket) introduce(ctx context.Context, payload json.RawMessage) bool {
	if s.ctx != nil {
		_ = s.conn.Close(closeTooManyRequests, "Too many initialisation requests")
		return false
	}
	own := ctx
	if authorization := authorizationIn(payload); authorization != "" {
		identified, err := s.handler.options.Identify(ctx, authorization)
		if err != nil {
			_ = s.conn.Close(closeForbidden, "Forbidden")
			return false
		}
		own = identified
	}
	s.ctx = own
	s.ended.Go(func() {
		over := s.handler.limitLife(own, s.cancel)
		<-own.Done()
		over()
	})
	s.ended.Go(func() { s.ping(own) })
	s.write(ctx, socketMessage{Type: "connection_ack"})
	return true
}

// authorizationIn finds what a client would have sent as a header, in the places where clients put it.
func authorizationIn(payload json.RawMessage) string {
	var parsed struct {
		Authorization string
		Headers       struct{ Authorization string }
	}
	if json.Unmarshal(payload, &parsed) != nil {
		return ""
	}
	if parsed.Authorization != "" {
		return parsed.Authorization
	}
	return parsed.Headers.Authorization
}

// ping closes the socket of a client that has gone without a word.
func (s *socket) ping(ctx context.Context) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		alive, cancel := context.WithTimeout(ctx, writeTimeout)
		err := s.conn.Ping(alive)
		cancel()
		if err != nil {
			s.cancel(nil)
			return
		}
	}
}

// begin starts an operation.
func (s *socket) begin(m socketMessage) bool {
	if s.ctx == nil {
		_ = s.conn.Close(closeUnauthorized, "Unauthorized")
		return false
	}
	var e envelope
	if m.ID == "" || decode(m.Payload, &e) != nil {
		_ = s.conn.Close(closeBadRequest, "Invalid message")
		return false
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[m.ID] != nil {
		_ = s.conn.Close(closeSameSubscriber, "Subscriber for "+m.ID[:min(len(m.ID), 64)]+" already exists")
		return false
	}
	if len(s.running) >= s.handler.options.Limits.Subscriptions {
		s.fail(m.ID, graph.RequestError(graph.CodeLimitExceeded, "more than %d operations at the same time", s.handler.options.Limits.Subscriptions))
		return true
	}
	ctx, cancel := context.WithCancel(s.ctx)
	started := &running{end: cancel}
	s.running[m.ID] = started
	s.ended.Go(func() {
		defer func() {
			if cause := recover(); cause != nil { // outside of any resolver
				err := graph.Presenter(s.handler.options.Logger)(ctx, graph.Recoverer(s.handler.options.Logger)(ctx, cause))
				s.fail(m.ID, err)
			}
			cancel()
			s.release(m.ID, started)
		}()
		completes := s.run(ctx, m.ID, e)
		if s.release(m.ID, started) != nil && completes && ctx.Err() == nil {
			s.write(s.ctx, socketMessage{Type: "complete", ID: m.ID})
		}
	})
	return true
}

// running is an operation of a socket.
type running struct{ end func() }

// release makes an id free, of the operation r if that is not nil, and returns the operation that had it; nil: it was
// free, or another operation has it by now.
func (s *socket) release(id string, r *running) *running {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.running[id]
	if found == nil || r != nil && found != r {
		return nil
	}
	delete(s.running, id)
	return found
}

// run carries an operation out, and says whether its end is to be told: after an error it is not.
func (s *socket) run(ctx context.Context, id string, e envelope) (completes bool) {
	h := s.handler
	ctx = h.options.Fresh(ctx)
	if problem := e.check(); problem != nil {
		s.fail(id, graph.RequestError(problem.code, "%s", problem.message))
		return false
	}
	o := h.prepare(ctx, s.request, e)
	o.about.Protocol, o.about.Status = protocolSocket, http.StatusSwitchingProtocols
	if o.refused == nil {
		if err := h.options.Admit(o.ctx, o.about.CostEstimated); err != nil {
			h.refuse(o, gqlerror.List{err})
		}
	}
	defer func() { Observe(o.ctx, o.about) }()
	if o.refused != nil {
		o.about.Type = ""
		s.fail(id, o.refused.Errors...)
		return false
	}

	next := func(encoded []byte) int {
		if ctx.Err() != nil {
			return 0 // the client has completed it, and may use the id again
		}
		s.write(s.ctx, socketMessage{Type: "next", ID: id, Payload: encoded})
		return len(encoded)
	}
	timed, cancel := context.WithTimeout(ctx, h.options.Timeout)
	defer cancel()
	switch {
	case o.Operation.Operation == ast.Subscription:
		send := func(response *graphql.Response) {
			o.about.Bytes += next(message(item{requestIndex: -1, variableIndex: -1}, response))
		}
		if fault := h.shield(ctx, func() *graphql.Response { h.subscribe(o, send); return nil }); fault != nil {
			send(fault)
		}
	case o.defers:
		in := h.incrementally(o, formatPending, nil, next)
		in.first(timed)
		in.follow(timed)
	default:
		response := h.shield(o.ctx, func() *graphql.Response { return h.execute(timed, o) })
		o.about.Bytes = next(message(item{requestIndex: -1, variableIndex: -1}, response))
	}
	return true
}

func (s *socket) fail(id string, errs ...*gqlerror.Error) {
	payload, err := json.Marshal(errs)
	if err != nil {
		return // errors are ours, and can be encoded
	}
	s.write(s.ctx, socketMessage{Type: "error", ID: id, Payload: payload})
}

// write sends a message. A reader that takes none for too long is given up.
func (s *socket) write(ctx context.Context, m socketMessage) {
	text, err := json.Marshal(m)
	if err != nil {
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if s.conn.Write(ctx, websocket.MessageText, text) != nil {
		s.cancel(nil)
	}
}
