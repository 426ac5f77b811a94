package transport

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"bff/engine"
)

// Loads is what a request has loaded until now. It holds counts, names and times: no key and no value.
type Loads struct {
	Batches []LoadedBatch `json:"batches"`
	Calls   []LoadedCall  `json:"calls"`
}

// LoadedBatch is keys of a loader that were fetched together.
type LoadedBatch struct {
	Round  int     `json:"round,omitempty"` // of the request's schedule, from 1; 0: nothing was fetched
	Loader string  `json:"loader"`
	Keys   int     `json:"keys"`            // that were fetched
	Known  int     `json:"known,omitempty"` // wanted besides, since the loader's last batch: again, or fetched before
	Found  Found   `json:"found"`
	MS     float64 `json:"ms"`
	Open   bool    `json:"open,omitempty"` // the keys are still being fetched
}

// Found is where the keys of a batch went: the levels of the cache that had them, or that they do not exist, and the service
// that was asked for the rest.
type Found struct {
	Memory  int `json:"memory"`
	Redis   int `json:"redis"`
	Service int `json:"service"`
	Shared  int `json:"shared,omitempty"` // that another request was fetching already, or that were given up
}

// LoadedCall is a finished call of a service.
type LoadedCall struct {
	Round   int     `json:"round,omitempty"` // of the batch that made it; 0: it belongs to none, as a write
	Service string  `json:"service"`
	Method  string  `json:"method"`
	Keys    int     `json:"keys"`
	Code    string  `json:"code"` // of gRPC
	MS      float64 `json:"ms"`
}

// explanation is how an operation is carried out, for a client that asked by GraphQL-Plan: report.
type explanation struct {
	report engine.Report
	loads  func() Loads
	shared bool // other operations of the request ran beside it
}

// planReport is an explanation as extensions.plan has it.
type planReport struct {
	Levels []engine.Level `json:"levels"`
	Loads
	Shared bool `json:"shared,omitempty"` // batches and calls are those of all operations of the request
}

// explain prepares to explain an operation, if its client asks for that and may know.
func (h *Handler) explain(ctx context.Context, o *operation) {
	if !o.asked("Graphql-Plan") {
		return
	}
	o.plan, o.stats.Report = nil, nil
	if loads := h.options.Explain(ctx); loads != nil {
		o.plan = &explanation{loads: loads}
		o.stats.Report = &o.plan.report
	}
}

// addPlan adds to the last answer how the operation was carried out.
func (o *operation) addPlan(response *graphql.Response) {
	if o.plan != nil {
		extend(response, "plan", planReport{o.plan.report.Levels(), o.plan.loads(), o.plan.shared})
	}
}

// asked says whether the client wants a report by a header, whose name is in canonical form.
func (o *operation) asked(header string) bool {
	values := o.Headers[header]
	return len(values) > 0 && values[0] == "report"
}
