package transport

import (
	"encoding/json"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"bff/engine"
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
func (in *incremental) tell(response *graphql.Response) {
	next := in.parts.More
	members := append([]any{}, in.before...)
	switch in.format {
	case formatFlat:
		in.tellFlat(response)
	case formatPath:
		var list []map[string]any
		for _, d := range in.parts.Delivered {
			list = append(list, withPath(d))
		}
		if len(list) > 0 {
			members = append(members, "incremental", list)
		}
		in.message(response, append(members, "hasNext", next))
	default:
		var list, completed []map[string]any
		for _, d := range in.parts.Delivered {
			done := map[string]any{"id": strconv.Itoa(d.ID)}
			if d.Failed() {
				done["errors"] = d.Errors
			} else {
				entry := map[string]any{"id": done["id"]}
				if d.Stream {
					entry["items"] = rawItems(d)
				} else {
					entry["data"] = json.RawMessage(d.Data)
				}
				if len(d.Errors) > 0 {
					entry["errors"] = d.Errors
				}
				list = append(list, entry)
			}
			completed = append(completed, done)
		}
		for _, member := range []struct {
			name string
			list []map[string]any
		}{{"pending", announcements(in.parts.Pending)}, {"incremental", list}, {"completed", completed}} {
			if len(member.list) > 0 {
				members = append(members, member.name, member.list)
			}
		}
		in.message(response, append(members, "hasNext", next))
	}
}

func (in *incremental) tellFlat(response *graphql.Response) {
	deliveries := eachItem(in.parts.Delivered)
	for i, d := range deliveries {
		entry := withPath(d)
		more := in.parts.More || i < len(deliveries)-1
		members := append([]any{}, in.before...)
		for _, name := range []string{"label", "path", "data", "errors"} {
			if value, given := entry[name]; given {
				members = append(members, name, value)
			}
		}
		last := &graphql.Response{}
		if !more {
			last.Extensions = response.Extensions
		}
		extend(last, "is_final", !more)
		in.message(last, append(members, "hasNext", more))
	}
	if len(deliveries) == 0 && !in.parts.More {
		extend(response, "is_final", true)
		in.message(response, append(append([]any{}, in.before...), "hasNext", false))
	}
}

// eachItem makes a delivery of each item of a list, as the flat format has it: Relay reads one item a message.
func eachItem(deliveries []engine.Delivery) []engine.Delivery {
	var each []engine.Delivery
	for _, d := range deliveries {
		if d.Items == nil {
			each = append(each, d)
			continue
		}
		for i, item := range d.Items {
			one := engine.Delivery{Pending: d.Pending, Data: item}
			one.Stream = false
			one.Path = append(slices.Clone(d.Path), ast.PathIndex(d.From+i))
			if i == 0 {
				one.Errors = d.Errors
			}
			each = append(each, one)
		}
	}
	return each
}

func rawItems(d engine.Delivery) []json.RawMessage {
	items := make([]json.RawMessage, len(d.Items))
	for i, item := range d.Items {
		items[i] = item
	}
	return items
}
