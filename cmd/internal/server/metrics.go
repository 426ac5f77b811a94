package server

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"bff/accesslog"
	"bff/backends"
	"bff/dispatch"
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
	splitBatches   prometheus.Counter
	faults         *prometheus.CounterVec
	cacheRequests  *prometheus.CounterVec
	cacheSeconds   *prometheus.HistogramVec
	accessRecords  *prometheus.CounterVec
	deprecated     *prometheus.CounterVec
	clients        names // that are a label

	calls   *children[callLabels, callMetrics]
	batches *children[string, batchMetrics] // by loader
	lookups *children[lookupLabels, prometheus.Counter]
	levels  *children[levelLabels, prometheus.Observer]
	records *children[string, prometheus.Counter] // by result
	answers *children[answerLabels, answerMetrics]
}

// What is observed for each combination of labels.
type (
	callLabels  struct{ service, method, code string }
	callMetrics struct {
		calls, keys prometheus.Counter
		seconds     prometheus.Observer
	}
	batchMetrics  struct{ batches, keys prometheus.Counter }
	lookupLabels  struct{ level, entity, result string }
	levelLabels   struct{ level, entity string }
	answerLabels  struct{ protocol, kind, code string }
	answerMetrics struct {
		answers prometheus.Counter
		seconds prometheus.Observer
	}
)

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
		splitBatches: prometheus.NewCounter(prometheus.CounterOpts{Name: "bff_dispatch_split_batches_total",
			Help: "Batches that were dispatched while others of their round were in flight, because those took too long."}),
		faults: counter("bff_dispatch_faults_total", "Resolvers and procedures that blocked in something other than a loader for so long that they lost their turn.", "name"),
		cacheRequests: counter("bff_cache_requests_total", "Keys looked up in a cache level, and what became of them; "+
			"evicted and overflow count values that were thrown away.", "level", "entity", "result"),
		cacheSeconds:  seconds("bff_cache_seconds", "Time to look keys up in a cache level.", "level", "entity"),
		accessRecords: counter("bff_access_records_total", "Access records: accepted, and then delivered or dropped; spooled on the way.", "result"),
		deprecated:    counter("bff_deprecated_usage_total", "Operations that used something deprecated, by its schema coordinate.", "coordinate", "client"),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.requestSeconds, m.backendCalls, m.backendKeys, m.backendSeconds, m.loaderBatches, m.loaderKeys, m.splitBatches, m.faults,
		m.cacheRequests, m.cacheSeconds, m.accessRecords, m.deprecated,
	)
	m.resolve()
	return m
}

// resolve prepares the metrics of combinations of labels, so that they are looked up once.
func (m *metrics) resolve() {
	m.calls = newChildren(func(l callLabels) callMetrics {
		return callMetrics{
			m.backendCalls.WithLabelValues(l.service, l.method, l.code), m.backendKeys.WithLabelValues(l.service, l.method),
			m.backendSeconds.WithLabelValues(l.service, l.method),
		}
	})
	m.batches = newChildren(func(loader string) batchMetrics {
		return batchMetrics{m.loaderBatches.WithLabelValues(loader), m.loaderKeys.WithLabelValues(loader)}
	})
	m.lookups = newChildren(func(l lookupLabels) prometheus.Counter {
		return m.cacheRequests.WithLabelValues(l.level, l.entity, l.result)
	})
	m.levels = newChildren(func(l levelLabels) prometheus.Observer { return m.cacheSeconds.WithLabelValues(l.level, l.entity) })
	m.records = newChildren(func(result string) prometheus.Counter { return m.accessRecords.WithLabelValues(result) })
	m.answers = newChildren(func(l answerLabels) answerMetrics {
		return answerMetrics{m.requests.WithLabelValues(l.protocol, l.kind, l.code), m.requestSeconds.WithLabelValues(l.protocol, l.kind)}
	})
}

// backend observes a finished call of a backend.
func (m *metrics) backend(ctx context.Context, call backends.Call) {
	to := m.calls.of(callLabels{call.Service, call.Method, call.Code})
	to.calls.Inc()
	to.keys.Add(float64(call.Keys))
	to.seconds.Observe(call.Took.Seconds())
	tally, explained := accounts(ctx)
	tally.Add(accesslog.Counts{BackendCalls: 1, BackendKeys: int64(call.Keys)})
	if explained {
		called(ctx, call)
	}
}

// dispatch observes the exceptions to the rule by which batches are dispatched. Names are those of fields and procedures.
func (m *metrics) dispatch() dispatch.Observer {
	return dispatch.Observer{
		Split: func(batches int) { m.splitBatches.Add(float64(batches)) },
		Fault: func(name string) { m.faults.WithLabelValues(name).Inc() },
	}
}

// batch observes a batch of a loader.
func (m *metrics) batch(ctx context.Context, loader string, keys int) {
	to := m.batches.of(loader)
	to.batches.Inc()
	to.keys.Add(float64(keys))
	accesslog.From(ctx).Add(accesslog.Counts{LoaderBatches: 1})
}

// cached observes what became of keys in a cache level. To know that something does not exist is a hit, too.
func (m *metrics) cached(ctx context.Context, level, entity, result string, keys int) {
	if keys <= 0 {
		return
	}
	m.lookups.of(lookupLabels{level, entity, result}).Add(float64(keys))
	if result != "hit" && result != "absent" {
		return
	}
	tally, explained := accounts(ctx)
	switch level {
	case "memory":
		tally.Add(accesslog.Counts{MemoryHits: int64(keys)})
	case "redis":
		tally.Add(accesslog.Counts{RedisHits: int64(keys)})
	}
	if explained {
		found(ctx, level, keys)
	}
}

// looked observes how long a cache level took.
func (m *metrics) looked(level, entity string, took time.Duration) {
	m.levels.of(levelLabels{level, entity}).Observe(took.Seconds())
}

// recorded observes what became of access records.
func (m *metrics) recorded(result string, records int) {
	m.records.of(result).Add(float64(records))
}

// answered observes an operation that was answered.
func (m *metrics) answered(record *accesslog.Record) {
	kind, code := record.OperationType, "OK"
	if kind == "" {
		kind = "unknown"
	}
	if len(record.ErrorCodes) > 0 {
		code = record.ErrorCodes[0]
	}
	to := m.answers.of(answerLabels{record.Protocol, kind, code})
	to.answers.Inc()
	to.seconds.Observe(record.DurationMS / 1000)
	for _, coordinate := range record.Deprecated {
		m.deprecated.WithLabelValues(coordinate, m.clients.label(record.Client)).Inc()
	}
}

// names bounds how many values a label can have: whoever comes when there are enough is "other".
type names struct {
	mu    sync.Mutex
	known map[string]bool
}

const maxNames = 100

func (n *names) label(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known[name] {
		return name
	}
	if len(n.known) >= maxNames {
		return "other"
	}
	if n.known == nil {
		n.known = map[string]bool{}
	}
	n.known[name] = true
	return name
}
