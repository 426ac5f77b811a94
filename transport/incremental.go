package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"bff/engine"
	"bff/stream"
)

// incremental answers an operation with parts: the first answer, then each part as it is complete.
type incremental struct {
	handler   *Handler
	operation *operation
	format    format
	send      func(message []byte)
	before    []any // members that say which operation of several it is
	parts     engine.Incremental
	responses graphql.ResponseHandler
	response  *graphql.Response
}

// incrementally prepares the answers to an operation.
func (h *Handler) incrementally(o *operation, f format, before []any, send func(message []byte) int) *incremental {
	in := &incremental{handler: h, operation: o, format: f, before: before}
	in.send = func(message []byte) { o.about.Bytes += send(message) }
	return in
}

// first resolves what is answered at once.
func (in *incremental) first(ctx context.Context) {
	in.response = in.handler.shield(ctx, func() *graphql.Response {
		in.responses = in.handler.dispatch(engine.WithIncremental(ctx, &in.parts), in.operation)
		return in.responses(ctx)
	})
}

// follow sends what first resolved, and then the parts.
func (in *incremental) follow(ctx context.Context) {
	if in.response == nil {
		in.response = in.handler.late(ctx)
	}
	in.operation.note(in.response)
	in.addPlan(in.response)
	in.tellFirst()
	for in.parts.More {
		failed := true
		response := in.handler.shield(ctx, func() *graphql.Response {
			response := in.responses(ctx)
			failed = response == nil
			return response
		})
		if response == nil {
			response = in.handler.late(ctx)
		}
		if failed {
			in.parts.More, in.parts.Delivered, in.parts.Pending = false, nil, nil
		}
		for _, d := range in.parts.Delivered {
			in.operation.note(&graphql.Response{Errors: d.Errors})
		}
		in.operation.note(response)
		in.addPlan(response)
		in.tell(response)
	}
}

// addPlan adds to the last answer how the operation was carried out.
func (in *incremental) addPlan(response *graphql.Response) {
	if !in.parts.More {
		in.operation.addPlan(response)
	}
}

// tellFirst sends what is answered at once, and announces the parts whose objects are known from it.
func (in *incremental) tellFirst() {
	members := append([]any{}, in.before...)
	switch in.format {
	case formatPending:
		if pending := announcements(in.parts.Pending); len(pending) > 0 {
			members = append(members, "pending", pending)
		}
	case formatFlat:
		extend(in.response, "is_final", !in.parts.More)
	case formatPath:
	}
	in.message(in.response, append(members, "hasNext", in.parts.More))
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

// announcements is how parts that follow are announced.
func announcements(parts []engine.Pending) []map[string]any {
	var list []map[string]any
	for _, p := range parts {
		announcement := map[string]any{"id": strconv.Itoa(p.ID), "path": orEmptyPath(p.Path)}
		if p.Label != "" {
			announcement["label"] = p.Label
		}
		list = append(list, announcement)
	}
	return list
}

func orEmptyPath(path ast.Path) ast.Path {
	if path == nil {
		return ast.Path{}
	}
	return path
}

// withPath is a delivery in the formats that name its place.
func withPath(d engine.Delivery) map[string]any {
	entry := map[string]any{"path": orEmptyPath(d.Path)}
	switch {
	case d.Stream && d.Failed():
		entry["items"] = nil
	case d.Stream:
		entry["path"], entry["items"] = append(slices.Clone(d.Path), ast.PathIndex(d.From)), rawItems(d)
	case d.Failed():
		entry["data"] = nil
	default:
		entry["data"] = json.RawMessage(d.Data)
	}
	if d.Label != "" {
		entry["label"] = d.Label
	}
	if len(d.Errors) > 0 {
		entry["errors"] = d.Errors
	}
	return entry
}

// streamed answers a request of one operation by a stream: because it has parts, or because the client reads no other.
func (h *Handler) streamed(ctx context.Context, w http.ResponseWriter, o *operation, f stream.Framing, spoken format, cancel func()) {
	out := stream.Open(w, f, h.options.KeepAlive, cancel)
	defer out.Close()
	o.about.Status = http.StatusOK
	alone := item{requestIndex: -1, variableIndex: -1}
	switch {
	case o.refused == nil && o.defers:
		in := h.incrementally(o, spoken, nil, out.Send)
		in.first(ctx)
		in.follow(ctx)
	default:
		o.about.Bytes = out.Send(message(alone, h.shield(ctx, func() *graphql.Response { return h.execute(ctx, o) })))
	}
	Observe(o.ctx, o.about)
}
