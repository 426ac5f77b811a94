package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// format is how parts that follow are told. Clients differ: see docs/adr/0010-defer-outside-gqlgen.md.
type format int

const (
	formatPending format = iota // v0.2: pending, incremental, completed, as graphql-js 17 has it
	formatPath                  // v0.1, deferSpec=20220824: incremental, each with its path, as Apollo's clients read it
	formatFlat                  // one part a message, with data and path at its top, as Relay reads it
)

// parameters are what an Accept header names a format by, and the answer's media type says.
var parameters = map[format]string{formatPending: "incrementalSpec=v0.2", formatPath: "deferSpec=20220824", formatFlat: "incrementalSpec=flat"}

func formatOf(params map[string]string) format {
	switch {
	case params["deferspec"] == "20220824", params["incrementalspec"] == "v0.1":
		return formatPath
	case params["incrementalspec"] == "flat":
		return formatFlat
	default:
		return formatPending
	}
}

// incrementalFraming chooses how an operation that has parts is answered; false: in one piece, for the client likes that
// better, or knows nothing else.
func incrementalFraming(accept []string) (framing, format, bool) {
	best := max(quality(accept, mediaResponse).q, quality(accept, mediaJSON).q)
	var chosen framing
	var spoken format
	found := false
	for _, media := range []string{mediaParts, mediaEvents, mediaLines, mediaAnyLines} {
		for _, header := range accept {
			for element := range strings.SplitSeq(header, ",") {
				name, params, err := mime.ParseMediaType(element)
				if err != nil || name != media || qualityOf(params) <= 0 {
					continue
				}
				if q := qualityOf(params); q > best || q == best && !found {
					best, found, spoken = q, true, formatOf(params)
					chosen = framingOf(media, spoken)
				}
			}
		}
	}
	return chosen, spoken, found
}

// batchFormat is the format in which a client of several operations wants parts.
func batchFormat(accept []string) format {
	for _, header := range accept {
		for element := range strings.SplitSeq(header, ",") {
			if _, params, err := mime.ParseMediaType(element); err == nil && (params["deferspec"] != "" || params["incrementalspec"] != "") {
				return formatOf(params)
			}
		}
	}
	return formatPending
}

func framingOf(media string, f format) framing {
	switch media {
	case mediaParts:
		return parts(parameters[f])
	case mediaEvents:
		return events()
	default:
		return lines(media)
	}
}

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

	first := h.dispatch(ctx, o, o.plan.first)
	o.note(h, first)
	in.first(first)
	in.follow(o.plan.parts)
}

// dispatch carries a selection set out in place of the operation's own.
func (h *Handler) dispatch(ctx context.Context, o *operation, set ast.SelectionSet) *graphql.Response {
	operation := *o.Operation
	operation.SelectionSet = set
	context := &graphql.OperationContext{
		RawQuery: o.RawQuery, Variables: o.Variables, OperationName: o.OperationName, Doc: o.Doc, Headers: o.Headers, Operation: &operation,
		DisableIntrospection: o.DisableIntrospection, RecoverFunc: o.RecoverFunc, ResolverMiddleware: o.ResolverMiddleware,
		RootResolverMiddleware: o.RootResolverMiddleware, Stats: o.Stats,
	}
	return h.respond(ctx, context)
}

