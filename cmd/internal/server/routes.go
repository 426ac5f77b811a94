package server

import (
	"io"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bff"
	"bff/loaders"
	"bff/rpcbff"
	"bff/transport"
	"bff/web"
)

// surface is what the public routes are made of.
type surface struct {
	graphql http.Handler
	rpc     *rpcbff.Handler
	record  middleware
	trials  *recent // nil: no comparison
	tokens  verifier
	sources loaders.Sources
	loaders loaders.Options
	config  Public
}

// call is what every request of GraphQL and of RPC passes, in this order.
func (s surface) call(refuse refusal) middleware {
	origins := addresses(s.config.CORSOrigins)
	proxies, _ := prefixes(s.config.TrustedProxies) // validated
	compare := middleware(func(next http.Handler) http.Handler { return next })
	if s.trials != nil {
		compare = try(refuse)
	}
	return chain(
		requestID(),                      // first, so that every answer has one
		s.record,                         // then this, so that what the next ones refuse is on record, too
		transport.Compress,               //
		allowOrigins(origins),            // answers what browsers ask before they send
		refuseCrossSite(origins, refuse), //
		locate(proxies),                  //
		identify(s.tokens, refuse),       // before anything is carried out: an invalid token costs no more than its refusal
		compare,                          //
		explains(),                       //
		load(s.sources, s.loaders),       // last: loaders live as long as the request they serve
	)
}

// routes is the public HTTP surface, all of it.
func routes(s surface) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", s.call(refuseOperation)(s.graphql))
	rpc := s.call(s.rpc.Refuse)(s.rpc)
	mux.Handle("/rpc", rpc)
	mux.Handle("/rpc/__introspection__", rpc)
	if s.config.Introspection {
		mux.HandleFunc("GET /schema.graphqls", schema)
	}
	if s.config.Playground {
		mux.Handle("/", web.Playground())
	}
	if s.trials != nil {
		app, comparison := web.App(), web.Compare()
		mux.Handle("/app", app)
		mux.Handle("/app-assets/", app)
		mux.Handle("/compare", comparison)
		mux.Handle("/compare-assets/", comparison)
		mux.Handle("GET /compare/records", s.trials)
	}
	return secure(s.config.Production)(mux)
}

func schema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, bff.SDL)
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
