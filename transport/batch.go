package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff/dispatch"
	"bff/engine"
	"bff/graph"
	"bff/stream"
)

// batch is the operations of one request.
type batch struct {
	items []item
	many  bool // the request was a list, or one of its operations had a list of variables: so is the answer
}

// item is one operation of a request, and its place there.
type item struct {
	envelope
	requestIndex  int // -1: the request is no list
	variableIndex int // -1: its variables are no list
	problem       *problem
}

func alone(e envelope) batch {
	return batch{items: []item{{envelope: e, requestIndex: -1, variableIndex: -1}}}
}

const protocolBatch = "graphql-batch"

// operations reads a body: one operation as an object, or several as an array of such. The variables of each can be a
// list, too: then it is carried out for each of them.
func (h *Handler) operations(body []byte) (batch, *problem) {
	var b batch
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '[' {
		return b, h.addOperation(&b, body, -1)
	}

	b.many = true
	var elements []json.RawMessage
	if err := decode(body, &elements); err != nil {
		return b, badRequest("%s", whatIsWrong(err))
	}
	if len(elements) == 0 {
		return b, badRequest("the batch is empty")
	}
	if len(elements) > h.options.Limits.Batch {
		return b, h.tooMany()
	}
	for i, element := range elements {
		if problem := h.addOperation(&b, element, i); problem != nil {
			return b, problem
		}
	}
	return b, nil
}

func (h *Handler) tooMany() *problem {
	return &problem{http.StatusBadRequest, graph.CodeLimitExceeded, fmt.Sprintf("the request has more than %d operations", h.options.Limits.Batch)}
}

// addOperation reads one operation. What is no object at all refuses the request; what else is wrong with one of several
// is told in its own answer.
func (h *Handler) addOperation(b *batch, text []byte, index int) *problem {
	var read operationText
	if err := decode(text, &read); err != nil {
		return badRequest("%s", whatIsWrong(err))
	}
	envelope, err := read.envelope()
	if err != nil {
		return badRequest("%s", whatIsWrong(err))
	}
	add := func(variables []byte, variableIndex int) *problem {
		it := item{envelope: envelope, requestIndex: index, variableIndex: variableIndex}
		if len(variables) > 0 && string(variables) != "{}" && decode(variables, &it.Variables) != nil {
			it.problem = badRequest("variables must be a JSON object, or a list of such")
		} else {
			it.problem = it.check()
		}
		if it.problem != nil && index < 0 {
			return it.problem
		}
		b.items = append(b.items, it)
		return nil
	}

	if list := bytes.TrimLeft(read.Variables, " \t\r\n"); len(list) == 0 || list[0] != '[' {
		return add(read.Variables, -1)
	}
	b.many = true
	var sets []json.RawMessage
	if err := decode(read.Variables, &sets); err != nil || len(sets) == 0 {
		return badRequest("variables must be a JSON object, or a list of such")
	}
	if len(b.items)+len(sets) > h.options.Limits.Batch {
		return h.tooMany()
	}
	for i, set := range sets {
		if problem := add(set, i); problem != nil {
			return problem
		}
	}
	return nil
}

