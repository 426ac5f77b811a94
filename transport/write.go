package transport

import (
	"bytes"
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

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // if the client has gone, nobody is left to tell
}

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
	vary(header, varyAnswer)
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
	var body bytes.Buffer
	body.Grow(len(response.Data) + 64)

	separator := byte('{')
	member := func(name string, value any) error {
		raw, ok := value.(json.RawMessage)
		if !ok {
			var err error
			if raw, err = json.Marshal(value); err != nil {
				return err
			}
		}
		body.WriteByte(separator)
		separator = ','
		body.WriteString(`"` + name + `":`)
		body.Write(raw)
		return nil
	}

	for i := 0; i+1 < len(before); i += 2 {
		if err := member(before[i].(string), before[i+1]); err != nil {
			return nil, err
		}
	}
	if len(response.Errors) > 0 {
		if err := member("errors", response.Errors); err != nil {
			return nil, err
		}
	}
	if response.Data != nil {
		if err := member("data", response.Data); err != nil {
			return nil, err
		}
	}
	if len(response.Extensions) > 0 {
		if err := member("extensions", response.Extensions); err != nil {
			return nil, err
		}
	}
	body.WriteByte('}')
	return body.Bytes(), nil
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
