package rpcbff

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"bff"
	"bff/dispatch"
)

// serve carries calls out: queries at once, sharing their loaders, mutations one after the other in order.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, form string, callings []calling) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	calls, errs, cost := make([]prepared, len(callings)), make([]error, len(callings)), 0
	for i, c := range callings {
		calls[i], errs[i] = h.app.prepare(c)
		switch {
		case errs[i] != nil:
		case r.Method != http.MethodPost && calls[i].mutation:
			w.Header().Set("Allow", http.MethodPost)
			h.refuse(w, r, http.StatusMethodNotAllowed, bff.Errorf(bff.Invalid, "a mutation needs POST"))
			return
		case calls[i].cost > h.options.MaxCost:
			errs[i] = bff.Errorf(bff.LimitExceeded, "the call can cost %d, which is more than %d", calls[i].cost, h.options.MaxCost)
		default:
			cost += calls[i].cost
		}
	}
	if cost > h.options.MaxBatchCost {
		h.refuseAll(w, r, form, len(calls), http.StatusBadRequest, bff.Errorf(bff.LimitExceeded, "the calls can cost %d together, which is more than %d", cost, h.options.MaxBatchCost))
		return
	}
	if err := h.options.Admit(ctx, cost); err != nil {
		h.refuseAll(w, r, form, len(calls), http.StatusTooManyRequests, err)
		return
	}

	out := h.open(w, form, len(calls), cancel)
	h.run(ctx, calls, errs, func(i int, a answer) {
		call := Call{Protocol: protocols[form], Status: http.StatusOK, Bytes: out.put(i, a)}
		if p := calls[i].Procedure; p != nil {
			call.Name = p.name()
			if errs[i] == nil {
				call.Type, call.Cost, call.Deprecated = p.word(), calls[i].cost, calls[i].deprecated
			}
		}
		if a.Error != nil {
			call.Code = a.Error.Code
		}
		h.options.Observe(ctx, call)
	}, out.flush)
	out.close()
}

var protocols = map[string]string{typeSingle: "rpc", typeBatch: "rpc-batch", typeStream: "rpc-stream"}

func (p *Procedure) word() string {
	if p.mutation {
		return "mutation"
	}
	return "query"
}

// run carries calls out in one schedule and calls done for each as it finishes, from one goroutine at a
// time, and answered after some.
func (h *Handler) run(ctx context.Context, calls []prepared, errs []error, done func(i int, a answer), answered func()) {
	var telling sync.Mutex
	tell := func(i int, a answer) {
		telling.Lock()
		defer telling.Unlock()
		done(i, a)
	}
	schedule := dispatch.From(ctx)
	if schedule == nil {
		schedule = dispatch.New(dispatch.Options{})
	}
	var queries []dispatch.Job
	var mutations []int
	for i := range calls {
		switch {
		case errs[i] != nil:
			tell(i, h.fail(ctx, "", errs[i]))
		case calls[i].mutation:
			mutations = append(mutations, i)
		default:
			queries = append(queries, h.job(calls[i], func(a answer) { tell(i, a) }, answered))
		}
	}
	answered() // what was refused
	var running sync.WaitGroup
	if len(mutations) > 0 {
		running.Go(func() {
			for _, i := range mutations {
				tell(i, h.one(ctx, calls[i]))
				answered()
			}
		})
	}
	if len(queries) > 0 {
		schedule.RunAll(ctx, queries)
	}
	running.Wait()
}

// job carries one call out. Its answer is written when it has given its turn away.
func (h *Handler) job(p prepared, tell func(answer), answered func()) dispatch.Job {
	var a answer
	return dispatch.Job{
		Name:   p.name(),
		Run:    func(ctx context.Context) { a = h.one(ctx, p) },
		Answer: func() { tell(a) },
		Flush:  answered,
	}
}

// one carries one call out, within the time for one; a panic is its answer and no other's.
func (h *Handler) one(ctx context.Context, p prepared) (a answer) {
	defer func() {
		if cause := recover(); cause != nil {
			h.options.Logger.ErrorContext(ctx, "procedure panicked", slog.String("requestId", bff.RequestIDFrom(ctx)), slog.String("procedure", p.name()), bff.Panic(cause))
			a = h.fail(ctx, p.name(), bff.Errorf(bff.Internal, "panic"))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, h.options.Timeout)
	defer cancel()
	output, err := p.result(ctx)
	if err != nil {
		return h.fail(ctx, p.name(), err)
	}
	return answer{Type: "ApiSingleSuccessResponse", Output: output}
}
