// Package transport speaks GraphQL over HTTP: it reads a request, has gqlgen's public executor carry it out and writes
// the answer in the media type that the client asked for. It follows the GraphQL over HTTP draft of August 2026. It
// never resolves a field and never writes a log line for a request.
//
//	handler := transport.New(graph.NewSchema(resolver), transport.Options{Logger: logger})
package transport

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff"
	"bff/engine"
	"bff/graph"
	"bff/stream"
)

// Options tune a handler. The zero value works.
type Options struct {
	MaxBody        int64                          // of a request, in bytes; default 256 KB
	Timeout        time.Duration                  // of one operation; default 10 s
	DocumentBytes  uint64                         // bound of the parsed documents that are kept; default 64 MB
	Limits         graph.Limits                   // default graph.DefaultLimits()
	Introspection  func(ctx context.Context) bool // whether a request can ask for the schema; default: none can
	NoSuggestions  bool                           // errors name nothing that the client did not
	PartialSuccess bool                           // answer 294 instead of 200 if some fields failed, to clients of the newer media type
	Trusted        *Manifest                      // documents that are named by their ids; default: none
	TrustedMode    TrustedMode                    // what becomes of other documents; default: they are carried out
	Persisted      PersistedStore                 // documents that clients registered; default: kept in memory
	// Admit is asked before operations begin, with what they can cost together. An error refuses them; whoever limits
	// rates puts the seconds to wait into its extensions, as retryAfter. Default: everything is admitted.
	Admit func(ctx context.Context, cost int) *gqlerror.Error
	// Explain returns what tells the loads of a request, if its client may read how its operations are carried out; nil: it
	// may not, and is answered as if it had not asked. It is called for operations with the header GraphQL-Plan: report.
	// Default: nobody may.
	Explain   func(ctx context.Context) (loads func() Loads)
	KeepAlive time.Duration // between signs of life in an answer that is streamed; default 10 s
	// Identify returns the context of a WebSocket whose client introduced itself by what it would have sent as
	// Authorization. Default: nobody can.
	Identify func(ctx context.Context, authorization string) (context.Context, error)
	// Expires says when the viewer of a context is nobody any more; zero: never. Default: never.
	Expires func(ctx context.Context) time.Time
	// Fresh returns a context with loaders of its own, for each event of a subscription. Default: the same context.
	Fresh func(ctx context.Context) context.Context
	// Closing ends subscriptions when it is closed. Default: nothing does.
	Closing <-chan struct{}
	Logger  *slog.Logger // for faults; default: discarded
}

