package transport_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"

	"bff/transport"
)

func TestCompression(t *testing.T) {
	long := strings.Repeat("lucus ", 1000)
	h := transport.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			w.Header().Set("Content-Length", "2")
			_, _ = io.WriteString(w, "{}")
		case "/stream":
			_, _ = io.WriteString(w, long)
		case "/events":
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			_, _ = io.WriteString(w, long)
		case "/none":
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("Content-Length", "6000")
			_, _ = io.WriteString(w, long)
		}
	}))
	unpack := map[string]func(io.Reader) io.Reader{
		"":   func(r io.Reader) io.Reader { return r },
		"br": func(r io.Reader) io.Reader { return brotli.NewReader(r) },
		"gzip": func(r io.Reader) io.Reader {
			z, err := gzip.NewReader(r)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	}
	for _, test := range []struct{ path, accept, want string }{
		{"/", "gzip", "gzip"},
		{"/", "gzip, deflate, br, zstd", "br"},
		{"/", "br;q=0.1, gzip;q=0.9", "gzip"},
		{"/", "br;q=0, gzip;q=0", ""},
		{"/", "BR;q=0.5", "br"},
		{"/", "gzip;q=x", ""},
		{"/", "identity", ""},
		{"/", "", ""},
		{"/short", "br", ""},
		{"/none", "br", ""},
		{"/events", "br", ""},
		{"/stream", "gzip, deflate, br, zstd", "gzip"},
		{"/stream", "br, gzip", "gzip"},
		{"/stream", "br, gzip;q=0.9", "br"},
		{"/stream", "br", "br"},
	} {
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		r.Header.Set("Accept-Encoding", test.accept)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		if got := answer.Header().Get("Content-Encoding"); got != test.want {
			t.Errorf("%s %q: encoding %q", test.path, test.accept, got)
			continue
		}
		if got := answer.Header().Values("Vary"); !slices.Equal(got, []string{"Accept-Encoding"}) {
			t.Errorf("%s %q: varies by %v", test.path, test.accept, got)
		}
		if test.path != "/" {
			continue
		}
		if content, err := io.ReadAll(unpack[test.want](answer.Body)); string(content) != long || err != nil {
			t.Errorf("%q: %d bytes, %v", test.accept, len(content), err)
		}
		if test.want != "" && answer.Header().Get("Content-Length") != "" {
			t.Errorf("%q: a length that is not true", test.accept)
		}
	}
}

func TestACompressedStreamIsFlushed(t *testing.T) {
	for _, encoding := range []string{"br", "gzip"} {
		next := make(chan struct{})
		server := httptest.NewServer(transport.Compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				_, _ = io.WriteString(w, "line\n")
				_ = http.NewResponseController(w).Flush()
				<-next
			}
		})))
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		request.Header.Set("Accept-Encoding", encoding)
		transport := &http.Transport{DisableCompression: true}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		var body io.Reader = brotli.NewReader(response.Body)
		if encoding == "gzip" {
			if body, err = gzip.NewReader(response.Body); err != nil {
				t.Fatal(err)
			}
		}
		line := make([]byte, 5)
		for range 3 {
			if _, err := io.ReadFull(body, line); err != nil || !bytes.Equal(line, []byte("line\n")) {
				t.Fatalf("%s: %q, %v", encoding, line, err)
			}
			next <- struct{}{} // only now is the next one written
		}
		_ = response.Body.Close()
		transport.CloseIdleConnections()
		server.Close()
	}
}

func TestWhatAnybodyMayReadHasATag(t *testing.T) {
	h := handler(transport.Options{})
	request := func(tag string) *http.Request {
		r := get(newer, map[string][]string{"query": {"{ user(id: 1) { username } }"}})
		r.Header.Set("If-None-Match", tag)
		return r
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request(""))
	tag := answer.Header().Get("ETag")
	if tag == "" || answer.Header().Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("headers %v", answer.Header())
	}
	again := httptest.NewRecorder()
	h.ServeHTTP(again, request(`"other", `+tag))
	if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("asked again: %d %s", again.Code, again.Body)
	}
	for name, r := range map[string]*http.Request{
		"a viewer's": with(request(tag), "Authorization", "Bearer x"),
		"a POST":     with(post(newer, `{"query":"{ user(id: 1) { username } }"}`), "If-None-Match", tag),
		"an error":   get(newer, map[string][]string{"query": {"{ user(id: 2) { username } }"}}),
	} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK || answer.Header().Get("ETag") != "" || answer.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, answer.Code, answer.Header())
		}
	}
}

// TestEncodersAreTakenAgain compresses different answers at the same time, some of them broken off.
func TestEncodersAreTakenAgain(t *testing.T) {
	server := httptest.NewServer(transport.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 1000 {
			_, _ = io.WriteString(w, r.URL.Path)
		}
		if r.URL.Path == "/broken" {
			panic(http.ErrAbortHandler)
		}
	})))
	defer server.Close()
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			for round := range 25 {
				path, encoding := fmt.Sprintf("/%d/%d", i, round), []string{"br", "gzip"}[round%2]
				if round%5 == 0 {
					path = "/broken"
				}
				request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
				request.Header.Set("Accept-Encoding", encoding)
				response, err := http.DefaultClient.Do(request)
				if path == "/broken" {
					if err == nil {
						_ = response.Body.Close()
					}
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				var body io.Reader = brotli.NewReader(response.Body)
				if encoding == "gzip" {
					if body, err = gzip.NewReader(response.Body); err != nil {
						t.Error(err)
						return
					}
				}
				if text, err := io.ReadAll(body); string(text) != strings.Repeat(path, 1000) || err != nil {
					t.Errorf("%s: %d bytes, %v", path, len(text), err)
				}
				_ = response.Body.Close()
			}
		})
	}
	clients.Wait()
}

// TestAnEndedAnswerWritesNothing keeps what comes too late out of the answer that has the encoder by then.
func TestAnEndedAnswerWritesNothing(t *testing.T) {
	for _, encoding := range []string{"br", "gzip"} {
		var late http.ResponseWriter
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Accept-Encoding", encoding)
		transport.Compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			late = w
			_, _ = io.WriteString(w, "mine")
		})).ServeHTTP(httptest.NewRecorder(), request)

		if _, err := io.WriteString(late, "too late"); err == nil {
			t.Errorf("%s: written", encoding)
		}
		if http.NewResponseController(late).Flush() == nil {
			t.Errorf("%s: flushed", encoding)
		}
	}
}

func BenchmarkCompressedLines(b *testing.B) {
	line := strings.Repeat(`{"requestIndex":1,"data":{"user":{"username":"lucus"}}}`, 4) + "\n"
	h := transport.Compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 6 {
			_, _ = io.WriteString(w, line)
			_ = http.NewResponseController(w).Flush()
		}
	}))
	for _, encoding := range []string{"identity", "gzip", "br"} {
		b.Run(encoding, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Accept-Encoding", encoding)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
