package transport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"

	"bff"
	"bff/dispatch"
	"bff/engine"
	"bff/graph"
)

// operation is one operation of a request: read and found valid, or refused already.
type operation struct {
	*graphql.OperationContext
	ctx     context.Context // of the operation's observer
	about   Operation
	refused *graphql.Response // nil: it can be carried out
	defers  bool              // parts of it can be delivered later
	stats   engine.Stats
	plan    *explanation // nil: nobody asked for it, or may read it
}

// prepare finds the document, parses, validates and estimates. It resolves no field.
func (h *Handler) prepare(ctx context.Context, r *http.Request, envelope envelope) *operation {
	o := &operation{ctx: ctx, about: Operation{Protocol: protocolGraphQL}}
	params, register, err := h.document(ctx, envelope)
	if err != nil {
		return h.refuse(o, gqlerror.List{err})
	}
	params.Headers = r.Header

	known, errs := h.operationContext(ctx, o, params)
	if errs != nil {
		if o.OperationContext != nil && o.Doc != nil && o.Operation == nil {
			errs[0].Message = "operationName must name one of the document's operations"
		}
		return h.refuse(o, errs)
	}
	if err := graph.CheckVariables(h.schema.Schema(), o.OperationContext); err != nil {
		return h.refuse(o, gqlerror.List{err})
	}
	if known.refused != nil {
		return h.refuse(o, gqlerror.List{known.refused})
	}
	found := h.documents.factsOf(known, o.OperationContext)
	o.about.Name, o.about.Type = o.Operation.Name, string(o.Operation.Operation)
	o.about.Deprecated, o.about.CostEstimated = found.deprecated, found.cost
	o.defers = known.defers && h.schema.Defers(o.OperationContext)

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
	register(ctx)
	h.explain(ctx, o)
	return o
}

// operationContext makes gqlgen's context of an operation: by itself if the document is known to be valid, else by gqlgen's
// executor, which guards, parses and validates.
func (h *Handler) operationContext(ctx context.Context, o *operation, params *graphql.RawParams) (*document, gqlerror.List) {
	known := h.documents.known(params.Query)
	if known == nil {
		o.about.Hash = hashOf(params.Query)
		var errs gqlerror.List
		o.OperationContext, errs = h.exec.CreateOperationContext(graphql.StartOperationTrace(ctx), params)
		if errs != nil {
			return nil, errs
		}
		if known = h.documents.known(params.Query); known == nil { // it is too large to be kept
			known = h.documents.describe(params.Query, o.Doc)
		}
		return known, nil
	}

	o.about.Hash = known.hash
	if known.asks && !h.options.Introspection(ctx) {
		return nil, gqlerror.List{graph.IntrospectionIsOff()}
	}
	o.OperationContext = &graphql.OperationContext{
		RawQuery: params.Query, OperationName: params.OperationName, Extensions: params.Extensions, Headers: params.Headers,
		Doc: known.QueryDocument, Operation: known.Operations.ForName(params.OperationName),
		RecoverFunc: h.plain.RecoverFunc, ResolverMiddleware: h.plain.ResolverMiddleware, RootResolverMiddleware: h.plain.RootResolverMiddleware,
	}
	if o.Operation == nil {
		return nil, gqlerror.List{graph.RequestError(graph.CodeValidationFailed, "")}
	}
	if len(o.Operation.VariableDefinitions) == 0 {
		o.Variables = map[string]any{}
		return known, nil
	}
	var err error
	if o.Variables, err = validator.VariableValues(h.schema.Schema(), o.Operation, params.Variables); err != nil {
		var wrong *gqlerror.Error
		if !errors.As(err, &wrong) {
			wrong = gqlerror.Wrap(err)
		}
		errcode.Set(wrong, errcode.ValidationFailed)
		return nil, gqlerror.List{wrong}
	}
	return known, nil
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

// execute carries a prepared operation out in one piece, in a context that ends when its time is over.
func (h *Handler) execute(ctx context.Context, o *operation) *graphql.Response {
	if o.refused != nil {
		return o.refused
	}
	response := h.dispatch(ctx, o)(ctx)
	if response == nil {
		response = h.late(ctx)
	}
	if o.defers {
		extend(response, "is_final", true) // Relay would wait for the deferred parts, which are in it
	}
	o.note(response)
	o.addPlan(response)
	return response
}

// late is the answer to an operation whose context ended before it began.
func (h *Handler) late(ctx context.Context) *graphql.Response {
	return h.exec.DispatchError(context.WithoutCancel(ctx), gqlerror.List{gqlerror.Wrap(bff.Errorf(bff.Deadline, "no answer in time"))})
}

// dispatch returns the handler of an operation's responses.
func (h *Handler) dispatch(ctx context.Context, o *operation) graphql.ResponseHandler {
	responses, ctx := h.exec.DispatchOperation(engine.WithStats(ctx, &o.stats), o.OperationContext)
	return func(in context.Context) *graphql.Response {
		if t := dispatch.Current(in); t != nil {
			return responses(t.With(ctx))
		}
		return responses(ctx)
	}
}

// note adds up what an answer, or a part of one, has cost and which errors it has, and reports the cost to who asks.
func (o *operation) note(response *graphql.Response) {
	for _, code := range codesOf(response) {
		if !slices.Contains(o.about.Codes, code) {
			o.about.Codes = append(o.about.Codes, code)
		}
	}
	o.about.CostActual = o.stats.Cost
	if o.asked("Graphql-Cost") {
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
