package rpcbff_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bff"
	"bff/dispatch"
	"bff/rpcbff"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The types of the test's own procedures: recursion, an enum, a union, what may be null and what may be absent.
type (
	category struct {
		Name     string               `json:"name" desc:"What it is called."`
		Color    color                `json:"color"`
		Parent   *category            `json:"parent"`
		Children []category           `json:"children"`
		ByName   map[string]*category `json:"byName,omitempty"`
		Old      *int                 `json:"old,omitempty" deprecated:"Use name."`
	}
	color  string
	circle struct {
		Radius float64 `json:"radius"`
	}
	square struct {
		Side float64 `json:"side"`
	}
	shape struct{ value any }
	empty struct{}
	title struct {
		Title string     `json:"title"`
		Color color      `json:"color"`
		When  *time.Time `json:"when,omitempty"`
		ID    rpcbff.ID  `json:"id"`
	}
)

func (color) Values() []string               { return []string{"RED", "BLUE"} }
func (shape) Variants() []any                { return []any{circle{}, square{}} }
func (s shape) MarshalJSON() ([]byte, error) { return json.Marshal(s.value) }

// app is an app that counts and remembers.
type app struct {
	mu    sync.Mutex
	order []string
	calls []rpcbff.Call
	log   bytes.Buffer
}

func (a *app) did(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.order = append(a.order, what)
}

func (a *app) handler(options rpcbff.Options) *rpcbff.Handler {
	wait := func(d time.Duration) func(context.Context, empty) (string, error) {
		return func(ctx context.Context, _ empty) (string, error) {
			dispatch.Away(ctx, func() { // it waits for something other than a loader
				select {
				case <-time.After(d):
				case <-ctx.Done():
				}
			})
			return d.String(), ctx.Err()
		}
	}
	procedures := []*rpcbff.Procedure{
		rpcbff.Query("category", "A tree.", func(context.Context, empty) (category, error) {
			return category{Name: "root", Color: "RED", Children: []category{{Name: "leaf", Color: "BLUE", Children: []category{}}}}, nil
		}),
		rpcbff.Query("shapes.one", "Either.", func(context.Context, empty) (shape, error) { return shape{square{2}}, nil }),
		rpcbff.Query("shapes.wrong", "Breaks its type.", func(context.Context, empty) (shape, error) { return shape{empty{}}, nil }),
		rpcbff.Query("color.wrong", "Breaks its type.", func(context.Context, empty) (color, error) { return "13100000001", nil }).Deprecated("Use nothing."),
		rpcbff.Query("echo", "What it was given.", func(_ context.Context, in title) (title, error) { return in, nil }),
		rpcbff.Query("slow", "", wait(200*time.Millisecond)),
		rpcbff.Query("quick", "", wait(10*time.Millisecond)),
		rpcbff.Query("fails", "", func(context.Context, empty) (string, error) { return "", bff.Errorf(bff.Conflict, "taken") }),
		rpcbff.Query("breaks", "", func(context.Context, empty) (string, error) { return "", errors.New("dial tcp 10.0.0.7: refused") }),
		rpcbff.Query("panics", "", func(context.Context, empty) (string, error) { panic("secret") }),
		rpcbff.Query("hangs", "", func(ctx context.Context, _ empty) (string, error) { <-ctx.Done(); return "", ctx.Err() }),
		rpcbff.Costs(rpcbff.Query("costly", "", func(context.Context, title) (string, error) { return "", nil }), func(title) int { return 600 }),
		rpcbff.Mutation("write", "", func(_ context.Context, in title) (string, error) {
			if in.Title == "first" {
				time.Sleep(50 * time.Millisecond)
			}
			a.did(in.Title)
			return in.Title, nil
		}),
	}
	options.Logger = slog.New(slog.NewJSONHandler(&a.log, nil))
	options.Observe = func(_ context.Context, call rpcbff.Call) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.calls = append(a.calls, call)
	}
	if options.Introspection == nil {
		options.Introspection = func(context.Context) bool { return true }
	}
	return rpcbff.NewHandler(rpcbff.NewApp(procedures...), options)
}

func post(h http.Handler, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/rpc", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r.WithContext(bff.WithRequestID(r.Context(), "r1")))
	return answer.Code, answer.Body.String()
}

func call(path, input string) string {
	words, _ := json.Marshal(strings.Split(path, "."))
	return fmt.Sprintf(`{"type":"Single","path":%s,"input":%s}`, words, input)
}

func calls(form string, list ...string) string {
	return fmt.Sprintf(`{"type":%q,"callings":[%s]}`, form, strings.Join(list, ","))
}

