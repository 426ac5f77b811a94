package transport

import (
	"context"
	"net/http"
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
		return h.refuse(o, errs)
	}
	o.about.Name, o.about.Type = o.Operation.Name, string(o.Operation.Operation)
	o.about.Deprecated = graph.Deprecated(h.schema, o.OperationContext)
	o.about.CostEstimated = h.costs.Estimate(o.OperationContext)

	switch limit := h.options.Limits.Cost; {
	case r.Method == http.MethodGet && o.Operation.Operation != ast.Query:
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
	o.refused = h.exec.DispatchError(graphql.WithOperationContext(o.ctx, orNone(o.OperationContext)), errs[:min(len(errs), maxErrors)])
	o.about.Codes = codesOf(o.refused)
	return o
}

// orNone stands in for the operation of a request in which none was found.
func orNone(operation *graphql.OperationContext) *graphql.OperationContext {
	if operation == nil {
		return &graphql.OperationContext{}
	}
	return operation
}

// execute carries a prepared operation out, within the time for one.
func (h *Handler) execute(o *operation) *graphql.Response {
	if o.refused != nil {
		return o.refused
	}
	ctx, cancel := context.WithTimeout(o.ctx, h.options.Timeout)
	defer cancel()

	responses, ctx := h.exec.DispatchOperation(ctx, o.OperationContext)
	response := responses(ctx)
	if response == nil { // the context ended before the operation began
		response = h.exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(bff.Errorf(bff.Deadline, "no answer in time"))})
	}
	o.about.Codes = codesOf(response)
	o.about.CostActual = h.costs.Actual(o.OperationContext, response.Data)
	if o.Headers.Get("GraphQL-Cost") == "report" {
		if response.Extensions == nil {
			response.Extensions = map[string]any{}
		}
		response.Extensions["cost"] = map[string]int{"estimated": o.about.CostEstimated, "actual": o.about.CostActual}
	}
	return response
}

// rootFields returns how many fields of Query the operation resolves.
func (o *operation) rootFields() int {
	n := 0
	for _, field := range graphql.CollectFields(o.OperationContext, o.Operation.SelectionSet, []string{"Query"}) {
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
