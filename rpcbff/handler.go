package rpcbff

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"bff"
)

// Options tune a handler. The zero value works.
type Options struct {
	MaxBody       int64                                     // of a request, in bytes; default 256 KB
	MaxCalls      int                                       // of a request; default 50
	MaxCost       int                                       // of one call; default 1,000
	MaxBatchCost  int                                       // of all calls of a request; default 5,000
	Timeout       time.Duration                             // of one call; default 10 s
	KeepAlive     time.Duration                             // between signs of life in a stream; default 10 s
	Introspection func(ctx context.Context) bool            // whether a request can ask for the description; default: none can
	Admit         func(ctx context.Context, cost int) error // whether calls may begin that can cost so much; default: they may
	Observe       func(ctx context.Context, call Call)      // told of each call that was answered, and of each request that was refused
	Logger        *slog.Logger                              // for faults; default: discarded
}

// Call is what became of one call. It holds neither input nor output.
type Call struct {
	Protocol string // "rpc", "rpc-batch" or "rpc-stream"
	Name     string // the procedure's path; empty: there was none
	Type     string // "query" or "mutation"; empty: refused
	Status   int    // of HTTP
	Code     string // of the error; empty: there was none
	Bytes    int    // of the answer
	Cost     int

	Deprecated []string // coordinates of the deprecated procedure and input fields that it used, as rpc:user.get and rpc:ListInput.first
}

// Handler serves an app over HTTP. Safe for concurrent use. The loaders of the request must be in its context.
type Handler struct {
	app     *App
	options Options
}

// NewHandler returns a handler of an app. It serves one path and, below it, __introspection__.
func NewHandler(app *App, options Options) *Handler {
	set := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	set(&options.MaxCalls, 50)
	set(&options.MaxCost, 1000)
	set(&options.MaxBatchCost, 5000)
	if options.MaxBody <= 0 {
		options.MaxBody = 256 << 10
	}
	if options.Timeout <= 0 {
		options.Timeout = 10 * time.Second
	}
	if options.KeepAlive <= 0 {
		options.KeepAlive = 10 * time.Second
	}
	if options.Introspection == nil {
		options.Introspection = func(context.Context) bool { return false }
	}
	if options.Admit == nil {
		options.Admit = func(context.Context, int) error { return nil }
	}
	if options.Observe == nil {
		options.Observe = func(context.Context, Call) {}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{app, options}
}

// calling is one call on the wire.
type calling struct {
	Path  []string        `json:"path"`
	Input json.RawMessage `json:"input"`
}

// request is a body: one call, or several.
type request struct {
	Type string `json:"type"` // "Single", "Batch", "Stream" or "__introspection__"
	calling
	Callings []calling `json:"callings"`
}

const (
	typeSingle     = "Single"
	typeBatch      = "Batch"
	typeStream     = "Stream"
	typeIntroduced = "__introspection__"
)

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/"+typeIntroduced) {
		h.introduce(w, r)
		return
	}
	body, status, err := h.read(w, r)
	if err != nil {
		h.refuse(w, r, status, err)
		return
	}
	switch body.Type {
	case typeIntroduced:
		h.introduce(w, r)
	case typeSingle:
		h.serve(w, r, typeSingle, []calling{body.calling})
	case typeBatch, typeStream:
		switch {
		case len(body.Callings) == 0:
			h.refuse(w, r, http.StatusBadRequest, bff.Errorf(bff.Invalid, "callings is missing or empty"))
		case len(body.Callings) > h.options.MaxCalls:
			h.refuseAll(w, r, body.Type, len(body.Callings), http.StatusBadRequest, bff.Errorf(bff.LimitExceeded, "the request has more than %d calls", h.options.MaxCalls))
		default:
			h.serve(w, r, body.Type, body.Callings)
		}
	default:
		h.refuse(w, r, http.StatusBadRequest, bff.Errorf(bff.Invalid, "type must be %s, %s or %s", typeSingle, typeBatch, typeStream))
	}
}

func (h *Handler) introduce(w http.ResponseWriter, r *http.Request) {
	if !h.options.Introspection(r.Context()) {
		h.refuse(w, r, http.StatusNotFound, bff.Errorf(bff.Forbidden, "introspection is switched off"))
		return
	}
	head(w, mediaJSON)
	_, _ = w.Write(h.app.introduced) // if the client has gone, nobody is left to tell
}

// maxJSONDepth bounds the nesting of a body: decoding and checking recurse.
const maxJSONDepth = 40

