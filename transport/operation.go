package transport

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff"
	"bff/graph"
)

// operation is one operation of a request: read and found valid, or refused already.
type operation struct {
	*graphql.OperationContext
	ctx     context.Context // carries the operation
	about   Operation
	refused *graphql.Response // nil: it can be carried out
	plan    *plan             // nil: nothing in it is deferred
	joined  bool              // it runs beside others, and has joined them
}

// prepare finds the document, parses, validates and estimates. It resolves no field.
func (h *Handler) prepare(ctx context.Context, r *http.Request, envelope envelope) *operation {
	o := &operation{ctx: graphql.StartOperationTrace(ctx), about: Operation{Protocol: protocolGraphQL}}
	params, register, err := h.document(o.ctx, envelope)
	if err != nil {
		return h.refuse(o, gqlerror.List{err})
	}
	params.Headers = r.Header
	o.about.Hash = hashOf(params.Query)

	var errs gqlerror.List
	o.OperationContext, errs = h.exec.CreateOperationContext(o.ctx, params)
	o.ctx = graphql.WithOperationContext(o.ctx, o.OperationContext)
	if errs != nil {
		if o.Doc != nil && o.Operation == nil {
			errs[0].Message = "operationName must name one of the document's operations"
		}
		return h.refuse(o, errs)
	}
	if err := graph.CheckVariables(h.schema, o.OperationContext); err != nil {
		return h.refuse(o, gqlerror.List{err})
	}
	o.about.Name, o.about.Type = o.Operation.Name, string(o.Operation.Operation)
	o.about.Deprecated = graph.Deprecated(h.schema, o.OperationContext)
	o.about.CostEstimated = h.costs.Estimate(o.OperationContext)

	if expanded := h.documents.deferring(o.RawQuery, o.Operation); expanded != nil && o.Operation.Operation == ast.Query {
		if o.plan = planOf(expanded, o.Variables); o.plan != nil {
			o.about.CostEstimated = max(o.about.CostEstimated, h.costInParts(o))
		}
	}

	if o.Operation.Operation == ast.Subscription && o.rootFields() != 1 {
		return h.refuse(o, gqlerror.List{graph.RequestError(graph.CodeValidationFailed, "a subscription has exactly one root field")})
	}
	switch limit := h.options.Limits.Cost; {
	case r.Method == http.MethodGet && o.Operation.Operation == ast.Mutation:
		o.about.Status = http.StatusMethodNotAllowed
		return h.refuse(o, gqlerror.List{graph.RequestError(graph.CodeBadUserInput, "a %s needs POST", o.Operation.Operation)})
	case o.about.CostEstimated > limit:
		err := graph.RequestError(graph.CodeLimitExceeded, "the operation can cost %d, which is more than %d", o.about.CostEstimated, limit)
		return h.refuse(o, gqlerror.List{err})
	}
	register(o.ctx)
	return o
}

// maxErrors bounds the errors in the answer to an operation that was refused.
const maxErrors = 10

func (h *Handler) refuse(o *operation, errs gqlerror.List) *operation {
	if h.options.NoSuggestions {
		for _, err := range errs {
			err.Message, _, _ = strings.Cut(err.Message, " Did you mean")
		}
	}
	errs = distinct(errs)
	o.refused = h.exec.DispatchError(graphql.WithOperationContext(o.ctx, orNone(o.OperationContext)), errs[:min(len(errs), maxErrors)])
	o.about.Codes = codesOf(o.refused)
	return o
}

// distinct leaves out errors that say the same: one mistake can be made many times.
func distinct(errs gqlerror.List) gqlerror.List {
	said := map[string]bool{}
	var kept gqlerror.List
	for _, err := range errs {
		if !said[err.Message] {
			said[err.Message] = true
			kept = append(kept, err)
		}
	}
	return kept
}

// orNone stands in for the operation of a request in which none was found.
func orNone(operation *graphql.OperationContext) *graphql.OperationContext {
	if operation == nil {
		return &graphql.OperationContext{}
	}
	return operation
}

// execute carries a prepared operation out in one piece, within the time for one.
func (h *Handler) execute(o *operation) *graphql.Response {
	if o.refused != nil {
		return o.refused
	}
	ctx, cancel := context.WithTimeout(o.ctx, h.options.Timeout)
	defer cancel()
	if !o.joined && o.Operation.Operation == ast.Query {
		joined, left := h.options.Join(ctx, o.rootFields())
		defer left()
		ctx = joined
	}
	response := h.respond(ctx, o.OperationContext)
	if o.plan != nil {
		extend(response, "is_final", true) // Relay would wait for the deferred parts, which are in it
	}
	o.note(h, response)
	return response
}

func (h *Handler) respond(ctx context.Context, operation *graphql.OperationContext) *graphql.Response {
	responses, ctx := h.exec.DispatchOperation(ctx, operation)
	if response := responses(ctx); response != nil {
		if len(response.Data) > h.options.MaxAnswer {
			return h.exec.DispatchError(ctx, gqlerror.List{graph.RequestError(graph.CodeLimitExceeded, "the answer has more than %d bytes", h.options.MaxAnswer)})
		}
		return response
	}
	// The context ended before the operation began.
	return h.exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(bff.Errorf(bff.Deadline, "no answer in time"))})
}

// note adds up what an answer, or a part of one, has cost and which errors it has, and reports the cost to who asks.
func (o *operation) note(h *Handler, response *graphql.Response) {
	for _, code := range codesOf(response) {
		if !slices.Contains(o.about.Codes, code) {
			o.about.Codes = append(o.about.Codes, code)
		}
	}
	o.about.CostActual += h.costs.Actual(o.OperationContext, response.Data)
	if o.Headers.Get("GraphQL-Cost") == "report" {
		extend(response, "cost", map[string]int{"estimated": o.about.CostEstimated, "actual": o.about.CostActual})
	}
}

// shield has f answer; a panic outside of any resolver is the answer, too.
func (h *Handler) shield(ctx context.Context, f func() *graphql.Response) (response *graphql.Response) {
	defer func() {
		if cause := recover(); cause != nil {
			err := graph.Presenter(h.options.Logger)(ctx, graph.Recoverer(h.options.Logger)(ctx, cause))
			response = &graphql.Response{Errors: gqlerror.List{err}}
		}
	}()
	return f()
}

// rootFields returns how many fields of Query, or of Subscription, the operation resolves.
func (o *operation) rootFields() int {
	n := 0
	for _, field := range graphql.CollectFields(o.OperationContext, o.Operation.SelectionSet, []string{"Query", "Subscription"}) {
		if field.Name != "__typename" {
			n++
		}
	}
	return n
}

// rootFields is a gqlgen extension that tells of each root field when it begins and ends.
type rootFields struct {
	begin func(ctx context.Context) (_ context.Context, ended func())
}

var _ interface {
	graphql.RootFieldInterceptor
	graphql.HandlerExtension
} = rootFields{}

// ExtensionName implements graphql.HandlerExtension.
func (rootFields) ExtensionName() string { return "RootFields" }

// Validate implements graphql.HandlerExtension.
func (rootFields) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptRootField implements graphql.RootFieldInterceptor.
func (f rootFields) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	ctx, ended := f.begin(ctx)
	defer ended()
	return next(ctx)
}
