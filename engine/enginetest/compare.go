package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Pair is two executors of one schema. Oracle is gqlgen's own.
type Pair struct {
	Oracle, Engine *executor.Executor
	// Context returns what an operation is carried out in; nil: the context that Compare is given.
	Context func(context.Context) context.Context

	mu       sync.Mutex
	Excepted map[string]int // differences by the name of the exception that explains them
}

// Params is an operation of a client.
type Params struct {
	Query     string
	Name      string
	Variables map[string]any
}

// Answer is a response, as far as it is compared.
type Answer struct {
	Data   string
	Errors []string // path and message, sorted
}

// Ask carries out an operation and returns its first response.
func Ask(ctx context.Context, exec *executor.Executor, params Params) *graphql.Response {
	next, ctx := Begin(ctx, exec, params)
	return next(ctx)
}

// Begin prepares an operation and returns what answers it, and the context for that.
func Begin(ctx context.Context, exec *executor.Executor, params Params) (graphql.ResponseHandler, context.Context) {
	ctx = graphql.StartOperationTrace(ctx)
	raw := &graphql.RawParams{Query: params.Query, OperationName: params.Name}
	if len(params.Variables) > 0 { // gqlparser writes into them
		raw.Variables = clone(params.Variables).(map[string]any)
	}
	operation, errs := exec.CreateOperationContext(ctx, raw)
	if len(errs) > 0 {
		return func(ctx context.Context) *graphql.Response { return exec.DispatchError(ctx, errs) }, graphql.WithOperationContext(ctx, operation)
	}
	return exec.DispatchOperation(ctx, operation)
}

func clone(value any) any {
	switch v := value.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for key, value := range v {
			c[key] = clone(value)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, value := range v {
			c[i] = clone(value)
		}
		return c
	default:
		return value
	}
}

// AnswerOf returns what is compared of a response.
func AnswerOf(r *graphql.Response) Answer {
	if r == nil {
		return Answer{Data: "no response"}
	}
	return Answer{Data: string(r.Data), Errors: Errors(r.Errors)}
}

// Errors returns paths and messages, sorted.
func Errors(list gqlerror.List) []string {
	errs := make([]string, len(list))
	for i, err := range list {
		errs[i] = err.Path.String() + ": " + err.Message
	}
	slices.Sort(errs)
	return errs
}

// Compare carries out an operation on both executors; an error says where the answers differ.
func (p *Pair) Compare(ctx context.Context, params Params) error {
	answers := [2]Answer{}
	for i, exec := range []*executor.Executor{p.Oracle, p.Engine} {
		in := ctx
		if p.Context != nil {
			in = p.Context(ctx)
		}
		answers[i] = AnswerOf(Ask(in, exec, params))
	}
	return p.Differ(params, answers[0], answers[1])
}

// Differ says where the engine's answer differs from gqlgen's, but for the exceptions.
func (p *Pair) Differ(params Params, want, got Answer) error {
	var found bytes.Buffer
	if want.Data != got.Data {
		fmt.Fprintf(&found, "data:\n gqlgen %s\n engine %s\n", want.Data, got.Data)
	}
	missing, extra := without(want.Errors, got.Errors), without(got.Errors, want.Errors)
	missing, extra = p.except(want, missing, extra)
	for _, err := range missing {
		fmt.Fprintf(&found, "only gqlgen: %s\n", err)
	}
	for _, err := range extra {
		fmt.Fprintf(&found, "only engine: %s\n", err)
	}
	if found.Len() == 0 {
		return nil
	}
	return fmt.Errorf("%s\nquery: %s\nvariables: %v", strings.TrimSpace(found.String()), params.Query, params.Variables)
}

// without returns the elements of a that b lacks, by count. Both are sorted.
func without(a, b []string) []string {
	var left []string
	b = slices.Clone(b)
	for _, s := range a {
		if i := slices.Index(b, s); i >= 0 {
			b = slices.Delete(b, i, i+1)
			continue
		}
		left = append(left, s)
	}
	return left
}