// read takes the calls out of a request. No message repeats what the client sent.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (body request, status int, err error) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return readQuery(r)
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "GET, POST")
		return body, http.StatusMethodNotAllowed, bff.Errorf(bff.Invalid, "this endpoint takes GET and POST")
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return body, http.StatusUnsupportedMediaType, bff.Errorf(bff.Invalid, "the body must be application/json")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.options.MaxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return body, http.StatusRequestEntityTooLarge, bff.Errorf(bff.LimitExceeded, "the body is larger than %d bytes", h.options.MaxBody)
	}
	if err != nil || bff.DeeperThan(text, maxJSONDepth) || json.Unmarshal(text, &body) != nil {
		return body, http.StatusBadRequest, bff.Errorf(bff.Invalid, "the body is not a JSON object with type, path and input, or callings")
	}
	return body, 0, nil
}

// readQuery takes a call out of the address: type and path, its words with dots between them or as a JSON list, and
// input as JSON.
func readQuery(r *http.Request) (body request, status int, err error) {
	values := r.URL.Query()
	body.Type = values.Get("type")
	if path := values.Get("path"); json.Unmarshal([]byte(path), &body.Path) != nil {
		body.Path = strings.Split(path, ".")
	}
	if input := values.Get("input"); input != "" {
		body.Input = json.RawMessage(input)
		if !json.Valid(body.Input) || bff.DeeperThan(body.Input, maxJSONDepth) {
			return body, http.StatusBadRequest, bff.Errorf(bff.Invalid, "input must be JSON")
		}
	}
	if body.Type != typeSingle && body.Type != typeIntroduced {
		return body, http.StatusBadRequest, bff.Errorf(bff.Invalid, "by GET type must be %s", typeSingle)
	}
	return body, 0, nil
}

// answer is a call's answer on the wire.
type answer struct {
	Type   string          `json:"type"` // "ApiSingleSuccessResponse" or "ApiErrorResponse"
	Index  *int            `json:"index,omitempty"`
	Output json.RawMessage `json:"output,omitempty"`
	Error  *failure        `json:"error,omitempty"`
}

// failure is what a client may read of an error.
type failure struct {
	Message   string `json:"message"`
	Code      string `json:"code"`
	RequestID string `json:"requestId,omitempty"`
}

func (h *Handler) fail(ctx context.Context, name string, err error) answer {
	kind := bff.KindOf(err)
	f := &failure{Message: bff.MessageOf(err), Code: kind.Code()}
	if kind == bff.Internal {
		f.RequestID = bff.RequestIDFrom(ctx)
		h.options.Logger.ErrorContext(ctx, "call failed", "requestId", f.RequestID, "procedure", name, "error", err.Error())
	}
	return answer{Type: "ApiErrorResponse", Error: f}
}

// Refuse answers a request that is turned away before a procedure is looked for, by a middleware for example. It reads
// the body to learn which calls wait for an answer.
func (h *Handler) Refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	if r.Method == http.MethodPost {
		if body, _, unreadable := h.read(w, r); unreadable == nil {
			h.refuseAll(w, r, body.Type, len(body.Callings), status, err)
			return
		}
	}
	h.refuse(w, r, status, err)
}

// maxRefused bounds the answers of a request that is refused: each is thirty times as long as the shortest call. No client
// sends so many.
const maxRefused = 1000

// refuseAll answers a request none of whose calls is carried out. The status says so, and each call has its answer in
// spite of it: clients of the family look at nothing else, and wait for it without end.
func (h *Handler) refuseAll(w http.ResponseWriter, r *http.Request, form string, calls, status int, err error) {
	if calls == 0 || calls > maxRefused || form != typeBatch && form != typeStream {
		h.refuse(w, r, status, err)
		return
	}
	a := h.fail(r.Context(), "", err)
	var text []byte
	if form == typeBatch {
		text = batch(slices.Repeat([]json.RawMessage{encode(a)}, calls))
		head(w, mediaJSON)
	} else {
		for i := range calls {
			a.Index = &i
			text = append(append(text, encode(a)...), '\n')
		}
		head(w, mediaLines)
	}
	h.turnAway(w, r, status, text, Call{Protocol: protocols[form], Code: a.Error.Code})
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	a := h.fail(r.Context(), "", err)
	head(w, mediaJSON)
	h.turnAway(w, r, status, encode(a), Call{Protocol: protocols[typeSingle], Code: a.Error.Code})
}

func (h *Handler) turnAway(w http.ResponseWriter, r *http.Request, status int, text []byte, call Call) {
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) //nolint:gosec // our own JSON with nosniff; if the client has gone, nobody is left to tell
	call.Status, call.Bytes = status, len(text)
	h.options.Observe(r.Context(), call)
}

const (
	mediaJSON  = "application/json; charset=utf-8"
	mediaLines = "application/stream+json"
)

func head(w http.ResponseWriter, media string) {
	header := w.Header()
	header.Set("Content-Type", media)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Authorization")
}
