package main

import (
	"crypto/sha1" //nolint:gosec // for names
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// contender is a way to load a page. load sends what the page needs and tells of each component's value when it is
// complete at the client.
type contender struct {
	name string
	load func(v *visit, page []component) error
}

// contenders are those of the rules, in their order.
var contenders = []contender{
	{"graphql-composed", composed(false)},
	{"graphql-defer", composed(true)},
	{"graphql-stream", operations(acceptLines, withDocument)},
	{"graphql-stream-persisted", operations(acceptLines, withID)},
	{"graphql-array", operations(acceptGraphQL, withDocument)},
	{"graphql-single", single(func(c component) (string, string, string) { return "/graphql", acceptGraphQL, withDocument(c) }, graphqlValue)},
	{"rpc-stream", calls("Stream")},
	{"rpc-batch", calls("Batch")},
	{"rpc-single", single(func(c component) (string, string, string) { return "/rpc", "application/json", calling(c) }, rpcValue)},
}

func contendersNamed(names ...string) []contender {
	var found []contender
	for _, c := range contenders {
		if slices.Contains(names, c.name) {
			found = append(found, c)
		}
	}
	return found
}

// What the clients of client/ and those of incremental delivery say they read.
const (
	acceptGraphQL = "application/graphql-response+json;q=0.9, application/json;q=0.8"
	acceptLines   = "application/graphql-response+jsonl, " + acceptGraphQL
	acceptParts   = "multipart/mixed;deferSpec=20220824, " + acceptGraphQL
)

// composed is one query for the whole page; what is slow comes later, if deferred.
func composed(deferred bool) func(*visit, []component) error {
	return func(v *visit, page []component) error {
		var quick, slow []string
		for i, c := range page {
			if deferred && c.slow {
				slow = append(slow, c.aliased(i))
			} else {
				quick = append(quick, c.aliased(i))
			}
		}
		query, accept := "query Page { "+strings.Join(quick, " "), acceptGraphQL
		if slow != nil {
			query, accept = query+" ... @defer { "+strings.Join(slow, " ")+" }", acceptParts
		}
		if quick == nil {
			query = strings.Replace(query, "{ ", "{ __typename ", 1)
		}
		body, err := v.post("/graphql", accept, object("query", query+" }"))
		if err != nil {
			return err
		}
		defer func() { _ = body.Close() }()
		if slow == nil {
			return v.whole(body, page)
		}
		return split(body, []byte("\r\n---"), func(part []byte) error {
			_, text, found := strings.Cut(string(part), "\r\n\r\n")
			if !found {
				return nil // what stands before the first part, or behind the last
			}
			return v.part([]byte(text), page)
		})
	}
}

// whole reads a response that holds all components.
func (v *visit) whole(body io.Reader, page []component) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	answer, err := parse(text)
	if err != nil {
		return err
	}
	return v.aliases(answer, page)
}

// part reads one part of an incremental response.
func (v *visit) part(text []byte, page []component) error {
	answer, err := parse(text)
	if err != nil {
		return err
	}
	if err := v.aliases(answer, page); err != nil {
		return err
	}
	later, _ := at(answer, "incremental").([]any)
	for _, more := range later {
		if err := v.aliases(more, page); err != nil {
			return err
		}
	}
	return nil
}

