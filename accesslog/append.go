package accesslog

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// appendRecord appends the JSON of a record, byte for byte what encoding/json makes of it, without its reflection.
func appendRecord(to []byte, r *Record) ([]byte, error) {
	if !plainTime(r.Time) || !plainFloat(r.DurationMS) {
		line, err := json.Marshal(r)
		return append(to, line...), err
	}

	to = appendText(append(to, `{"id":`...), r.ID)
	to = append(to, `,"time":"`...)
	to = r.Time.AppendFormat(to, time.RFC3339Nano)
	to = append(to, '"')
	to = appendText(append(to, `,"requestId":`...), r.RequestID)
	to = appendOptional(to, `,"traceId":`, r.TraceID)
	to = appendText(append(to, `,"client":`...), r.Client)
	to = appendOptional(to, `,"clientVersion":`, r.ClientVersion)
	if r.Viewer != 0 {
		to = appendNumber(to, `,"viewer":`, r.Viewer)
	}
	to = appendText(append(to, `,"protocol":`...), r.Protocol)
	to = appendText(append(to, `,"method":`...), r.Method)
	to = appendText(append(to, `,"path":`...), r.Path)
	to = appendOptional(to, `,"operationName":`, r.OperationName)
	to = appendOptional(to, `,"operationHash":`, r.OperationHash)
	to = appendOptional(to, `,"operationType":`, r.OperationType)
	to = appendNumber(to, `,"status":`, int64(r.Status))
	to = appendTexts(to, `,"errorCodes":`, r.ErrorCodes)
	to = append(to, `,"durationMs":`...)
	to = strconv.AppendFloat(to, r.DurationMS, 'f', -1, 64)
	to = appendNumber(to, `,"bytes":`, r.Bytes)
	to = appendNumber(to, `,"costEstimated":`, int64(r.CostEstimated))
	to = appendNumber(to, `,"costActual":`, int64(r.CostActual))
	to = r.append(to)
	to = appendTexts(to, `,"deprecated":`, r.Deprecated)
	return append(to, '}'), nil
}

func (c *Counts) append(to []byte) []byte {
	to = appendNumber(to, `,"backendCalls":`, c.BackendCalls)
	to = appendNumber(to, `,"backendKeys":`, c.BackendKeys)
	to = appendNumber(to, `,"loaderBatches":`, c.LoaderBatches)
	to = appendNumber(to, `,"memoryHits":`, c.MemoryHits)
	return appendNumber(to, `,"redisHits":`, c.RedisHits)
}

// plainTime says whether a time is written as RFC 3339 in UTC without further rules.
func plainTime(t time.Time) bool {
	return t.Location() == time.UTC && t.Year() >= 0 && t.Year() <= 9999
}

// plainFloat says whether encoding/json writes a number without an exponent.
func plainFloat(f float64) bool {
	size := math.Abs(f)
	return size == 0 || size >= 1e-6 && size < 1e21
}

func appendNumber(to []byte, member string, n int64) []byte {
	return strconv.AppendInt(append(to, member...), n, 10)
}

// appendOptional appends a member unless it is empty.
func appendOptional(to []byte, member, value string) []byte {
	if value == "" {
		return to
	}
	return appendText(append(to, member...), value)
}

// appendTexts appends a member unless it is empty.
func appendTexts(to []byte, member string, values []string) []byte {
	if len(values) == 0 {
		return to
	}
	to = append(to, member...)
	separator := byte('[')
	for _, value := range values {
		to = appendText(append(to, separator), value)
		separator = ','
	}
	return append(to, ']')
}

// appendText appends a string. Nearly all are plain ASCII; encoding/json escapes the others.
func appendText(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			escaped, _ := json.Marshal(text) // a string can always be encoded
			return append(to, escaped...)
		}
	}
	to = append(to, '"')
	to = append(to, text...)
	return append(to, '"')
}
