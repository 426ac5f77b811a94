package server

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"bff/backends"
)

// metrics counts what the BFF does. Labels have few values: never an operation's name, an id or an address.
type metrics struct {
	registry       *prometheus.Registry
	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec
	backendCalls   *prometheus.CounterVec
	backendKeys    *prometheus.CounterVec
	backendSeconds *prometheus.HistogramVec
	loaderBatches  *prometheus.CounterVec
	loaderKeys     *prometheus.CounterVec
	cacheRequests  *prometheus.CounterVec
	cacheSeconds   *prometheus.HistogramVec
}

// buckets go from a cache hit to the deadline of an operation, in seconds.
func buckets() []float64 {
	return []float64{0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	seconds := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets()}, labels)
	}

	m := &metrics{
		registry:       prometheus.NewRegistry(),
		requests:       counter("bff_requests_total", "Operations answered.", "protocol", "operation_type", "code"),
		requestSeconds: seconds("bff_request_seconds", "Time to answer an operation.", "protocol", "operation_type"),
		backendCalls:   counter("bff_backend_calls_total", "Calls of backends; retries of one call count once.", "service", "method", "code"),
		backendKeys:    counter("bff_backend_keys_total", "Rows or lists asked for in calls of backends.", "service", "method"),
		backendSeconds: seconds("bff_backend_seconds", "Time of calls of backends.", "service", "method"),
		loaderBatches:  counter("bff_loader_batches_total", "Batches of loaders.", "loader"),
		loaderKeys:     counter("bff_loader_keys_total", "Keys in batches of loaders.", "loader"),
		cacheRequests: counter("bff_cache_requests_total", "Keys looked up in a cache level, and what became of them; "+
			"evicted and overflow count values that were thrown away.", "level", "entity", "result"),
		cacheSeconds: seconds("bff_cache_seconds", "Time to look keys up in a cache level.", "level", "entity"),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.requestSeconds, m.backendCalls, m.backendKeys, m.backendSeconds, m.loaderBatches, m.loaderKeys,
		m.cacheRequests, m.cacheSeconds,
	)
	return m
}

// backend observes a finished call of a backend.
func (m *metrics) backend(call backends.Call) {
	m.backendCalls.WithLabelValues(call.Service, call.Method, call.Code).Inc()
	m.backendKeys.WithLabelValues(call.Service, call.Method).Add(float64(call.Keys))
	m.backendSeconds.WithLabelValues(call.Service, call.Method).Observe(call.Took.Seconds())
}

// batch observes a batch of a loader.
func (m *metrics) batch(loader string, keys int) {
	m.loaderBatches.WithLabelValues(loader).Inc()
	m.loaderKeys.WithLabelValues(loader).Add(float64(keys))
}

// cached observes what became of keys in a cache level.
func (m *metrics) cached(level, entity, result string, keys int) {
	if keys > 0 {
		m.cacheRequests.WithLabelValues(level, entity, result).Add(float64(keys))
	}
}

// looked observes how long a cache level took.
func (m *metrics) looked(level, entity string, took time.Duration) {
	m.cacheSeconds.WithLabelValues(level, entity).Observe(took.Seconds())
}

// operations is a gqlgen extension that observes answers, those to refused requests included.
type operations struct{ *metrics }

var _ interface {
	graphql.ResponseInterceptor
	graphql.HandlerExtension
} = operations{}

// ExtensionName implements graphql.HandlerExtension.
func (operations) ExtensionName() string { return "Metrics" }

// Validate implements graphql.HandlerExtension.
func (operations) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse implements graphql.ResponseInterceptor.
func (o operations) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	if response == nil || !graphql.HasOperationContext(ctx) {
		return response
	}

	operation := graphql.GetOperationContext(ctx)
	kind := "unknown"
	if operation.Operation != nil {
		kind = string(operation.Operation.Operation)
	}
	o.requests.WithLabelValues("graphql", kind, codeOf(response)).Inc()
	o.requestSeconds.WithLabelValues("graphql", kind).Observe(time.Since(operation.Stats.OperationStart).Seconds())
	return response
}

// codeOf returns the code of the first error, OK if there is none.
func codeOf(response *graphql.Response) string {
	if len(response.Errors) == 0 {
		return "OK"
	}
	code, _ := response.Errors[0].Extensions["code"].(string)
	return code
}