// aliases takes components out of the data of one message.
func (v *visit) aliases(message any, page []component) error {
	failed := map[int]string{}
	list, _ := at(message, "errors").([]any)
	for _, e := range list {
		code, _ := at(at(e, "extensions"), "code").(string)
		path, _ := at(e, "path").([]any)
		if len(path) == 0 {
			return fmt.Errorf("refused: %v", e)
		}
		var i int
		if _, err := fmt.Sscanf(fmt.Sprint(path[0]), "c%d", &i); err != nil {
			return err
		}
		failed[i] = code
	}
	data, _ := at(message, "data").(map[string]any)
	for i := range page {
		if value, here := data[fmt.Sprintf("c%d", i)]; here {
			if err := v.arrive(page, i, value, failed[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// merged returns the distinct bodies of components, and which components want each: what the clients do within a tick.
func merged(page []component, body func(component) string) (bodies []string, wanted [][]int) {
	known := map[string]int{}
	for i, c := range page {
		text := body(c)
		at, there := known[text]
		if !there {
			at = len(bodies)
			known[text] = at
			bodies, wanted = append(bodies, text), append(wanted, nil)
		}
		wanted[at] = append(wanted[at], i)
	}
	return bodies, wanted
}

// operations is one query for each component in one request.
func operations(accept string, body func(component) string) func(*visit, []component) error {
	return func(v *visit, page []component) error {
		bodies, wanted := merged(page, body)
		v.operations += len(bodies) - 1
		answer, err := v.post("/graphql", accept, "["+strings.Join(bodies, ",")+"]")
		if err != nil {
			return err
		}
		defer func() { _ = answer.Close() }()
		if accept != acceptLines {
			return v.list(answer, page, wanted, graphqlValue, func(v any) any { return v })
		}
		return split(answer, []byte("\n"), func(line []byte) error {
			message, err := parse(line)
			if err != nil {
				return err
			}
			index, _ := at(message, "requestIndex").(float64)
			return v.answered(page, wanted, int(index), message, graphqlValue)
		})
	}
}

// calls is one call for each component in one request.
func calls(kind string) func(*visit, []component) error {
	accept := "application/json"
	if kind == "Stream" {
		accept = "application/stream+json, application/json"
	}
	return func(v *visit, page []component) error {
		bodies, wanted := merged(page, calling)
		v.operations += len(bodies) - 1
		answer, err := v.post("/rpc", accept, `{"type":"`+kind+`","callings":[`+strings.Join(bodies, ",")+`]}`)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Close() }()
		if kind != "Stream" {
			return v.list(answer, page, wanted, rpcValue, func(v any) any { return at(v, "result") })
		}
		return split(answer, []byte("\n"), func(line []byte) error {
			message, err := parse(line)
			if err != nil {
				return err
			}
			index, _ := at(message, "index").(float64)
			return v.answered(page, wanted, int(index), message, rpcValue)
		})
	}
}

// list reads an answer that is one array.
func (v *visit) list(body io.Reader, page []component, wanted [][]int, value func(any, component) (any, string), in func(any) any) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	answer, err := parse(text)
	if err != nil {
		return err
	}
	list, _ := in(answer).([]any)
	for index, message := range list {
		if err := v.answered(page, wanted, index, message, value); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) answered(page []component, wanted [][]int, index int, message any, value func(any, component) (any, string)) error {
	if index >= len(wanted) {
		return fmt.Errorf("an answer with index %d", index)
	}
	for _, i := range wanted[index] {
		got, code := value(message, page[i])
		if err := v.arrive(page, i, got, code); err != nil {
			return err
		}
	}
	return nil
}

// single is one request for each component, all at the same time.
func single(request func(component) (path, accept, body string), value func(any, component) (any, string)) func(*visit, []component) error {
	return func(v *visit, page []component) error {
		errs := make([]error, len(page))
		var all sync.WaitGroup
		for i, c := range page {
			all.Go(func() {
				path, accept, body := request(c)
				answer, err := v.post(path, accept, body)
				if err != nil {
					errs[i] = err
					return
				}
				defer func() { _ = answer.Close() }()
				text, err := io.ReadAll(answer)
				if err != nil {
					errs[i] = err
					return
				}
				message, err := parse(text)
				if err != nil {
					errs[i] = err
					return
				}
				got, code := value(message, c)
				errs[i] = v.arrive(page, i, got, code)
			})
		}
		all.Wait()
		return errors.Join(errs...)
	}
}

func graphqlValue(message any, c component) (value any, code string) {
	if list, _ := at(message, "errors").([]any); len(list) > 0 {
		code, _ = at(at(list[0], "extensions"), "code").(string)
	}
	return at(at(message, "data"), c.root()), code
}

func rpcValue(message any, _ component) (value any, code string) {
	if failure := at(message, "error"); failure != nil {
		code, _ = at(failure, "code").(string)
	}
	return at(message, "output"), code
}

func withDocument(c component) string {
	return `{"query":` + quoted(c.document()) + `,"variables":` + c.input + `}`
}

func withID(c component) string {
	return `{"documentId":"` + documentID(c.document()) + `","variables":` + c.input + `}`
}

// documentID is how GraphQL Code Generator names documents in its manifest.
func documentID(document string) string {
	hash := sha1.Sum([]byte(document)) //nolint:gosec // a name, not a proof
	return hex.EncodeToString(hash[:])
}

func calling(c component) string {
	path, _ := json.Marshal(strings.Split(c.path, "."))
	return `{"type":"Single","path":` + string(path) + `,"input":` + c.input + `}`
}

func object(name, value string) string { return "{" + quoted(name) + ":" + quoted(value) + "}" }

func quoted(text string) string {
	encoded, _ := json.Marshal(text)
	return string(encoded)
}

// again loads the composed page by GET, naming the answer that the client has.
func again(v *visit, page []component, tag string) (status int, newTag string, err error) {
	var parts []string
	for i, c := range page {
		parts = append(parts, c.aliased(i))
	}
	address := v.base + "/graphql?query=" + url.QueryEscape("query Page { "+strings.Join(parts, " ")+" }")
	request, err := http.NewRequestWithContext(v.ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	response, err := v.do(request, acceptGraphQL)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Header.Get("ETag"), err
}
