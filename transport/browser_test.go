package transport_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"bff/transport"
	"bff/web/browsertest"
)

// arrivals reads a batch line by line and returns which came when.
const arrivals = `(async () => {
	const start = performance.now()
	const response = await fetch('/graphql', {
		method: 'POST',
		headers: { 'content-type': 'application/json', accept: 'application/graphql-response+jsonl' },
		body: JSON.stringify(%s.map((query) => ({ query }))),
	})
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
	const seen = [response.headers.get('content-encoding')]
	for (let text = '';;) {
		const { value, done } = await reader.read()
		if (done) return seen.join(' ')
		text += value
		for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1)) {
			const line = text.slice(0, end)
			if (line) seen.push(JSON.parse(line).requestIndex + '@' + Math.round(performance.now() - start))
		}
	}
})()`

// TestABrowserReadsLinesAsTheyCome sends operations of 300 and 30 ms, one that is quick and one that fails.
func TestABrowserReadsLinesAsTheyCome(t *testing.T) {
	s := &slow{}
	graphql := s.handler(transport.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/graphql" {
			graphql.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><link rel="icon" href="data:,"><p>ready`))
	}))
	defer server.Close()
	page := browsertest.Open(t, 800, 600)
	queries := "[" + strings.Join([]string{
		`"{ user(id: 300) { username } }"`, `"mutation { createPost(input: {title: \"x\", body: \"\"}) { post { id } } }"`, `"{ viewer { postCount } }"`, `"{ nothing }"`,
	}, ",") + "]"
	page.Run(chromedp.Navigate(server.URL))
	result, err := chromedp.Run(page.Context, chromedp.Evaluate[string](fmt.Sprintf(arrivals, queries), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var first, last int
	words := strings.Fields(result)
	if len(words) != 5 || words[0] != "br" && words[0] != "gzip" {
		t.Fatal(result)
	}
	_, _ = fmt.Sscanf(words[1], "3@%d", &first)
	_, _ = fmt.Sscanf(words[4], "0@%d", &last)
	if last-first < 200 || !strings.HasPrefix(words[2], "1@") || !strings.HasPrefix(words[3], "2@") {
		t.Error(result)
	}
	t.Log(result)
}
