package transport

// The media types of answers that are streams.
const (
	mediaLines    = "application/graphql-response+jsonl"
	mediaAnyLines = "application/jsonl"
	mediaParts    = "multipart/mixed"
	mediaEvents   = "text/event-stream"
)
