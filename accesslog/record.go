// Package accesslog writes one record for each operation, beside the request and never in its way: a bounded queue, from
// there to Kafka or to files, and while Kafka is down to a spool on disk. A record says who did what and what it cost;
// it never holds a variable, the text of a query or a value that is masked.
//
//	log, err := accesslog.Open(sink, accesslog.Options{Dir: "var/spool"})
//	log.Add(record) // never waits
//	err = log.Close(ctx)
package accesslog

import "time"

// Topic is where the records go.
const Topic = "bff.access"

// Record is one operation. Its JSON is what readers of the topic and of the files rely on.
type Record struct {
	ID            string    `json:"id"` // UUIDv7; readers drop duplicates by it
	Time          time.Time `json:"time"`
	RequestID     string    `json:"requestId"`
	TraceID       string    `json:"traceId,omitempty"`
	Client        string    `json:"client"`
	ClientVersion string    `json:"clientVersion,omitempty"`
	Viewer        int64     `json:"viewer,omitempty"` // database id; absent: nobody
	Protocol      string    `json:"protocol"`
	Method        string    `json:"method"`
	Path          string    `json:"path"`
	OperationName string    `json:"operationName,omitempty"`
	OperationHash string    `json:"operationHash,omitempty"` // SHA-256 of the document
	OperationType string    `json:"operationType,omitempty"` // absent: refused before it was read
	Status        int       `json:"status"`                  // of HTTP
	ErrorCodes    []string  `json:"errorCodes,omitempty"`
	DurationMS    float64   `json:"durationMs"`
	Bytes         int64     `json:"bytes"`         // of the answer's body
	CostEstimated int       `json:"costEstimated"` // by @cost and @listSize, before and after
	CostActual    int       `json:"costActual"`
	Counts
	Deprecated []string `json:"deprecated,omitempty"` // schema coordinates that were used; those of procedures begin with rpc:
}

// Counts is what an operation cost. A fetch that several requests shared counts for the one that began it.
type Counts struct {
	BackendCalls  int64 `json:"backendCalls"`
	BackendKeys   int64 `json:"backendKeys"`
	LoaderBatches int64 `json:"loaderBatches"`
	MemoryHits    int64 `json:"memoryHits"`
	RedisHits     int64 `json:"redisHits"`
}
