package rpcbff

import (
	"encoding/json"
	"net/http"

	"bff/stream"
)

// answers is how the answers to the calls of one request are written: put for each as it is there, from one goroutine at
// a time, then close.
type answers interface {
	put(i int, a answer) (bytes int)
	flush() // what was put, if it can leave before the rest
	close()
}

func (h *Handler) open(w http.ResponseWriter, form string, calls int, cancel func()) answers {
	switch form {
	case typeStream:
		return lines{stream.Open(w, stream.Lines(mediaLines), h.options.KeepAlive, cancel)}
	case typeBatch:
		return &ordered{w: w, texts: make([]json.RawMessage, calls)}
	default:
		return alone{w}
	}
}

func encode(a answer) json.RawMessage {
	text, err := json.Marshal(a)
	if err != nil {
		return json.RawMessage(`{"type":"ApiErrorResponse","error":{"message":"internal error","code":"INTERNAL"}}`)
	}
	return text
}

// alone is the answer to a single call.
type alone struct{ w http.ResponseWriter }

func (o alone) put(_ int, a answer) int {
	text := encode(a)
	head(o.w, mediaJSON)
	_, _ = o.w.Write(text) // if the client has gone, nobody is left to tell
	return len(text)
}

func (alone) flush() {}
func (alone) close() {}

// ordered is the answer to a batch, in order, when the last is there.
type ordered struct {
	w     http.ResponseWriter
	texts []json.RawMessage
}

func (o *ordered) put(i int, a answer) int {
	o.texts[i] = encode(a)
	return len(o.texts[i])
}

func (*ordered) flush() {}

func (o *ordered) close() {
	head(o.w, mediaJSON)
	_, _ = o.w.Write(batch(o.texts))
}

func batch(answers []json.RawMessage) []byte {
	text, _ := json.Marshal(map[string]any{"type": "ApiBatchSuccessResponse", "result": answers}) // of JSON
	return text
}

// lines is the answer to a stream: a line for each call, as it is there.
type lines struct{ *stream.Stream }

func (o lines) put(i int, a answer) int {
	a.Index = &i
	return o.Add(encode(a))
}

func (o lines) flush() { o.Flush() }

func (o lines) close() { o.Close() }
