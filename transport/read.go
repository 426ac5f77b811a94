package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"bff"
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

// read takes the operations out of a request. No message repeats what the client sent.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (batch, *problem) {
	switch r.Method {
	case http.MethodGet:
		e, problem := readQuery(r)
		return alone(e), problem
	case http.MethodPost:
		return h.readBody(w, r)
	default:
		return batch{}, &problem{http.StatusMethodNotAllowed, graph.CodeBadUserInput, "this endpoint takes GET and POST"}
	}
}

func readQuery(r *http.Request) (envelope, *problem) {
	values := r.URL.Query()
	e := envelope{
		Query: values.Get("query"), OperationName: values.Get("operationName"),
		DocumentID: values.Get("documentId"), DocID: values.Get("doc_id"), ID: values.Get("id"),
	}
	for _, member := range []struct {
		name string
		to   *map[string]any
	}{{"variables", &e.Variables}, {"extensions", &e.Extensions}} {
		text := values.Get(member.name)
		if text == "" {
			continue
		}
		if err := decode([]byte(text), member.to); err != nil {
			return e, badRequest("%s must be a JSON object", member.name)
		}
	}
	return e, e.check()
}

func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) (batch, *problem) {
	var none batch
	name, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || name != mediaJSON || !utf8Only(params) {
		return none, &problem{http.StatusUnsupportedMediaType, graph.CodeBadUserInput, "the body must be application/json in UTF-8"}
	}
	if r.Header.Get("Content-Encoding") != "" && !strings.EqualFold(r.Header.Get("Content-Encoding"), "identity") {
		return none, &problem{http.StatusUnsupportedMediaType, graph.CodeBadUserInput, "the body must not be compressed"}
	}

	body, err := readAll(http.MaxBytesReader(w, r.Body, h.options.MaxBody), min(r.ContentLength, h.options.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		message := fmt.Sprintf("the body is larger than %d bytes", h.options.MaxBody)
		return none, &problem{http.StatusRequestEntityTooLarge, graph.CodeLimitExceeded, message}
	case err != nil:
		return none, badRequest("the body could not be read")
	}

	return h.operations(body)
}

// readAll reads a body that probably has so many bytes; below 0: nobody knows.
func readAll(body io.Reader, expected int64) ([]byte, error) {
	if expected < 0 {
		return io.ReadAll(body)
	}
	text := make([]byte, 0, expected+1) // one more, to see the end
	for {
		n, err := body.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		switch {
		case errors.Is(err, io.EOF):
			return text, nil
		case err != nil:
			return text, err
		case len(text) == cap(text):
			text = append(text, 0)[:len(text)]
		}
	}
}

// envelope is a request's JSON object. Members that it does not name are ignored, as the draft asks.
type envelope struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`

	// A trusted document's id, by the name that the client has for it.
	DocumentID any `json:"documentId"`
	DocID      any `json:"doc_id"`
	ID         any `json:"id"`
}

// operationText is an envelope as it is written: what holds numbers is read later.
type operationText struct {
	Query         string          `json:"query"`
	OperationName string          `json:"operationName"`
	Variables     json.RawMessage `json:"variables"`
	Extensions    json.RawMessage `json:"extensions"`
	DocumentID    json.RawMessage `json:"documentId"`
	DocID         json.RawMessage `json:"doc_id"`
	ID            json.RawMessage `json:"id"`
}

// envelope reads all but the variables, which can be a list.
func (t operationText) envelope() (envelope, error) {
	e := envelope{Query: t.Query, OperationName: t.OperationName}
	for _, member := range []struct {
		text json.RawMessage
		to   *any
	}{{t.DocumentID, &e.DocumentID}, {t.DocID, &e.DocID}, {t.ID, &e.ID}} {
		if member.text != nil {
			if err := decode(member.text, member.to); err != nil {
				return e, err
			}
		}
	}
	if t.Extensions == nil {
		return e, nil
	}
	if err := decode(t.Extensions, &e.Extensions); err != nil {
		return e, errExtensions
	}
	return e, nil
}

// trustedID returns the id of a trusted document; empty: none is named. What is no text is somebody else's member.
func (e envelope) trustedID() string {
	for _, member := range []any{e.DocumentID, e.DocID, e.ID} {
		if id, ok := member.(string); ok && id != "" {
			return id
		}
	}
	return ""
}

// check says whether a document is named at all.
func (e envelope) check() *problem {
	if e.Query == "" && e.trustedID() == "" && e.Extensions["persistedQuery"] == nil {
		return badRequest("query is missing")
	}
	return nil
}

var (
	errTrailing = errors.New("something stands behind the JSON value")
	errTooDeep  = errors.New("the JSON is nested too deeply")

	errExtensions = errors.New("extensions must be a JSON object")
)

// maxJSONDepth bounds the nesting of a body or of variables: decoding and coercing them recurse.
const maxJSONDepth = 40

// decode reads exactly one JSON value. Numbers keep their digits.
func decode(text []byte, to any) error {
	if bff.DeeperThan(text, maxJSONDepth) {
		return errTooDeep
	}
	if !numbered(to) {
		return json.Unmarshal(text, to)
	}
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

// numbered says whether numbers in a value may land in an interface, where only a decoder keeps their digits.
func numbered(to any) bool {
	switch to.(type) {
	case *[]json.RawMessage, *operationText, *socketMessage:
		return false
	default:
		return true
	}
}

func whatIsWrong(err error) string {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		switch field := wrongType.Field[strings.LastIndexByte(wrongType.Field, '.')+1:]; field {
		case "query", "operationName":
			return field + " must be a string"
		case "variables", "extensions":
			return field + " must be a JSON object"
		}
	}
	if errors.Is(err, errTooDeep) || errors.Is(err, errExtensions) {
		return err.Error()
	}
	return "the body is not a JSON object"
}
