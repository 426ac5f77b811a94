package transport

import (
	"context"
	"net/http"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// TestAPlanThatNobodyAsksForAllocatesNothing also if everybody may read plans.
func TestAPlanThatNobodyAsksForAllocatesNothing(t *testing.T) {
	h := &Handler{options: Options{Explain: func(context.Context) func() Loads {
		t.Error("asked who may read a plan")
		return nil
	}}}
	for name, header := range map[string]http.Header{"no header": {"Accept": {"*/*"}}, "another value": {"Graphql-Plan": {"no"}}, "none": nil} {
		o := &operation{OperationContext: &graphql.OperationContext{Headers: header}}
		response := &graphql.Response{}
		if n := testing.AllocsPerRun(100, func() {
			h.explain(t.Context(), o)
			o.note(response)
			o.addPlan(response)
		}); n > 0 || o.stats.Report != nil || response.Extensions != nil {
			t.Errorf("%s: %v allocations, %v", name, n, response.Extensions)
		}
	}
}
