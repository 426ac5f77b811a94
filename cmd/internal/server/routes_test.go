package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"bff/accesslog"
	"bff/auth"
	"bff/engine"
	"bff/graph"
	"bff/loaders"
	"bff/rpcbff"
	"bff/transport"
)

// smallest is the request whose cost is that of everything but resolvers.
const smallest = `{"query":"{ __typename }"}`

// surfaceOf returns the public routes as run makes them, over services that nobody asks.
func surfaceOf(tb testing.TB, m *metrics, keep func(accesslog.Record)) http.Handler {
	tb.Helper()
	private, err := auth.GenerateKey()
	if err != nil {
		tb.Fatal(err)
	}
	trials := new(recent)
	options := transport.Options{Limits: graph.DefaultLimits(), Introspection: func(context.Context) bool { return true }}
	return routes(surface{
		graphql: transport.New(graph.NewSchema(&graph.Resolver{}, engine.Options{}), options),
		rpc:     newRPC(rpcbff.Domain{}, Config{RequestTimeout: time.Second}, options),
		record: record(m, func(r accesslog.Record) {
			trials.keep(r)
			keep(r)
		}),
		trials: trials, tokens: auth.NewKeys(private, time.Hour), sources: loaders.Sources{},
		loaders: loaders.Options{Timeout: time.Second, Observe: m.batch, Logger: slog.New(slog.DiscardHandler)},
		config:  Public{Introspection: true},
	})
}

// kept returns a real access log that writes files.
func kept(tb testing.TB, m *metrics) func(accesslog.Record) {
	tb.Helper()
	files, err := accesslog.OpenFiles(tb.TempDir(), "bench")
	if err != nil {
		tb.Fatal(err)
	}
	log, err := accesslog.Open(files, accesslog.Options{Dir: tb.TempDir(), Observe: m.recorded})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeAccessLog(log, slog.New(slog.DiscardHandler)) })
	return log.Add
}

func discarded(accesslog.Record) {}

// nowhere is a response writer that forgets.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}

// request returns what net/http would hand to the routes; its body can be read once.
func request(ctx context.Context) *http.Request {
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://bff.example/graphql", http.NoBody)
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	r.Header.Set("User-Agent", "bench")
	return r
}

// serveOnce has h answer a request.
func serveOnce(h http.Handler, w *nowhere, r *http.Request, body *strings.Reader) {
	clear(w.header)
	body.Reset(smallest)
	r.Body = io.NopCloser(body)
	h.ServeHTTP(w, r)
}

func BenchmarkRoutes(b *testing.B) {
	for name, keep := range map[string]func(*metrics) func(accesslog.Record){
		"discarded": func(*metrics) func(accesslog.Record) { return discarded },
		"files":     func(m *metrics) func(accesslog.Record) { return kept(b, m) },
	} {
		b.Run(name, func(b *testing.B) {
			m := newMetrics()
			h := surfaceOf(b, m, keep(m))
			w, r, body := &nowhere{http.Header{}}, request(b.Context()), strings.NewReader("")
			b.ReportAllocs()
			for b.Loop() {
				serveOnce(h, w, r, body)
			}
		})
	}
}

// BenchmarkEdge is the chain around a handler that does nothing but tell of one operation.
func BenchmarkEdge(b *testing.B) {
	h := edge(newMetrics(), discarded)
	w, r, body := &nowhere{http.Header{}}, request(b.Context()), strings.NewReader("")
	b.ReportAllocs()
	for b.Loop() {
		serveOnce(h, w, r, body)
	}
}

// edge returns the chain around a handler that tells of one operation.
func edge(m *metrics, keep func(accesslog.Record)) http.Handler {
	private, _ := auth.GenerateKey()
	return surface{record: record(m, keep), trials: new(recent), tokens: auth.NewKeys(private, time.Hour)}.call(refuseOperation)(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			transport.Observe(r.Context(), transport.Operation{Protocol: "graphql", Type: "query", Status: http.StatusOK, Bytes: 29})
		}))
}

// BenchmarkServed is a request over a connection that stays open: what the client costs is in it.
func BenchmarkServed(b *testing.B) {
	m := newMetrics()
	public := surfaceOf(b, m, kept(b, m))
	for name, h := range map[string]http.Handler{"routes": public, "floor": http.HandlerFunc(floor)} {
		b.Run(name, func(b *testing.B) { served(b, h) })
	}
}

// floor is a handler written by hand.
func floor(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"data":{"__typename":"Query"}}`)
}

func served(b *testing.B, h http.Handler) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := newServer(h)
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	text := []byte("POST /graphql HTTP/1.1\r\nHost: bff.example\r\nContent-Type: application/json\r\nAccept: application/graphql-response+json, application/json;q=0.9\r\n" +
		"Content-Length: 26\r\n\r\n" + smallest)
	answer := make([]byte, 4096)
	b.ReportAllocs()
	before := used()
	for b.Loop() {
		if _, err := conn.Write(text); err != nil {
			b.Fatal(err)
		}
		if n, err := conn.Read(answer); err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 200") {
			b.Fatal(string(answer[:n]), err)
		}
	}
	b.ReportMetric(float64((used()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// used returns the CPU time of the process.
func used() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
