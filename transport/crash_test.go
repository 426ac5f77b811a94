package transport_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"bff/transport"
)

// crashes is requests that hurt or kill a server that does not look before it parses and validates.
func crashes() map[string]func() *http.Request {
	query := func(text string) func() *http.Request {
		return func() *http.Request { return post(newer, body(map[string]any{"query": text})) }
	}
	raw := func(text string) func() *http.Request { return func() *http.Request { return post(newer, text) } }
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i+1)
		}
		return b.String()
	}
	bomb := func() *http.Request {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		for range 100 {
			_, _ = z.Write(make([]byte, 1<<20))
		}
		_ = z.Close()
		return with(post(newer, packed.String()), "Content-Encoding", "gzip")
	}
	return map[string]func() *http.Request{
		"fragment cycle":                    query(`query S { viewer { ...F } } fragment F on User { id ...F }`),
		"fragment cycle in introspection":   query(`{__schema{types{...F}}} fragment F on __Type { ofType { ...F ofType { ...F } } }`),
		"fragment cycle of two":             query(`{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }`),
		"fragment cycle, inline":            query(`{ ...A } fragment A on Query { ... { ... { ...A } } }`),
		"fragment cycle, nobody uses it":    query(`{ viewer { id } } fragment A on Query { ...A }`),
		"a million brackets in a query":     query("{ a" + strings.Repeat("{a", 100_000)),
		"a million brackets in a value":     query("{ a(b: " + strings.Repeat("[", 200_000) + ") }"),
		"a million brackets in a type":      query("query($a: " + strings.Repeat("[", 200_000) + ") { a }"),
		"a million brackets in variables":   raw(`{"query":"{ viewer { id } }","variables":{"a":` + strings.Repeat("[", 200_000) + `}}`),
		"a million braces in variables":     raw(`{"query":"{ viewer { id } }","variables":` + strings.Repeat(`{"a":`, 50_000) + `}`),
		"a body of more than 100 MB":        func() *http.Request { return post(newer, strings.Repeat(" ", 100<<20)) },
		"a million brackets in more than 1": query(strings.Repeat("{ a(b: [", 1_000_000)),
		"15,000 fields":                     query("{ viewer { " + strings.Repeat("id ", 15_000) + "} }"),
		"900 fields":                        query("{ viewer { " + strings.Repeat("id ", 900) + "} }"),
		"15,000 aliases":                    query("{ " + repeat(5_000, "a%d: viewer { id } ") + "}"),
		"3,000 overlapping fragments":       query("{ viewer { " + repeat(3_000, "...F%d ") + "} }" + repeat(3_000, " fragment F%d on User { id }")),
		"100 overlapping fragments":         query("{ viewer { " + repeat(100, "...F%d ") + "} }" + repeat(100, " fragment F%d on User { id }")),
		"fragment doubling":                 query("{ viewer { ...F0 } }" + repeat(24, " fragment F%d on User { ...F%[2]d ...F%[2]d }") + " fragment F24 on User { id }"),
		"5,000 directives":                  query("{ viewer " + strings.Repeat("@a ", 5_000) + "{ id } }"),
		"400 unknown directives":            query("{ viewer " + strings.Repeat("@a ", 400) + "{ id } }"),
		"1,000 variables":                   query("query(" + repeat(1_000, "$a%d: Int ") + ") { viewer { id } }"),
		"introspection of introspection":    query("{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"),
		"a list of 40,000 ids":              raw(`{"query":"query($i: [ID!]!) { nodes(ids: $i) { id } }","variables":{"i":[` + strings.Repeat(`"a",`, 40_000) + `"a"]}}`),
		"a bomb of gzip":                    bomb,
		"NUL":                               query("{ viewer { id\x00 } }"),
		"not UTF-8":                         raw("{\"query\":\"{ viewer { id\xff\xfe } }\"}"),
		"a lone surrogate":                  raw(`{"query":"{ viewer { id } } # \ud800"}`),
		"a number of a million digits":      raw(`{"query":"{ viewer { id } }","variables":{"a":` + strings.Repeat("9", 200_000) + `}}`),
		"a huge exponent":                   raw(`{"query":"query($a: Int) { posts(first: $a) { nodes { id } } }","variables":{"a":1e999999999}}`),
		"a comment without end":             query("{ viewer { id } } #" + strings.Repeat("x", 200_000)),
		"a string without end":              query(`{ user(id: "` + strings.Repeat("x", 200_000)),
		"a block string":                    query(`{ user(id: """` + strings.Repeat("\n ", 100_000) + `""") { id } }`),
	}
}