// several answers a request of several operations. Queries run at once and share their loaders, equal ones are carried
// out once. Mutations run one after the other, in order; a query that stands behind one waits for it.
func (h *Handler) several(w http.ResponseWriter, r *http.Request, b batch) {
	framing, ok := batchFraming(r.Header.Values("Accept"))
	if !ok {
		refuse(w, r, mediaJSON, http.StatusNotAcceptable, "a batch is answered with %s, %s, %s, %s or %s", mediaLines, mediaAnyLines, mediaJSON, mediaParts, mediaEvents)
		return
	}
	media, _ := negotiate(r.Header.Values("Accept"))
	if media == "" {
		media = mediaJSON
	}

	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	operations := make([]*operation, len(b.items))
	cost := 0
	for i, it := range b.items {
		operations[i] = h.prepareItem(ctx, r, it)
		if plan := operations[i].plan; plan != nil {
			plan.shared = len(b.items) > 1
		}
		if operations[i].refused == nil {
			cost += operations[i].about.CostEstimated
		}
	}
	if err := h.admitBatch(ctx, cost); err != nil {
		refused := &graphql.Response{Errors: gqlerror.List{err}}
		finish(w, r, media, Operation{Protocol: protocolBatch, Status: h.statusOf(media, true, refused)}, refused)
		return
	}

	if framing == nil {
		h.array(ctx, w, media, operations)
		return
	}
	out := stream.Open(w, *framing, h.options.KeepAlive, cancel)
	defer out.Close()
	format := batchFormat(r.Header.Values("Accept"))
	h.run(ctx, operations, func(i int, o *operation) *incremental {
		return h.incrementally(o, format, b.items[i].place(), out.Send)
	}, func(i int, response *graphql.Response) {
		o := operations[i]
		o.about.Bytes = out.Add(message(b.items[i], response))
		Observe(o.ctx, o.about)
	}, out.Flush)
}

// prepareItem prepares one of several operations.
func (h *Handler) prepareItem(ctx context.Context, r *http.Request, it item) *operation {
	var o *operation
	switch {
	case it.problem != nil:
		o = h.refuse(&operation{ctx: ctx}, gqlerror.List{graph.RequestError(it.problem.code, "%s", it.problem.message)})
	default:
		o = h.prepare(ctx, r, it.envelope)
	}
	if o.refused == nil && o.Operation.Operation == ast.Subscription {
		h.refuse(o, gqlerror.List{graph.RequestError(graph.CodeBadUserInput, "a subscription cannot be one of several operations")})
	}
	o.about.Protocol, o.about.Status = protocolBatch, http.StatusOK
	if o.refused != nil {
		o.about.Type = ""
	}
	return o
}

func (h *Handler) admitBatch(ctx context.Context, cost int) *gqlerror.Error {
	if limit := h.options.Limits.BatchCost; cost > limit {
		return graph.RequestError(graph.CodeLimitExceeded, "the operations can cost %d together, which is more than %d", cost, limit)
	}
	return h.options.Admit(ctx, cost)
}

// run carries operations out in one schedule, and calls answer for each as it finishes, from one goroutine at a time. An
// operation that defers is answered by what inParts returns; inParts may be nil. answered is called after some answers.
func (h *Handler) run(ctx context.Context, operations []*operation, inParts func(i int, o *operation) *incremental, answer func(i int, response *graphql.Response), answered func()) {
	r := &batchRun{handler: h, ctx: ctx, operations: operations, inParts: inParts, answer: answer, answered: answered}
	r.schedule = dispatch.From(ctx)
	if r.schedule == nil {
		r.schedule = dispatch.New(dispatch.Options{})
	}
	phase := 0
	for _, group := range equals(operations) {
		first := operations[group[0]]
		switch {
		case first.refused != nil:
			r.tell(first.refused, group...)
			continue
		case len(r.phases) == phase:
			r.phases = append(r.phases, nil)
		}
		mutates := first.Operation.Operation == ast.Mutation
		r.phases[phase] = append(r.phases[phase], planned{group, mutates})
		if mutates {
			phase++
		}
	}
	r.answered() // what was refused
	r.begin(0)
	r.running.Wait()
}

// batchRun is the operations of a request while they are carried out. A phase is the queries between two mutations, and the
// mutation behind them: it begins when the mutation before it has ended.
type batchRun struct {
	handler    *Handler
	ctx        context.Context
	schedule   *dispatch.Schedule
	operations []*operation
	inParts    func(i int, o *operation) *incremental
	answer     func(i int, response *graphql.Response)
	answered   func() // called after some answers
	phases     [][]planned
	running    sync.WaitGroup
	answering  sync.Mutex
}

