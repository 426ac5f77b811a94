package server

import (
	"io"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bff"
	"bff/loaders"
	"bff/web"
)

// routes is the public HTTP surface, all of it.
func routes(graphql http.Handler, record middleware, tokens verifier, sources loaders.Sources, options loaders.Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", chain(
		requestID(),            // first, so that every answer has one
		record,                 // then this, so that what the next ones refuse is on record, too
		identify(tokens),       // before anything is read: an invalid token costs no more than this
		load(sources, options), // last: loaders live as long as the request they serve
	)(graphql))
	mux.HandleFunc("GET /schema.graphqls", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(w, bff.SDL)
	})
	mux.Handle("/", web.Playground())
	return mux
}

// adminRoutes is what operators and their machines ask.
func adminRoutes(m *metrics, ready func() bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, true) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { say(w, ready()) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

func say(w http.ResponseWriter, ok bool) {
	if !ok {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}
