package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"bff/stream"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// delivery is what a part is for one object.
type delivery struct {
	path   []any
	label  string
	id     string          // of the pending part
	data   json.RawMessage // nil: it failed
	errors gqlerror.List
	late   bool // it was not announced before
}

// incremental answers an operation with parts: the first answer, then each part as it finishes.
type incremental struct {
	handler   *Handler
	operation *operation
	format    format
	send      func(message []byte)
	before    []any // members that say which operation of several it is

	mu      sync.Mutex
	left    int // parts that have not been told
	ids     int // that were given to pending parts
	pending map[*part][]delivery
}

// incrementally carries an operation out and sends its messages. It returns how many bytes they have.
func (h *Handler) incrementally(o *operation, f format, before []any, send func(message []byte) int) {
	ctx, cancel := context.WithTimeout(o.ctx, h.options.Timeout)
	defer cancel()
	o.ctx = ctx
	in := &incremental{handler: h, operation: o, format: f, before: before, left: len(o.plan.parts), pending: map[*part][]delivery{}}
	in.send = func(message []byte) { o.about.Bytes += send(message) }

	first := h.shield(ctx, func() *graphql.Response { return h.dispatch(ctx, o, o.plan.first) })
	o.note(h, first)
	in.first(first)
	in.follow(o.plan.parts)
}

// dispatch carries a selection set out in place of the operation's own.
func (h *Handler) dispatch(ctx context.Context, o *operation, set ast.SelectionSet) *graphql.Response {
	return h.respond(ctx, o.selecting(set))
}

// selecting is the operation with another selection set.
func (o *operation) selecting(set ast.SelectionSet) *graphql.OperationContext {
	operation := *o.Operation
	operation.SelectionSet = set
	return &graphql.OperationContext{
		RawQuery: o.RawQuery, Variables: o.Variables, OperationName: o.OperationName, Doc: o.Doc, Headers: o.Headers, Operation: &operation,
		DisableIntrospection: o.DisableIntrospection, RecoverFunc: o.RecoverFunc, ResolverMiddleware: o.ResolverMiddleware,
		RootResolverMiddleware: o.RootResolverMiddleware, Stats: o.Stats,
	}
}

// costInParts is what an operation can cost if it is carried out part by part: the way to each part once more.
func (h *Handler) costInParts(o *operation) int {
	cost := h.costs.Estimate(o.selecting(o.plan.first))
	var add func(parts []*part)
	add = func(parts []*part) {
		for _, p := range parts {
			cost += h.costs.Estimate(o.selecting(p.selection()))
			add(p.parts)
		}
	}
	add(o.plan.parts)
	return cost
}

// first sends what is answered at once, and announces the parts whose objects are known from it.
func (in *incremental) first(response *graphql.Response) {
	members := append([]any{}, in.before...)
	switch in.format {
	case formatPending:
		if pending := in.announce(in.operation.plan.parts, response.Data); len(pending) > 0 {
			members = append(members, "pending", pending)
		}
	case formatFlat:
		extend(response, "is_final", false)
	case formatPath:
	}
	in.message(response, append(members, "hasNext", true))
}

func extend(response *graphql.Response, name string, value any) {
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	response.Extensions[name] = value
}

func (in *incremental) message(response *graphql.Response, members []any) {
	encoded, err := encode(response, members...)
	if err != nil {
		return // errors and extensions are ours, and can be encoded
	}
	in.send(encoded)
}

// announce gives an id to each object that is going to have one of the parts.
func (in *incremental) announce(parts []*part, data json.RawMessage) []map[string]any {
	var pending []map[string]any
	for _, p := range parts {
		if p.unsure {
			continue
		}
		for _, object := range objects(data, p.path, nil) {
			d := delivery{path: object.path, label: p.label, id: in.id()}
			in.pending[p] = append(in.pending[p], d)
			pending = append(pending, d.announcement())
		}
	}
	return pending
}

func (in *incremental) id() string {
	in.ids++
	return strconv.Itoa(in.ids - 1)
}

func (d delivery) announcement() map[string]any {
	a := map[string]any{"id": d.id, "path": orEmptyPath(d.path)}
	if d.label != "" {
		a["label"] = d.label
	}
	return a
}

func orEmptyPath(path []any) []any {
	if path == nil {
		return []any{}
	}
	return path
}

// follow carries parts out, all at once, and then those in them.
func (in *incremental) follow(parts []*part) {
	var running sync.WaitGroup
	for _, p := range parts {
		ctx, left := in.handler.options.Join(in.operation.ctx, 1)
		running.Go(func() {
			response := in.handler.shield(in.operation.ctx, func() *graphql.Response {
				return in.handler.dispatch(ctx, in.operation, p.selection())
			})
			left()
			in.handler.shield(in.operation.ctx, func() *graphql.Response {
				in.deliver(p, response)
				in.follow(p.parts)
				return nil
			})
		})
	}
	running.Wait()
}

// deliver sends a part: for each object that has it.
func (in *incremental) deliver(p *part, response *graphql.Response) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.left += len(p.parts) - 1
	in.operation.note(in.handler, response)
	deliveries := in.deliveries(p, response)

	var pending []map[string]any
	if in.format == formatPending {
		for i, d := range deliveries {
			if d.late {
				deliveries[i].id = in.id()
				pending = append(pending, deliveries[i].announcement())
			}
		}
		pending = append(pending, in.announce(p.parts, response.Data)...)
	}
	in.tell(deliveries, pending)
}

// deliveries finds a part's objects in its answer, and which errors are whose.
func (in *incremental) deliveries(p *part, response *graphql.Response) []delivery {
	announced := map[string]delivery{}
	for _, d := range in.pending[p] {
		announced[pathText(d.path)] = d
	}
	delete(in.pending, p)

	var found []delivery
	for _, object := range objects(response.Data, p.path, nil) {
		path := object.path
		data, applies := payload(object.json, p.sign)
		if !applies {
			continue
		}
		d, known := announced[pathText(path)]
		if !known {
			d = delivery{path: path, label: p.label, late: true}
		}
		delete(announced, pathText(path))
		d.data, d.errors = data, errorsBelow(response.Errors, path)
		found = append(found, d)
	}
	for _, d := range announced { // what was announced and failed
		d.errors = errorsBelow(response.Errors, d.path)
		if len(d.errors) == 0 {
			d.errors = response.Errors
		}
		found = append(found, d)
	}
	slices.SortFunc(found, func(a, b delivery) int { return strings.Compare(pathText(a.path), pathText(b.path)) })
	return found
}

// streamed answers a request of one operation by a stream: because it has parts, or because the client reads no other.
func (h *Handler) streamed(w http.ResponseWriter, o *operation, f stream.Framing, spoken format, cancel func()) {
	out := stream.Open(w, f, h.options.KeepAlive, cancel)
	defer out.Close()
	o.about.Status = http.StatusOK
	switch {
	case o.refused == nil && o.plan != nil:
		if fault := h.shield(o.ctx, func() *graphql.Response { h.incrementally(o, spoken, nil, out.Send); return nil }); fault != nil {
			o.about.Bytes += out.Send(message(item{requestIndex: -1, variableIndex: -1}, fault))
		}
	default:
		o.about.Bytes = out.Send(message(item{requestIndex: -1, variableIndex: -1}, h.execute(o)))
	}
	Observe(o.ctx, o.about)
}