func (o Options) withDefaults() Options {
	if o.MaxBody <= 0 {
		o.MaxBody = 256 << 10
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.DocumentBytes == 0 {
		o.DocumentBytes = 64 << 20
	}
	if o.Limits == (graph.Limits{}) {
		o.Limits = graph.DefaultLimits()
	}
	if o.Introspection == nil {
		o.Introspection = func(context.Context) bool { return false }
	}
	if o.Persisted == nil {
		o.Persisted = NewPersistedMemory()
	}
	if o.Admit == nil {
		o.Admit = func(context.Context, int) *gqlerror.Error { return nil }
	}
	if o.Explain == nil {
		o.Explain = func(context.Context) func() Loads { return nil }
	}
	if o.Identify == nil {
		o.Identify = func(context.Context, string) (context.Context, error) {
			return nil, bff.Errorf(bff.Unauthenticated, "nobody can sign in here")
		}
	}
	if o.Expires == nil {
		o.Expires = func(context.Context) time.Time { return time.Time{} }
	}
	if o.Fresh == nil {
		o.Fresh = func(ctx context.Context) context.Context { return ctx }
	}
	if o.KeepAlive <= 0 {
		o.KeepAlive = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Handler serves one graph over HTTP. Safe for concurrent use. The loaders of the request must be in its context.
type Handler struct {
	exec      *executor.Executor
	schema    *engine.Schema
	documents *documents
	plain     *graphql.OperationContext // of any operation: what all of them have in common
	options   Options
	accepts   acceptable
	untrusted *seen        // documents that were said to be untrusted
	sockets   atomic.Int64 // and streams of subscriptions that are open
}

// New returns a handler of a graph.
func New(schema *engine.Schema, options Options) *Handler {
	options = options.withDefaults()
	exec := executor.New(schema)
	exec.SetParserTokenLimit(options.Limits.Tokens)
	documents := newDocuments(schema.Schema(), graph.NewCosts(schema.Schema()), options.DocumentBytes)
	exec.SetQueryCache(documents)
	exec.SetDisableSuggestion(options.NoSuggestions)
	exec.SetErrorPresenter(graph.Presenter(options.Logger))
	exec.SetRecoverFunc(graph.Recoverer(options.Logger))
	exec.Use(graph.NewGuard(options.Limits, options.Introspection)) // first: nothing may look at a document before it
	exec.Use(extension.Introspection{})                             // the guard decides
	plain, _ := exec.CreateOperationContext(graphql.StartOperationTrace(context.Background()), &graphql.RawParams{Query: "{ __typename }"})
	return &Handler{exec: exec, schema: schema, documents: documents, plain: plain, options: options, untrusted: newSeen()}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	media, ok := h.accepts.media(r.Header.Values("Accept"))
	if !ok {
		media = mediaJSON // for what is refused; see single and several for what is acceptable
	}
	defer h.contain(w, r, media)
	if r.Method == http.MethodHead { // the server leaves the body out
		r = r.Clone(r.Context())
		r.Method = http.MethodGet
	}
	if upgrades(r) {
		h.socket(w, r)
		return
	}

	batch, problem := h.read(w, r)
	switch {
	case problem != nil:
		problem.write(w, r, media)
	case batch.many:
		h.several(w, r, batch)
	default:
		h.single(w, r, media, ok, batch.items[0].envelope)
	}
}

// contain turns a panic outside of any resolver into an answer. http.ErrAbortHandler stays what it is.
func (h *Handler) contain(w http.ResponseWriter, r *http.Request, media string) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint,err113 // the very value is what net/http looks for
		panic(cause)
	}
	err := graph.Presenter(h.options.Logger)(r.Context(), graph.Recoverer(h.options.Logger)(r.Context(), cause))
	finish(w, r, media, Operation{Protocol: protocolGraphQL, Status: http.StatusInternalServerError}, &graphql.Response{Errors: gqlerror.List{err}})
}

// single answers a request of one operation.
func (h *Handler) single(w http.ResponseWriter, r *http.Request, media string, acceptable bool, envelope envelope) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	o := h.prepare(ctx, r, envelope)
	var framing stream.Framing
	var spoken format
	streams := false
	if o.defers || !acceptable {
		framing, spoken, streams = incrementalFraming(r.Header.Values("Accept"))
	}
	if !acceptable && !streams && (o.refused != nil || o.Operation.Operation != ast.Subscription) {
		refuse(w, r, media, http.StatusNotAcceptable, "this is answered with %s or %s", mediaResponse, mediaJSON)
		return
	}
	if o.refused == nil {
		if err := h.options.Admit(o.ctx, o.about.CostEstimated); err != nil {
			h.refuse(o, gqlerror.List{err})
		}
	}
	if o.refused == nil && o.Operation.Operation == ast.Subscription {
		h.subscription(w, r, media, o)
		return
	}
	over := time.AfterFunc(h.options.Timeout, cancel)
	defer over.Stop()
	if streams && (o.refused == nil || !acceptable) {
		h.streamed(ctx, w, o, framing, spoken, cancel)
		return
	}

	response := h.execute(ctx, o)
	if o.about.Status == 0 {
		o.about.Status = h.statusOf(media, o.refused != nil, response)
	}
	if o.refused != nil {
		o.about.Type = "" // it was not carried out
	}
	finishIn(o.ctx, w, r, media, o.about, response)
}

// statusOf returns the status of an answer to a request that was well-formed.
func (h *Handler) statusOf(media string, refused bool, response *graphql.Response) int {
	codes := codesOf(response)
	has := func(code string) bool {
		for _, c := range codes {
			if c == code {
				return true
			}
		}
		return false
	}
	switch {
	case refused && has(graph.CodeRateLimited):
		return http.StatusTooManyRequests
	case media == mediaJSON:
		return http.StatusOK
	case refused && has(graph.CodeParseFailed):
		return http.StatusBadRequest
	case refused:
		return http.StatusUnprocessableEntity
	case len(codes) > 0 && h.options.PartialSuccess:
		return statusPartialSuccess
	default:
		return http.StatusOK
	}
}

// statusPartialSuccess is the draft's own status for an answer in which some fields failed.
const statusPartialSuccess = 294
