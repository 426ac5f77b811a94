package server

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/google/uuid"

	"bff"
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

// record makes an access record of each operation of a request and hands it to keep.
func record(m *metrics, keep func(accesslog.Record)) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			tally := new(accesslog.Tally)
			client, version := clientOf(r.Header)

			ctx := transport.WithObserver(accesslog.With(r.Context(), tally), func(ctx context.Context, o transport.Operation) {
				made := accesslog.Record{
					ID: uuid.Must(uuid.NewV7()).String(), Time: start.UTC(), RequestID: bff.RequestIDFrom(ctx), TraceID: traceOf(r.Header),
					Client: client, ClientVersion: version, Viewer: auth.From(ctx).UserID,
					Protocol: o.Protocol, Method: r.Method, Path: r.URL.Path,
					OperationName: o.Name, OperationHash: o.Hash, OperationType: o.Type, Status: o.Status, ErrorCodes: o.Codes,
					DurationMS: float64(time.Since(start).Microseconds()) / 1000, Bytes: int64(o.Bytes),
					Counts: tally.Take(), Deprecated: o.Deprecated,
					CostEstimated: o.CostEstimated, CostActual: o.CostActual,
				}
				m.answered(made)
				keep(made)
			})
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

var (
	plainName   = regexp.MustCompile(`^[A-Za-z0-9 ._/@+-]{1,64}$`)
	traceParent = regexp.MustCompile(`^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

// clientOf returns what a client says of itself, in the headers of either convention. A name that is no plain word is
// nobody's.
func clientOf(header http.Header) (name, version string) {
	read := func(names ...string) string {
		for _, name := range names {
			if value := header.Get(name); plainName.MatchString(value) {
				return value
			}
		}
		return ""
	}
	if name = read("GraphQL-Client-Name", "Apollographql-Client-Name"); name == "" {
		name = "unknown"
	}
	return name, read("GraphQL-Client-Version", "Apollographql-Client-Version")
}

// traceOf returns the id of the trace that a request belongs to (https://www.w3.org/TR/trace-context/), if it does.
func traceOf(header http.Header) string {
	if found := traceParent.FindStringSubmatch(header.Get("Traceparent")); found != nil && found[1] != "00000000000000000000000000000000" {
		return found[1]
	}
	return ""
}
