package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// handler is the limit: it knows the benchmark's queries by their text. Safe for concurrent use.
type handler struct {
	users   userv1.UserServiceClient
	posts   postv1.PostServiceClient
	cache   rowCache
	answers map[string]answer
	parts   []component // of the streamed page, in its order
	texts   []string    // the documents of the parts
	all     component   // what they need together
	buffers sync.Pool   // of *[]byte
}

// newHandler returns a handler that calls through the connections, which stay the caller's to close.
func newHandler(users, posts grpc.ClientConnInterface) *handler {
	h := &handler{
		users: userv1.NewUserServiceClient(users), posts: postv1.NewPostServiceClient(posts),
		answers: documents(), parts: components(), buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
	h.all = union(h.parts...)
	for _, part := range h.parts {
		h.texts = append(h.texts, part.document())
		h.answers[part.document()] = alone(part)
	}
	h.answers[composedDocument()] = composed(h.parts, h.all)
	return h
}

// alone answers a component as a query of its own.
func alone(part component) answer {
	return func(c *call, _ int64, out []byte) ([]byte, error) {
		var p page
		if err := p.load(c, part); err != nil {
			return out, err
		}
		out = append(append(append(out, `{"`...), part.field...), `":`...)
		return append(part.show(&p, out), '}'), nil
	}
}

// composed answers the page of all components as one query.
func composed(parts []component, all component) answer {
	return func(c *call, _ int64, out []byte) ([]byte, error) {
		var p page
		if err := p.load(c, all); err != nil {
			return out, err
		}
		out = append(out, '{')
		for i, part := range parts {
			out = append(separate(out, i), `"c`...)
			out = append(strconv.AppendInt(out, int64(i), 10), `":`...)
			out = part.show(&p, out)
		}
		return append(out, '}'), nil
	}
}

// envelope is one operation of a request.
type envelope struct {
	Query     string `json:"query"`
	Variables struct {
		ID string `json:"id"`
	} `json:"variables"`
}

const maxBody = 256 << 10

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	buffer := h.buffers.Get().(*[]byte) // the pool has nothing else
	defer h.buffers.Put(buffer)
	body, err := read(r, (*buffer)[:0])
	*buffer = body
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := &call{ctx: r.Context(), users: h.users, posts: h.posts}
	if r.Header.Get("Compare-Cache") != "off" {
		c.cache = &h.cache
	}
	if len(body) > 0 && body[0] == '[' {
		*buffer = h.stream(w, c, body)
		return
	}

	var asked envelope
	if err := json.Unmarshal(body, &asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := h.answers[asked.Query]
	if answer == nil {
		http.Error(w, "not a query of the benchmark", http.StatusBadRequest)
		return
	}
	out, err := answer(c, number(asked.Variables.ID), append(body[:0], `{"data":`...)) // asked holds copies of the body
	*buffer = out
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	out = append(out, '}')
	*buffer = out
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	_, _ = w.Write(out) // if the client has gone, nobody is left to tell
}

// read reads a body of a known length into buffer.
func read(r *http.Request, buffer []byte) ([]byte, error) {
	if r.ContentLength < 0 || r.ContentLength > maxBody {
		return buffer, errors.New("no length, or too long")
	}
	n := int(r.ContentLength)
	if cap(buffer) < n {
		buffer = make([]byte, 0, n)
	}
	buffer = buffer[:n]
	_, err := io.ReadFull(r.Body, buffer)
	return buffer, err
}

// stream answers the ten components as a batch, each as one line as soon as its data is there. Lines that are ready at
// the same time leave in one write. The answer is written into the room of the body, which is returned.
func (h *handler) stream(w http.ResponseWriter, c *call, body []byte) []byte {
	var asked []envelope
	if err := json.Unmarshal(body, &asked); err != nil || !h.isPage(asked) {
		http.Error(w, "not the batch of the benchmark", http.StatusBadRequest)
		return body
	}
	w.Header().Set("Content-Type", acceptLines)
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)

	var p page
	written := make([]bool, len(h.parts))
	out := body[:0]
	err := p.loadInSteps(c, h.all, func(there needs) {
		out = out[:0]
		for i, part := range h.parts {
			if written[i] || part.needs&^there != 0 {
				continue
			}
			written[i] = true
			out = append(strconv.AppendInt(append(out, `{"requestIndex":`...), int64(i), 10), `,"data":{"`...)
			out = append(append(out, part.field...), `":`...)
			out = append(part.show(&p, out), "}}\n"...)
		}
		if len(out) > 0 {
			_, _ = w.Write(out)
			_ = control.Flush()
		}
	})
	if err != nil {
		panic(http.ErrAbortHandler) // the answer has begun: it can only be broken off
	}
	return out
}

func (h *handler) isPage(asked []envelope) bool {
	return slices.EqualFunc(asked, h.texts, func(e envelope, document string) bool { return e.Query == document })
}

// runLimit is the program of the hand-written handler.
func runLimit(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("limit serve", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:0", "public HTTP")
	admin := flags.String("admin-addr", "127.0.0.1:0", "/readyz, /metrics and /debug/pprof")
	users := flags.String("users", "", "where users are served")
	posts := flags.String("posts", "", "where posts are served")
	if err := flags.Parse(args); err != nil {
		return err
	}
	h, closeConns, err := dial(*users, *posts)
	if err != nil {
		return err
	}
	defer closeConns()
	mux := http.NewServeMux()
	mux.Handle("/graphql", h)

	failed := make(chan error, 2)
	for at, inside := range map[string]http.Handler{*addr: mux, *admin: adminHandler()} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: inside, ReadHeaderTimeout: 5 * time.Second}
		defer func() { _ = server.Close() }()
		go func() { failed <- server.Serve(listener) }()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// dial returns the limit before the services at these addresses, and what closes its connections.
func dial(users, posts string) (*handler, func(), error) {
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	userConn, err := grpc.NewClient(users, plain)
	if err != nil {
		return nil, nil, err
	}
	postConn, err := grpc.NewClient(posts, plain)
	if err != nil {
		return nil, nil, errors.Join(err, userConn.Close())
	}
	return newHandler(userConn, postConn), func() { _, _ = userConn.Close(), postConn.Close() }, nil
}

// adminHandler tells of allocations under the names that the server's /metrics has.
func adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		_, _ = fmt.Fprintf(w, "%s %d\n%s %d\n", mallocsMetric, stats.Mallocs, bytesMetric, stats.TotalAlloc)
	})
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	return mux
}
