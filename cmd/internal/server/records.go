package server

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"bff/accesslog"
	"bff/auth"
	"bff/cmd/internal/program"
	"bff/transport"
)

// recordsTimeout bounds how long access records hold up the end of the program. What is left then is in the spool.
const recordsTimeout = 5 * time.Second

func openAccessLog(config Config, m *metrics, logger *slog.Logger) (*accesslog.Log, error) {
	var sink accesslog.Sink
	if brokers := addresses(config.Kafka); brokers != nil {
		sink = accesslog.NewKafka(brokers)
	} else {
		files, err := accesslog.OpenHostFiles(config.LogDir)
		if err != nil {
			return nil, program.Wrong("log-dir", "%w", err)
		}
		sink = files
	}

	log, err := accesslog.Open(sink, accesslog.Options{
		Dir: config.SpoolDir, SpoolBytes: int64(config.SpoolBytes), Observe: m.recorded, Logger: logger,
	})
	if err != nil {
		return nil, program.Wrong("spool-dir", "%w", err)
	}
	return log, nil
}

func closeAccessLog(log *accesslog.Log, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), recordsTimeout)
	defer cancel()
	if err := log.Close(ctx); err != nil {
		logger.Error("access records", "error", err.Error())
	}
}

// recorder makes access records and hands them to keep.
type recorder struct {
	metrics *metrics
	keep    func(accesslog.Record)
}

// record makes an access record of each operation of a request and hands it to keep.
func record(m *metrics, keep func(accesslog.Record)) middleware {
	records := &recorder{m, keep}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, r := scoped(r)
			s.records, s.start = records, time.Now()
			next.ServeHTTP(w, r)
		})
	}
}

// observe makes the record of one operation. ctx is the operation's: over a WebSocket its viewer is not the request's.
func (r *recorder) observe(ctx context.Context, s *scope, o transport.Operation) {
	now := time.Now()
	about := s.request
	client, version := clientOf(about.Header)
	made := accesslog.Record{
		ID: newID(now), Time: s.start.UTC(), RequestID: s.id, TraceID: traceOf(about.Header),
		Client: client, ClientVersion: version, Viewer: auth.From(ctx).UserID,
		Protocol: o.Protocol, Method: about.Method, Path: about.URL.Path,
		OperationName: o.Name, OperationHash: o.Hash, OperationType: o.Type, Status: o.Status, ErrorCodes: o.Codes,
		DurationMS: float64(now.Sub(s.start).Microseconds()) / 1000, Bytes: int64(o.Bytes),
		Counts: s.tally.Take(), Deprecated: o.Deprecated,
		CostEstimated: o.CostEstimated, CostActual: o.CostActual,
	}
	r.metrics.answered(&made)
	r.keep(made)
}

// clientOf returns what a client says of itself, in the headers of either convention. A name that is no plain word is
// nobody's.
func clientOf(header http.Header) (name, version string) {
	if name = plainOf(header, "Graphql-Client-Name", "Apollographql-Client-Name"); name == "" {
		name = "unknown"
	}
	return name, plainOf(header, "Graphql-Client-Version", "Apollographql-Client-Version")
}

// plainOf returns the first of two headers that is a plain name, empty if none is. The names are in canonical form.
func plainOf(header http.Header, one, other string) string {
	if value := first(header, one); plainName(value) {
		return value
	}
	if value := first(header, other); plainName(value) {
		return value
	}
	return ""
}

// plainName says whether text is 1 to 64 letters, digits, blanks and the characters . _ / @ + - .
func plainName(text string) bool {
	for i := range len(text) {
		if c := text[i]; !alphanumeric(c) && strings.IndexByte(" ._/@+-", c) < 0 {
			return false
		}
	}
	return text != "" && len(text) <= 64
}

// traceOf returns the id of the trace that a request belongs to (https://www.w3.org/TR/trace-context/), if it does:
// 00-TRACE-PARENT-FLAGS, of 32, 16 and 2 digits in lower case.
func traceOf(header http.Header) string {
	const size = len("00-00000000000000000000000000000000-0000000000000000-00")
	text := first(header, "Traceparent")
	if len(text) != size || text[:3] != "00-" || text[35] != '-' || text[52] != '-' {
		return ""
	}
	trace := text[3:35]
	if !hexadecimal(trace) || !hexadecimal(text[36:52]) || !hexadecimal(text[53:]) || trace == "00000000000000000000000000000000" {
		return ""
	}
	return trace
}

func hexadecimal(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
