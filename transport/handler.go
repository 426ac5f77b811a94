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
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff"
	"bff/graph"
)

// Options tune a handler. The zero value works.
type Options struct {
	MaxBody       int64         // of a request, in bytes; default 256 KB
	Timeout       time.Duration // of one operation; default 10 s
	Documents     int           // parsed documents kept; default 1,000
	Limits        graph.Limits  // default graph.DefaultLimits()
	Introspection bool          // whether the schema can be asked for
	Extensions    []graphql.HandlerExtension
	Logger        *slog.Logger // for faults; default: discarded
}

// Handler serves one graph over HTTP. Safe for concurrent use. The loaders of the request must be in its context.
type Handler struct {
	exec    *executor.Executor
	schema  *ast.Schema
	options Options
}

// New returns a handler of a graph.
func New(schema graphql.ExecutableSchema, options Options) *Handler {
	if options.MaxBody <= 0 {
		options.MaxBody = 256 << 10
	}
	if options.Timeout <= 0 {
		options.Timeout = 10 * time.Second
	}
	if options.Documents <= 0 {
		options.Documents = 1000
	}
	if options.Limits == (graph.Limits{}) {
		options.Limits = graph.DefaultLimits()
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}

	if !options.Introspection {
		options.Limits.IntrospectionDepth = 0
	}

	exec := executor.New(schema)
	exec.SetParserTokenLimit(options.Limits.Tokens)
	exec.SetQueryCache(newDocuments(options.Documents))
	exec.SetErrorPresenter(graph.Presenter(options.Logger))
	exec.SetRecoverFunc(graph.Recoverer(options.Logger))
	exec.Use(graph.NewGuard(options.Limits)) // first: nothing may look at a document before it
	if options.Introspection {
		exec.Use(extension.Introspection{})
	}
	for _, e := range options.Extensions {
		exec.Use(e)
	}
	return &Handler{exec: exec, schema: schema.Schema(), options: options}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	media, ok := negotiate(r.Header.Values("Accept"))
	if !ok {
		refuse(w, r, mediaJSON, http.StatusNotAcceptable, "this endpoint answers with %s or %s", mediaResponse, mediaJSON)
		return
	}
	defer h.contain(w, r, media)

	ctx, cancel := context.WithTimeout(graphql.StartOperationTrace(r.Context()), h.options.Timeout)
	defer cancel()

	params, problem := h.read(w, r)
	if problem != nil {
		problem.write(w, r, media)
		return
	}
	h.answer(ctx, w, r, media, params)
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
	finish(r.Context(), w, media, Operation{Protocol: protocolGraphQL, Status: http.StatusInternalServerError}, &graphql.Response{Errors: gqlerror.List{err}})
}

func (h *Handler) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, media string, params *graphql.RawParams) {
	operation, errs := h.exec.CreateOperationContext(ctx, params)
	about := describe(operation, params.Query)
	if errs != nil {
		response := h.exec.DispatchError(graphql.WithOperationContext(ctx, operation), bounded(errs))
		about.Status, about.Type = statusOfRequestError(media, response.Errors), ""
		finish(ctx, w, media, about, response)
		return
	}
	if r.Method == http.MethodGet && operation.Operation.Operation != ast.Query {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, r, media, http.StatusMethodNotAllowed, "a %s needs POST", operation.Operation.Operation)
		return
	}

	about.Deprecated = graph.Deprecated(h.schema, operation)
	responses, ctx := h.exec.DispatchOperation(ctx, operation)
	response := responses(ctx)
	if response == nil { // the context ended before the operation began
		response = h.exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(bff.Errorf(bff.Deadline, "no answer in time"))})
	}
	about.Status = http.StatusOK
	finish(ctx, w, media, about, response)
}

// maxErrors bounds the errors in the answer to a request that was refused.
const maxErrors = 10

func bounded(errs gqlerror.List) gqlerror.List { return errs[:min(len(errs), maxErrors)] }
