package transport

import (
	"mime"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"bff/stream"
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
func incrementalFraming(accept []string) (stream.Framing, format, bool) {
	best := max(quality(accept, mediaResponse).q, quality(accept, mediaJSON).q)
	var chosen stream.Framing
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

func framingOf(media string, f format) stream.Framing {
	switch media {
	case mediaParts:
		return stream.Parts(parameters[f])
	case mediaEvents:
		return stream.Events()
	default:
		return stream.Lines(media)
	}
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