// cpu returns the processor time that this process has used.
func cpu() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func TestNoRequestHurts(t *testing.T) {
	h := handler(transport.Options{Introspection: everybody})
	ask(h, post(newer, `{"query":"{ viewer { id } }"}`))
	for name, request := range crashes() {
		t.Run(name, func(t *testing.T) {
			r := request()
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := cpu()
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			took := cpu() - start
			runtime.ReadMemStats(&after)

			t.Logf("%d, %d bytes, %s of CPU, %d KB allocated: %.120s", answer.Code, answer.Body.Len(), took, (after.TotalAlloc-before.TotalAlloc)>>10, answer.Body)
			if answer.Code >= 500 || answer.Body.Len() > 10<<10 || answer.Body.Len() == 0 {
				t.Errorf("%d with %d bytes", answer.Code, answer.Body.Len())
			}
			if strings.Contains(answer.Body.String(), "goroutine") || strings.Contains(answer.Body.String(), "INTERNAL") {
				t.Errorf("%s", answer.Body)
			}
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 64 {
				t.Errorf("%d MB allocated", mb)
			}
		})
	}
	if status, got := ask(h, post(newer, `{"query":"{ user(id: 1) { username } }"}`)); status != 200 || got != answer {
		t.Errorf("afterwards: %d %s", status, got)
	}
}

// TestMutatedRequests sends 10,000 requests with random damage.
func TestMutatedRequests(t *testing.T) {
	h := handler(transport.Options{Introspection: everybody})
	seeds := []string{
		body(map[string]any{"query": text, "variables": map[string]any{"id": "1"}, "operationName": "U", "extensions": persistedQuery(hashOf(text))}),
		`{"query":"{ users(first: 2) { edges { cursor node { ...F @include(if: true) } } } } fragment F on User { a: username phone }"}`,
		`{"query":"mutation { createPost(input: {title: \"a\", body: \"\"}) { post { id } } }"}`,
		`[{"query":"{ viewer { id } }"},{"id":"x"}]`,
	}
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"{", "}", "[", "]", "(", ")", `"`, `\`, "...", "fragment", "on", "query", "$", "@defer", "null", "\x00", "\xff", "__schema", ":", ",", "1e999", `\ud800`}
	mutate := func(s string) string {
		for range 1 + random.IntN(6) {
			at := random.IntN(len(s) + 1)
			switch random.IntN(4) {
			case 0:
				s = s[:at] + pieces[random.IntN(len(pieces))] + s[at:]
			case 1:
				s = s[:at] + s[min(len(s), at+random.IntN(8)):]
			case 2:
				to := random.IntN(len(s) + 1)
				s = s[:at] + s[min(at, to):max(at, to)] + s[at:]
			case 3:
				s = s[:at]
			}
			if s == "" {
				s = "{"
			}
		}
		return s
	}
	ask(h, post(newer, seeds[0]))
	goroutines := runtime.NumGoroutine()
	for i := range 10_000 {
		media := []string{newer, older, "", "application/jsonl", "text/event-stream"}[random.IntN(5)]
		request := mutate(seeds[i%len(seeds)])
		if status, got := ask(h, post(media, request)); status >= 500 || strings.Contains(got, "panic") {
			t.Fatalf("%q: %d %s", request, status, got)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines+2 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > goroutines+2 {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
}