// planned is equal operations, which are carried out once.
type planned struct {
	group   []int
	mutates bool
}

// begin carries a phase out.
func (r *batchRun) begin(phase int) {
	if phase >= len(r.phases) {
		return
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.handler.options.Timeout)
	defer cancel()
	jobs := make([]dispatch.Job, len(r.phases[phase]))
	for i, p := range r.phases[phase] {
		jobs[i] = r.job(ctx, p, func() {
			if p.mutates {
				r.running.Go(func() { r.begin(phase + 1) })
			}
		})
	}
	r.schedule.RunAll(ctx, jobs)
}

// job carries one operation out. Its answer is written when it has given its turn away.
func (r *batchRun) job(ctx context.Context, p planned, ended func()) dispatch.Job {
	o := r.operations[p.group[0]]
	if o.defers && r.inParts != nil {
		in := r.inParts(p.group[0], o)
		return dispatch.Job{Name: engine.TaskName, Run: in.first, After: func() {
			in.follow(ctx)
			Observe(o.ctx, o.about)
		}}
	}
	var response *graphql.Response
	return dispatch.Job{Name: engine.TaskName, Run: func(ctx context.Context) {
		response = r.handler.shield(ctx, func() *graphql.Response { return r.handler.execute(ctx, o) })
		ended()
	}, Answer: func() { r.tell(response, p.group...) }, Flush: r.answered}
}

func (r *batchRun) tell(response *graphql.Response, indexes ...int) {
	r.answering.Lock()
	defer r.answering.Unlock()
	first := r.operations[indexes[0]]
	for _, i := range indexes {
		r.operations[i].about.Codes, r.operations[i].about.CostActual = first.about.Codes, first.about.CostActual
		r.answer(i, response)
	}
}

// equals groups the places of operations in which the same query stands with the same variables, unless a mutation
// stands between them.
func equals(operations []*operation) [][]int {
	type key struct {
		mutations              int
		document, name, values string
	}
	var groups [][]int
	known := map[key]int{}
	mutations := 0
	for i, o := range operations {
		if o.refused != nil || o.Operation.Operation != ast.Query || o.defers {
			groups = append(groups, []int{i})
			if o.refused == nil && o.Operation.Operation != ast.Query {
				mutations++
			}
			continue
		}
		values, err := json.Marshal(o.Variables) // with sorted names
		k := key{mutations, o.about.Hash, o.about.Name, string(values)}
		at, met := known[k]
		if !met || err != nil {
			known[k] = len(groups)
			groups = append(groups, []int{i})
			continue
		}
		groups[at] = append(groups[at], i)
	}
	return groups
}

// array answers several operations in order, when the last has finished.
func (h *Handler) array(ctx context.Context, w http.ResponseWriter, media string, operations []*operation) {
	answers := make([][]byte, len(operations))
	h.run(ctx, operations, nil, func(i int, response *graphql.Response) {
		answers[i] = message(item{requestIndex: -1, variableIndex: -1}, response)
		operations[i].about.Bytes = len(answers[i])
		Observe(operations[i].ctx, operations[i].about)
	}, func() {})
	body := append(append([]byte{'['}, bytes.Join(answers, []byte{','})...), ']')
	writeBody(w, media, http.StatusOK, body)
}

// message is the answer to one of several operations, with its place.
func message(it item, response *graphql.Response) []byte {
	encoded, err := encode(response, it.place()...)
	if err != nil {
		encoded, _ = encode(&graphql.Response{Errors: gqlerror.List{graph.RequestError(graph.CodeInternal, "internal error")}}, it.place()...)
	}
	return encoded
}

// place is the members that say which operation an answer belongs to.
func (it item) place() []any {
	var members []any
	if it.requestIndex >= 0 {
		members = append(members, "requestIndex", it.requestIndex)
	}
	if it.variableIndex >= 0 {
		members = append(members, "variableIndex", it.variableIndex)
	}
	return members
}
