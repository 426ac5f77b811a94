package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff/graph"
)

// finish sends the answer to an operation and tells the request's observer.
func finish(w http.ResponseWriter, r *http.Request, media string, about Operation, response *graphql.Response) {
	finishIn(r.Context(), w, r, media, about, response)
}

// finishIn is finish with the context of the operation.
func finishIn(ctx context.Context, w http.ResponseWriter, r *http.Request, media string, about Operation, response *graphql.Response) {
	about.Bytes = write(w, r, media, about.Status, response)
	about.Codes = codesOf(response)
	Observe(ctx, about)
}

// write sends an answer and returns the length of its body. An answer to a request that was not executed has no data
// entry.
func write(w http.ResponseWriter, r *http.Request, media string, status int, response *graphql.Response) int {
	body, err := encode(response)
	if err != nil {
		status = http.StatusInternalServerError
		body = []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`)
	}

	header := w.Header()
	commonHeader(header, media)
	retryAfter(header, response)
	if status == http.StatusMethodNotAllowed {
		header.Set("Allow", "GET, POST")
		if r.Method == http.MethodGet {
			header.Set("Allow", http.MethodPost)
		}
	}
	if status == http.StatusOK && len(response.Errors) == 0 && tagged(header, r, body) {
		w.WriteHeader(http.StatusNotModified)
		return 0
	}
	send(w, status, body)
	return len(body)
}

// writeBody sends an answer of several operations.
func writeBody(w http.ResponseWriter, media string, status int, body []byte) {
	commonHeader(w.Header(), media)
	send(w, status, body)
}

// countedBytes is up to how many bytes of a body net/http counts itself and writes Content-Length: it holds them back
// until the handler returns (2,048 in HTTP/1, 4,096 in HTTP/2).
const countedBytes = 2048

// send writes a whole answer. A short one has no Content-Length of ours: it would be the ninth header of most answers,
// for which Go allocates a larger map, and another when net/http copies it.
func send(w http.ResponseWriter, status int, body []byte) {
	if c, ok := w.(*compressor); ok {
		c.length = len(body)
	}
	if len(body) > countedBytes {
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // if the client has gone, nobody is left to tell
}

// Values of headers that are the same in all answers, which share them: a header is replaced or appended to, never
// written into, and these have no room to append in place.
var (
	nosniff       = []string{"nosniff"}
	noStore       = []string{"no-store"}
	typeResponse  = []string{mediaResponse + utf8Charset}
	typeJSON      = []string{mediaJSON + utf8Charset}
	varyEncoding  = []string{"Accept-Encoding"}
	varyClient    = []string{"Accept", "Authorization"}
	varyBothKinds = []string{"Accept-Encoding", "Accept", "Authorization"}
)

const utf8Charset = "; charset=utf-8"

func commonHeader(header http.Header, media string) {
	switch media {
	case mediaResponse:
		header["Content-Type"] = typeResponse
	case mediaJSON:
		header["Content-Type"] = typeJSON
	default:
		header.Set("Content-Type", media+utf8Charset)
	}
	header["X-Content-Type-Options"] = nosniff
	header["Cache-Control"] = noStore
	varyByClient(header)
}

// varyByEncoding says that the answer depends on which encodings the client accepts.
func varyByEncoding(header http.Header) {
	known := header["Vary"]
	if len(known) == 0 {
		header["Vary"] = varyEncoding
		return
	}
	header["Vary"] = append(known, varyEncoding...)
}

// varyByClient says that the answer depends on which media types the client accepts and on who it is.
func varyByClient(header http.Header) {
	known := header["Vary"]
	if len(known) == 1 && known[0] == varyEncoding[0] {
		header["Vary"] = varyBothKinds
		return
	}
	header["Vary"] = append(known, varyClient...)
}

// tagged gives what anybody may read, asked by GET, a tag to ask again with, and says whether the client has it already.
// What a signed-in viewer reads is kept nowhere.
func tagged(header http.Header, r *http.Request, body []byte) bool {
	if r.Method != http.MethodGet || r.Header.Get("Authorization") != "" {
		return false
	}
	sum := sha256.Sum256(body)
	tag := `W/"` + hex.EncodeToString(sum[:12]) + `"`
	header.Set("ETag", tag)
	header.Set("Cache-Control", "private, no-cache")
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		known = strings.TrimSpace(known)
		if known == "*" || strings.TrimPrefix(known, "W/") == strings.TrimPrefix(tag, "W/") { // RFC 9110, 13.1.2
			return true
		}
	}
	return false
}

// retryAfter tells by a header what a limiter of rates put into the extensions of its error.
func retryAfter(header http.Header, response *graphql.Response) {
	for _, err := range response.Errors {
		if seconds, ok := err.Extensions["retryAfter"].(int); ok {
			header.Set("Retry-After", strconv.Itoa(seconds))
		}
	}
}

// encode writes the members of a response around the data, which is JSON already and is not looked at again. Names and
// values of more members can stand before them.
func encode(response *graphql.Response, before ...any) ([]byte, error) {
	const around = 64 // bytes of the other members of most answers
	body := append(make([]byte, 0, len(response.Data)+around), '{')
	var err error
	for i := 0; i+1 < len(before) && err == nil; i += 2 {
		body, err = appendMember(body, before[i].(string), before[i+1])
	}
	if len(response.Errors) > 0 && err == nil {
		body, err = appendMember(body, "errors", response.Errors)
	}
	if response.Data != nil {
		body = append(appendName(body, "data"), response.Data...)
	}
	if len(response.Extensions) > 0 && err == nil {
		body, err = appendMember(body, "extensions", response.Extensions)
	}
	if err != nil {
		return nil, err
	}
	return append(body, '}'), nil
}

// appendName appends the name of a member, which is a plain word.
func appendName(body []byte, name string) []byte {
	if body[len(body)-1] != '{' {
		body = append(body, ',')
	}
	return append(append(append(body, '"'), name...), `":`...)
}

func appendMember(body []byte, name string, value any) ([]byte, error) {
	body = appendName(body, name)
	switch value := value.(type) {
	case int:
		return strconv.AppendInt(body, int64(value), 10), nil
	case bool:
		return strconv.AppendBool(body, value), nil
	case json.RawMessage:
		return append(body, value...), nil
	default:
		text, err := json.Marshal(value)
		return append(body, text...), err
	}
}

func refuse(w http.ResponseWriter, r *http.Request, media string, status int, format string, args ...any) {
	writeRefusal(w, r, media, status, graph.CodeBadUserInput, fmt.Sprintf(format, args...))
}

// Refuse answers a request that is turned away before GraphQL looks at it, by a middleware for example.
func Refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	media, ok := negotiate(r.Header.Values("Accept"))
	if !ok {
		media = mediaJSON
	}
	writeRefusal(w, r, media, status, code, message)
}

func writeRefusal(w http.ResponseWriter, r *http.Request, media string, status int, code, message string) {
	finish(w, r, media, Operation{Protocol: protocolGraphQL, Status: status},
		&graphql.Response{Errors: gqlerror.List{graph.RequestError(code, "%s", message)}})
}
