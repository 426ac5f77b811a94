package web_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"bff/web"
)

func get(method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	web.Playground().ServeHTTP(answer, r)
	return answer
}

func TestThePageNamesOnlyAssetsThatAreServed(t *testing.T) {
	page := get(http.MethodGet, "/").Body.String()
	assets := regexp.MustCompile(`(?:src|href)="(/[^"]+\.(?:js|css))"`).FindAllStringSubmatch(page, -1)
	if len(assets) < 2 {
		t.Fatalf("the page names %d assets: %s", len(assets), page)
	}
	for _, asset := range assets {
		answer := get(http.MethodGet, asset[1])
		if answer.Code != http.StatusOK {
			t.Errorf("%s: %d", asset[1], answer.Code)
		}
	}
	if regexp.MustCompile(`(?:src|href)="https?:`).MatchString(page) {
		t.Errorf("the page loads something from elsewhere: %s", page)
	}
	if regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page) {
		t.Errorf("the page has a script its policy forbids: %s", page)
	}
}

func TestAllAssetsAreTypedAndKept(t *testing.T) {
	types := map[string]string{"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "ttf": "font/ttf"}
	hashed := regexp.MustCompile(`-[\w-]{8}\.(\w+)$`)
	files, err := fs.ReadDir(os.DirFS("dist/playground"), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file.Name() == "index.html" {
			continue
		}
		name := hashed.FindStringSubmatch(file.Name())
		if name == nil || types[name[1]] == "" {
			t.Errorf("%s has no hash, or a type without a media type", file.Name())
			continue
		}
		header := get(http.MethodHead, "/playground-assets/"+file.Name()).Header()
		for key, want := range map[string]string{
			"Content-Type": types[name[1]], "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
		} {
			if got := header.Get(key); got != want {
				t.Errorf("%s: %s: %q, want %q", file.Name(), key, got, want)
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	tests := map[string]struct {
		method, path string
		status       int
	}{
		"page":              {http.MethodGet, "/", 200},
		"page with a query": {http.MethodGet, "/?userId=1", 200},
		"head":              {http.MethodHead, "/", 200},
		"post":              {http.MethodPost, "/", 405},
		"unknown page":      {http.MethodGet, "/nothing", 404},
		"page by its file":  {http.MethodGet, "/index.html", 404},
		"unknown asset":     {http.MethodGet, "/playground-assets/nothing.js", 404},
		"folder of assets":  {http.MethodGet, "/playground-assets/", 404},
		"out of the folder": {http.MethodGet, "/playground-assets/../../web.go", 404},
		"page as asset":     {http.MethodGet, "/playground-assets/index.html", 404},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := get(test.method, test.path)
			if answer.Code != test.status {
				t.Errorf("status %d, want %d", answer.Code, test.status)
			}
			if test.method == http.MethodHead && answer.Body.Len() > 0 {
				t.Errorf("a body of %d bytes", answer.Body.Len())
			}
			if allow := answer.Header().Get("Allow"); (test.status == 405) != (allow == "GET, HEAD") {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

func TestThePageIsCompressedForThoseWhoReadIt(t *testing.T) {
	tests := map[string]struct {
		accept string
		zipped bool
	}{
		"nothing said":       {"", false},
		"among others":       {"br, gzip;q=0.8", true},
		"in capitals":        {"GZIP", true},
		"refused":            {"gzip;q=0", false},
		"refused with zeros": {"gzip; q=0.000", false},
		"weight unreadable":  {"gzip;q=much", false},
		"another":            {"br", false},
	}
	plain := get(http.MethodGet, "/")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := get(http.MethodGet, "/", "Accept-Encoding", test.accept)
			if vary := answer.Header().Get("Vary"); vary != "Accept-Encoding" {
				t.Errorf("Vary: %q", vary)
			}
			if !test.zipped {
				if answer.Header().Get("Content-Encoding") != "" || answer.Body.String() != plain.Body.String() {
					t.Error("compressed")
				}
				return
			}
			reader, err := gzip.NewReader(answer.Body)
			if err != nil || answer.Header().Get("Content-Encoding") != "gzip" {
				t.Fatalf("not compressed: %v, %v", err, answer.Header())
			}
			if content, err := io.ReadAll(reader); err != nil || string(content) != plain.Body.String() {
				t.Errorf("another content: %v", err)
			}
			if answer.Header().Get("ETag") == plain.Header().Get("ETag") {
				t.Error("two forms, one tag")
			}
		})
	}
}

func TestThePageIsAskedForAgain(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		header := get(http.MethodGet, "/", "Accept-Encoding", encoding).Header()
		if cache := header.Get("Cache-Control"); cache != "no-cache" {
			t.Errorf("the page is kept: %s", cache)
		}
		answer := get(http.MethodGet, "/", "Accept-Encoding", encoding, "If-None-Match", `"other", W/`+header.Get("ETag"))
		if answer.Code != http.StatusNotModified || answer.Body.Len() > 0 || answer.Header().Get("ETag") != header.Get("ETag") {
			t.Errorf("%q: status %d, %d bytes", encoding, answer.Code, answer.Body.Len())
		}
	}
}

func TestThePageIsGuarded(t *testing.T) {
	header := get(http.MethodGet, "/").Header()
	for key, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	for _, rule := range []string{"default-src 'self'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(header.Get("Content-Security-Policy"), rule+";") {
			t.Errorf("the policy lacks %s: %s", rule, header.Get("Content-Security-Policy"))
		}
	}
}

func TestManyAskAtOnce(t *testing.T) {
	handler := web.Playground()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
			if answer.Code != http.StatusOK {
				t.Errorf("status %d", answer.Code)
			}
		})
	}
	all.Wait()
}