// first sends what is answered at once, and announces the parts whose objects are known from it.
func (in *incremental) first(response *graphql.Response) {
	members := append([]any{}, in.before...)
	if in.format == formatPending {
		if pending := in.announce(in.operation.plan.parts, response.Data); len(pending) > 0 {
			members = append(members, "pending", pending)
		}
	} else if in.format == formatFlat {
		extend(response, "is_final", false)
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
			in.deliver(p, response)
			in.follow(p.parts)
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
		data, applies := payload(object.json)
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

// tell sends deliveries in the format that the client reads.
func (in *incremental) tell(deliveries []delivery, pending []map[string]any) {
	next := in.left > 0
	switch {
	case next && len(deliveries) == 0 && len(pending) == 0:
	case in.format == formatFlat:
		in.tellFlat(deliveries, next)
	case in.format == formatPath:
		members := append([]any{}, in.before...)
		var list []map[string]any
		for _, d := range deliveries {
			list = append(list, d.withPath())
		}
		if len(list) > 0 {
			members = append(members, "incremental", list)
		}
		in.message(&graphql.Response{}, append(members, "hasNext", next))
	default:
		members := append([]any{}, in.before...)
		var list, completed []map[string]any
		for _, d := range deliveries {
			done := map[string]any{"id": d.id}
			if d.data == nil {
				done["errors"] = d.errors
			} else {
				entry := map[string]any{"id": d.id, "data": d.data}
				if len(d.errors) > 0 {
					entry["errors"] = d.errors
				}
				list = append(list, entry)
			}
			completed = append(completed, done)
		}
		for _, member := range []struct {
			name string
			list []map[string]any
		}{{"pending", pending}, {"incremental", list}, {"completed", completed}} {
			if len(member.list) > 0 {
				members = append(members, member.name, member.list)
			}
		}
		in.message(&graphql.Response{}, append(members, "hasNext", next))
	}
}

func (in *incremental) tellFlat(deliveries []delivery, next bool) {
	for i, d := range deliveries {
		entry := d.withPath()
		more := next || i < len(deliveries)-1
		members := append([]any{}, in.before...)
		for _, name := range []string{"label", "path", "data", "errors"} {
			if value, given := entry[name]; given {
				members = append(members, name, value)
			}
		}
		members = append(members, "hasNext", more, "extensions", map[string]any{"is_final": !more})
		in.message(&graphql.Response{}, members)
	}
	if len(deliveries) == 0 && !next {
		in.message(&graphql.Response{}, append(append([]any{}, in.before...), "hasNext", false, "extensions", map[string]any{"is_final": true}))
	}
}

func (d delivery) withPath() map[string]any {
	entry := map[string]any{"path": orEmptyPath(d.path), "data": d.data}
	if d.label != "" {
		entry["label"] = d.label
	}
	if len(d.errors) > 0 {
		entry["errors"] = d.errors
	}
	return entry
}

// object is a JSON object and where it stands.
type object struct {
	path []any
	json json.RawMessage
}

// objects returns the objects in data to which a way of response keys leads.
func objects(data json.RawMessage, way []string, path []any) []object {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	switch data[0] {
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(data, &elements) != nil {
			return nil
		}
		var found []object
		for i, element := range elements {
			found = append(found, objects(element, way, append(slices.Clone(path), i))...)
		}
		return found
	case '{':
		if len(way) == 0 {
			return []object{{path, data}}
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil {
			return nil
		}
		return objects(members[way[0]], way[1:], append(slices.Clone(path), way[0]))
	default:
		return nil
	}
}

// payload takes the sign out of a part's object that the part applies to it.
func payload(object json.RawMessage) (json.RawMessage, bool) {
	i := bytes.LastIndex(object, []byte(`"`+matched+`":`))
	if i < 0 {
		return nil, false
	}
	return append(bytes.TrimSuffix(slices.Clone(object[:i]), []byte{','}), '}'), true
}

// errorsBelow returns the errors of fields at a path and below it.
func errorsBelow(errs gqlerror.List, path []any) gqlerror.List {
	var below gqlerror.List
	for _, err := range errs {
		if len(err.Path) < len(path) {
			continue
		}
		same := true
		for i, step := range path {
			switch s := err.Path[i].(type) {
			case ast.PathName:
				same = same && step == string(s)
			case ast.PathIndex:
				same = same && step == int(s)
			}
		}
		if same {
			below = append(below, err)
		}
	}
	return below
}

func pathText(path []any) string {
	var b strings.Builder
	for _, step := range path {
		switch s := step.(type) {
		case string:
			b.WriteString("." + s)
		case int:
			b.WriteString("." + string(rune('0'+len(strconv.Itoa(s)))) + strconv.Itoa(s)) // so that 10 comes after 9
		}
	}
	return b.String()
}

// streamed answers a request of one operation by a stream: because it has parts, or because the client reads no other.
func (h *Handler) streamed(w http.ResponseWriter, o *operation, f framing, spoken format, cancel func()) {
	out := openStream(w, f, h.options.KeepAlive, cancel)
	defer out.close()
	o.about.Status = http.StatusOK
	switch {
	case o.refused == nil && o.plan != nil:
		h.incrementally(o, spoken, nil, out.send)
	default:
		o.about.Bytes = out.send(message(item{requestIndex: -1, variableIndex: -1}, h.execute(o)))
	}
	observe(o.ctx, o.about)
}