func TestEachCallHasItsOwnAnswer(t *testing.T) {
	const valid = `{"title":"a","color":"RED","id":"x"}`
	tests := map[string]struct{ call, want string }{
		"output":              {call("echo", valid), `{"type":"ApiSingleSuccessResponse","output":{"title":"a","color":"RED","id":"x"}}`},
		"a number as id":      {call("echo", `{"title":"a","color":"RED","id":7}`), `{"type":"ApiSingleSuccessResponse","output":{"title":"a","color":"RED","id":"7"}}`},
		"recursion":           {call("category", `{}`), `{"type":"ApiSingleSuccessResponse","output":{"name":"root","color":"RED","parent":null,"children":[{"name":"leaf","color":"BLUE","parent":null,"children":[]}]}}`},
		"a union":             {call("shapes.one", `{}`), `{"type":"ApiSingleSuccessResponse","output":{"side":2}}`},
		"another case":        {call("echo", `{"title":"a","Title":"b","color":"RED","Color":"BLACK","id":"x"}`), `"output":{"title":"a","color":"RED","id":"x"}`},
		"no input":            {`{"type":"Single","path":["quick"]}`, `{"type":"ApiSingleSuccessResponse","output":"10ms"}`},
		"unknown path":        {call("nothing.here", `{}`), `"code":"NOT_FOUND"`},
		"missing field":       {call("echo", `{"color":"RED","id":"x"}`), `"message":"title is missing","code":"BAD_USER_INPUT"`},
		"wrong type":          {call("echo", `{"title":1,"color":"RED","id":"x"}`), `"message":"title must be a String","code":"BAD_USER_INPUT"`},
		"wrong enum":          {call("echo", `{"title":"a","color":"13100000001","id":"x"}`), `"message":"color must be \"RED\" or \"BLUE\"","code":"BAD_USER_INPUT"`},
		"wrong date":          {call("echo", `{"title":"a","color":"RED","id":"x","when":"soon"}`), `"message":"when must be a Date","code":"BAD_USER_INPUT"`},
		"wrong id":            {call("echo", `{"title":"a","color":"RED","id":1.5}`), `"message":"id must be an ID","code":"BAD_USER_INPUT"`},
		"no object":           {call("echo", `[]`), `"message":"must be an object","code":"BAD_USER_INPUT"`},
		"a broken output":     {call("shapes.wrong", `{}`), `{"type":"ApiErrorResponse","error":{"message":"internal error","code":"INTERNAL","requestId":"r1"}}`},
		"another":             {call("color.wrong", `{}`), `{"type":"ApiErrorResponse","error":{"message":"internal error","code":"INTERNAL","requestId":"r1"}}`},
		"an error":            {call("fails", `{}`), `{"type":"ApiErrorResponse","error":{"message":"taken","code":"CONFLICT"}}`},
		"an unexpected error": {call("breaks", `{}`), `{"type":"ApiErrorResponse","error":{"message":"internal error","code":"INTERNAL","requestId":"r1"}}`},
		"a panic":             {call("panics", `{}`), `{"type":"ApiErrorResponse","error":{"message":"internal error","code":"INTERNAL","requestId":"r1"}}`},
		"a timeout":           {call("hangs", `{}`), `{"type":"ApiErrorResponse","error":{"message":"no answer in time","code":"DEADLINE_EXCEEDED"}}`},
	}
	a := &app{}
	h := a.handler(rpcbff.Options{Timeout: 600 * time.Millisecond})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for form, want := range map[string]int{"Single": 1, "Batch": 3, "Stream": 3} {
				body := test.call
				if form != "Single" {
					body = calls(form, call("quick", `{}`), test.call, call("quick", `{}`))
				}
				status, got := post(h, body)
				if status != http.StatusOK || !strings.Contains(strings.ReplaceAll(got, `"index":1,`, ""), test.want) {
					t.Errorf("%s: %d %s", form, status, got)
				}
				if form != "Single" && strings.Count(got, `"output":"10ms"`) < want-1 {
					t.Errorf("%s: another call is affected: %s", form, got)
				}
				if strings.Contains(got, "10.0.0.7") || strings.Contains(got, "secret") || strings.Contains(got, "13100000001") {
					t.Errorf("%s: %s", form, got)
				}
			}
		})
	}
	if log := a.log.String(); !strings.Contains(log, "procedure panicked") || !strings.Contains(log, "breaks its type") || strings.Contains(log, "13100000001") {
		t.Error(log)
	}
}

