package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
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
		if answer.Code != http.StatusOK || !strings.Contains(answer.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, %v", asset[1], answer.Code, answer.Header())
		}
	}
	if regexp.MustCompile(`(?:src|href)="https?:`).MatchString(page) {
		t.Errorf("the page loads something from elsewhere: %s", page)
	}
}

func TestAnswers(t *testing.T) {
	tests := map[string]struct {
		method, path string
		status       int
	}{
		"page":              {http.MethodGet, "/", 200},
		"head":              {http.MethodHead, "/", 200},
		"post":              {http.MethodPost, "/", 405},
		"unknown page":      {http.MethodGet, "/nothing", 404},
		"unknown asset":     {http.MethodGet, "/playground-assets/nothing.js", 404},
		"folder of assets":  {http.MethodGet, "/playground-assets/", 404},
		"out of the folder": {http.MethodGet, "/playground-assets/../../web.go", 404},
		"page as asset":     {http.MethodGet, "/playground-assets/index.html", 404},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if answer := get(test.method, test.path); answer.Code != test.status {
				t.Errorf("status %d, want %d", answer.Code, test.status)
			}
		})
	}
}

func TestThePageIsCompressedAndAskedForAgain(t *testing.T) {
	plain := get(http.MethodGet, "/")
	zipped := get(http.MethodGet, "/", "Accept-Encoding", "br, gzip;q=0.8")
	reader, err := gzip.NewReader(zipped.Body)
	if err != nil || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("not compressed: %v, %v", err, zipped.Header())
	}
	if content, err := io.ReadAll(reader); err != nil || string(content) != plain.Body.String() {
		t.Errorf("another content: %v", err)
	}
	if answer := get(http.MethodGet, "/", "Accept-Encoding", "gzip;q=0"); answer.Header().Get("Content-Encoding") != "" {
		t.Error("compressed against the client's will")
	}
	if answer := get(http.MethodGet, "/", "If-None-Match", plain.Header().Get("ETag")); answer.Code != http.StatusNotModified || answer.Body.Len() > 0 {
		t.Errorf("status %d", answer.Code)
	}
	if cache := plain.Header().Get("Cache-Control"); cache != "no-cache" {
		t.Errorf("the page is kept: %s", cache)
	}
	for header, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := plain.Header().Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if !strings.Contains(plain.Header().Get("Content-Security-Policy"), "script-src 'self';") {
		t.Error("no policy for scripts")
	}
}
