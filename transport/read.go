package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/99designs/gqlgen/graphql"

	"bff/graph"
)

// problem is why a request is refused before anybody looks at its document.
type problem struct {
	status  int
	code    string
	message string
}

func badRequest(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, graph.CodeBadUserInput, fmt.Sprintf(format, args...)}
}

func (p *problem) write(w http.ResponseWriter, r *http.Request, media string) {
	writeRefusal(w, r, media, p.status, p.code, p.message)
}

// read takes the parameters of an operation out of a request. No message repeats what the client sent.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *problem) {
	switch r.Method {
	case http.MethodGet:
		return readQuery(r)
	case http.MethodPost:
		return h.readBody(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		return nil, &problem{http.StatusMethodNotAllowed, graph.CodeBadUserInput, "this endpoint takes GET and POST"}
	}
}

func readQuery(r *http.Request) (*graphql.RawParams, *problem) {
	values := r.URL.Query()
	envelope := envelope{Query: ptr(values.Get("query")), OperationName: values.Get("operationName")}
	for _, member := range []struct {
		name string
		to   *map[string]any
	}{{"variables", &envelope.Variables}, {"extensions", &envelope.Extensions}} {
		text := values.Get(member.name)
		if text == "" {
			continue
		}
		if err := decode([]byte(text), member.to); err != nil {
			return nil, badRequest("%s must be a JSON object", member.name)
		}
	}
	return envelope.params(r)
}

func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *problem) {
	name, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || name != mediaJSON || !utf8Only(params) {
		return nil, &problem{http.StatusUnsupportedMediaType, graph.CodeBadUserInput, "the body must be application/json in UTF-8"}
	}

	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.options.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		message := fmt.Sprintf("the body is larger than %d bytes", h.options.MaxBody)
		return nil, &problem{http.StatusRequestEntityTooLarge, graph.CodeLimitExceeded, message}
	case err != nil:
		return nil, badRequest("the body could not be read")
	}

	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		return nil, badRequest("a batch of operations is not supported here: send one operation as a JSON object")
	}
	var envelope envelope
	if err := decode(body, &envelope); err != nil {
		return nil, badRequest("%s", whatIsWrong(err))
	}
	return envelope.params(r)
}

// envelope is a request's JSON object. Members that it does not name are ignored, as the draft asks.
type envelope struct {
	Query         *string        `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

func (e envelope) params(r *http.Request) (*graphql.RawParams, *problem) {
	if e.Query == nil || *e.Query == "" {
		return nil, badRequest("query is missing")
	}
	return &graphql.RawParams{
		Query: *e.Query, OperationName: e.OperationName, Variables: e.Variables, Extensions: e.Extensions, Headers: r.Header,
	}, nil
}

var errTrailing = errors.New("something stands behind the JSON value")

// decode reads exactly one JSON value. Numbers keep their digits.
func decode(text []byte, to any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(to); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errTrailing
	}
	return nil
}

func whatIsWrong(err error) string {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		switch wrongType.Field {
		case "query", "operationName":
			return wrongType.Field + " must be a string"
		case "variables", "extensions":
			return wrongType.Field + " must be a JSON object"
		}
	}
	return "the body is not a JSON object"
}

func ptr[T any](v T) *T { return &v }