func TestWhatIsRefusedAsAWhole(t *testing.T) {
	a := &app{}
	h := a.handler(rpcbff.Options{})
	many := slices.Repeat([]string{call("quick", `{}`)}, 51)
	costly := slices.Repeat([]string{call("costly", `{"title":"a","color":"RED","id":"x"}`)}, 9)
	for name, test := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"51 calls":       {calls("Batch", many...), 400, "LIMIT_EXCEEDED"},
		"a stream of 51": {calls("Stream", many...), 400, "LIMIT_EXCEEDED"},
		"no calls":       {calls("Batch"), 400, "BAD_USER_INPUT"},
		"unknown type":   {`{"type":"Other"}`, 400, "BAD_USER_INPUT"},
		"no type":        {`{}`, 400, "BAD_USER_INPUT"},
		"no JSON":        {`{"type"`, 400, "BAD_USER_INPUT"},
		"deep JSON":      {`{"type":"Single","path":["echo"],"input":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, 400, "BAD_USER_INPUT"},
		"too large":      {`{"type":"` + strings.Repeat("x", 300<<10) + `"}`, 413, "LIMIT_EXCEEDED"},
		"costly calls":   {calls("Batch", costly...), 400, "LIMIT_EXCEEDED"},
		"path a text":    {`{"type":"Single","path":"quick"}`, 400, "BAD_USER_INPUT"},
		"callings wrong": {`{"type":"Stream","callings":[1]}`, 400, "BAD_USER_INPUT"},
	} {
		if status, got := post(h, test.body); status != test.status || !strings.Contains(got, `"type":"ApiErrorResponse"`) || !strings.Contains(got, `"code":"`+test.code+`"`) {
			t.Errorf("%s: %d %s", name, status, got)
		}
	}
	if _, got := post(h, calls("Stream", many...)); strings.Count(got, "\n") != 51 || strings.Count(got, `"index":50,`) != 1 {
		t.Errorf("not a line for each of 51 calls: %s", got)
	}
	if _, got := post(h, calls("Batch", many...)); !strings.HasPrefix(got, `{"result":[`) || strings.Count(got, "ApiErrorResponse") != 51 {
		t.Errorf("not an answer for each of 51 calls: %s", got)
	}
	for form, body := range map[string]string{"Batch": calls("Batch", slices.Repeat([]string{"{}"}, 1001)...), "Stream": calls("Stream", slices.Repeat([]string{"{}"}, 80_000)...)} {
		if status, got := post(h, body); status != 400 || strings.Count(got, "ApiErrorResponse") != 1 {
			t.Errorf("%s: %d, %d bytes for %d", form, status, len(got), len(body))
		}
	}
	for method, want := range map[string]int{http.MethodPut: 405, http.MethodDelete: 405} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(method, "/rpc", nil))
		if answer.Code != want || answer.Header().Get("Allow") == "" {
			t.Errorf("%s: %d", method, answer.Code)
		}
	}
	form := httptest.NewRequest(http.MethodPost, "/rpc", strings.NewReader("type=Single"))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	if h.ServeHTTP(answer, form); answer.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", answer.Code)
	}
	if len(a.order) > 0 {
		t.Errorf("carried out: %v", a.order)
	}
}

func TestAMiddlewareRefusesEachCall(t *testing.T) {
	a := &app{}
	h := a.handler(rpcbff.Options{})
	refusing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.Refuse(w, r, http.StatusUnauthorized, bff.Errorf(bff.Unauthenticated, "the token is not valid"))
	})
	const refusal = `"type":"ApiErrorResponse","error":{"message":"the token is not valid","code":"UNAUTHENTICATED"}}`
	const line = `"error":{"message":"the token is not valid","code":"UNAUTHENTICATED"}}` + "\n"
	write := call("write", `{"title":"a","color":"RED","id":"x"}`)
	for body, want := range map[string]string{
		write:                         "{" + refusal,
		calls("Batch", write, write):  `{"result":[{` + refusal + `,{` + refusal + `],"type":"ApiBatchSuccessResponse"}`,
		calls("Stream", write, write): `{"type":"ApiErrorResponse","index":0,` + line + `{"type":"ApiErrorResponse","index":1,` + line,
		calls("Stream"):               "{" + refusal,
		"no JSON":                     "{" + refusal,
	} {
		if status, got := post(refusing, body); status != http.StatusUnauthorized || got != want {
			t.Errorf("%s: %d %s", body, status, got)
		}
	}
	if len(a.order) > 0 || len(a.calls) != 5 {
		t.Errorf("carried out: %v; observed: %+v", a.order, a.calls)
	}
}

func TestCallsByGET(t *testing.T) {
	a := &app{}
	h := a.handler(rpcbff.Options{})
	get := func(values url.Values) (int, string) {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/rpc?"+values.Encode(), nil))
		return answer.Code, answer.Body.String()
	}
	for _, path := range []string{"shapes.one", `["shapes","one"]`} {
		if status, got := get(url.Values{"type": {"Single"}, "path": {path}}); status != 200 || !strings.Contains(got, `"side":2`) {
			t.Errorf("%s: %d %s", path, status, got)
		}
	}
	if status, got := get(url.Values{"type": {"Single"}, "path": {"write"}, "input": {`{"title":"a","color":"RED","id":"x"}`}}); status != 405 || len(a.order) > 0 {
		t.Errorf("a mutation: %d %s", status, got)
	}
	if status, _ := get(url.Values{"type": {"Single"}, "path": {"echo"}, "input": {`{`}}); status != 400 {
		t.Errorf("no JSON: %d", status)
	}
	if status, _ := get(url.Values{"type": {"Stream"}}); status != 400 {
		t.Errorf("a stream: %d", status)
	}
}

func TestAStreamHasALineForEachCallAsItFinishes(t *testing.T) {
	a := &app{}
	_, got := post(a.handler(rpcbff.Options{}), calls("Stream", call("slow", `{}`), call("quick", `{}`), call("nothing", `{}`)))
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	var order []string
	for _, line := range lines {
		var parsed struct{ Index int }
		if err := json.Unmarshal([]byte(line), &parsed); err != nil {
			t.Fatal(err)
		}
		order = append(order, fmt.Sprint(parsed.Index))
	}
	if !slices.Equal(order, []string{"2", "1", "0"}) || !strings.HasSuffix(got, "\n") {
		t.Error(got)
	}
	if len(a.calls) != 3 || !reflect.DeepEqual(a.calls[2], rpcbff.Call{Protocol: "rpc-stream", Name: "slow", Type: "query", Status: 200, Bytes: len(lines[2]) + 1, Cost: 1}) {
		t.Errorf("%+v", a.calls)
	}
}

func TestMutationsRunInOrder(t *testing.T) {
	a := &app{}
	input := func(title string) string { return fmt.Sprintf(`{"title":%q,"color":"RED","id":"x"}`, title) }
	_, got := post(a.handler(rpcbff.Options{}), calls("Batch", call("write", input("first")), call("write", input("second")), call("write", input("second"))))
	if !slices.Equal(a.order, []string{"first", "second", "second"}) || !strings.HasPrefix(got, `{"result":[{"type":"ApiSingleSuccessResponse","output":"first"}`) {
		t.Errorf("%v: %s", a.order, got)
	}
}

func TestTheDescription(t *testing.T) {
	a := &app{}
	h := a.handler(rpcbff.Options{})
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/rpc/__introspection__", nil))
	var d struct {
		Protocol string
		Types    map[string]map[string]any
		Entries  struct{ Entries map[string]map[string]any }
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &d); err != nil || d.Protocol != "Farrow-API" {
		t.Fatal(err, answer.Body)
	}
	if _, byPost := post(h, `{"type":"__introspection__"}`); byPost != answer.Body.String() {
		t.Error("by POST it is another")
	}
	if e := d.Entries.Entries; e["write"]["kind"] != "mutation" || e["category"]["description"] != "A tree." {
		t.Errorf("%v", e)
	}
	found := map[string]bool{}
	for _, described := range d.Types {
		name, _ := described["name"].(string)
		found[fmt.Sprint(described["type"], " ", name)] = true
		if name == "category" {
			fields := described["fields"].(map[string]any)
			parent := fields["parent"].(map[string]any)
			self := d.Types[fmt.Sprint(parent["typeId"])]
			if self["type"] != "Nullable" || fields["old"].(map[string]any)["deprecated"] != "Use name." || fields["name"].(map[string]any)["description"] != "What it is called." {
				t.Errorf("%v", described)
			}
			if back := d.Types[fmt.Sprint(self["itemTypeId"])]; back["name"] != "category" {
				t.Errorf("recursion leads to %v", back)
			}
		}
	}
	for _, want := range []string{"Object category", "Union color", "Literal ", "Union shape", "Object circle", "Optional ", "Nullable ", "List ", "Record ", "Scalar "} {
		if !found[want] {
			t.Errorf("no %s in %v", want, found)
		}
	}
	closed := a.handler(rpcbff.Options{Introspection: func(context.Context) bool { return false }})
	answer = httptest.NewRecorder()
	if closed.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/rpc/__introspection__", nil)); answer.Code != http.StatusNotFound {
		t.Errorf("switched off: %d", answer.Code)
	}
}
