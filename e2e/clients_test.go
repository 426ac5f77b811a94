package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"bff/web/browsertest"
)

// TestClients lets real clients, compilers and audits of others loose on a running server.
func TestClients(t *testing.T) {
	install(t, "clients")
	dev := startDev(t)
	for _, script := range []string{"audit", "introspection", "urql", "apollo", "request", "relay", "incremental", "ws", "sse", "codegen", "tada", "cop"} {
		t.Run(script, func(t *testing.T) { node(t, script, dev.url+"/graphql") })
	}
	t.Run("cop in production", func(t *testing.T) { node(t, "cop", startDev(t, "-production").url+"/graphql", "production") })
}

// TestGraphQLCop runs graphql-cop itself, where GRAPHQL_COP is the path of its graphql-cop.py, and wants those findings
// alone that the README explains.
func TestGraphQLCop(t *testing.T) {
	cop := os.Getenv("GRAPHQL_COP")
	if cop == "" {
		t.Skip("needs GRAPHQL_COP")
	}
	tests := map[string]struct{ args, want []string }{
		"development": {nil, []string{"Array-based Query Batching", "Field Suggestions", "GET Method Query Support", "Introspection"}},
		"production":  {[]string{"-production"}, []string{"Array-based Query Batching", "GET Method Query Support"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dev := startDev(t, test.args...)
			command := exec.CommandContext(t.Context(), "python3", cop, "-t", dev.url+"/graphql", "-o", "json")
			command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
			out, err := command.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var results []struct {
				Title  string
				Result bool
			}
			if err := json.Unmarshal(out, &results); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var found []string
			for _, result := range results {
				if result.Result {
					found = append(found, result.Title)
				}
			}
			if len(results) < 12 || !slices.Equal(found, test.want) {
				t.Errorf("%d results with the findings %q, want %q", len(results), found, test.want)
			}
		})
	}
}

// TestClientsWithTrustedDocuments gives the server the manifests that compilers write, and nothing else is carried out.
func TestClientsWithTrustedDocuments(t *testing.T) {
	install(t, "clients")
	node(t, "manifests", startDev(t).url+"/graphql")
	for name, manifest := range map[string]string{"relay": "relay-persisted/persisted.json", "codegen": "codegen-persisted/persisted-documents.json"} {
		t.Run(name, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join("clients", ".generated", manifest))
			if err != nil {
				t.Fatal(err)
			}
			dev := startDev(t, "-trusted-documents", path, "-trusted-mode", "enforce")
			node(t, "trusted", dev.url+"/graphql", name)
		})
	}
}

// TestClientsFromAnotherOrigin opens the classic GraphQL Playground, which is served on a port of its own, in Chromium.
func TestClientsFromAnotherOrigin(t *testing.T) {
	install(t, "clients/playground")
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(classicPlayground))
			return
		}
		http.FileServer(http.Dir("clients/playground/node_modules/graphql-playground-react/build")).ServeHTTP(w, r)
	}))
	t.Cleanup(page.Close)
	open := func(t *testing.T, dev *server, credentials string) *browsertest.Page {
		browser := browsertest.Open(t, 1280, 800)
		values := url.Values{"endpoint": {dev.url + "/graphql"}, "credentials": {credentials}}
		browser.Run(chromedp.Navigate(page.URL + "/?" + values.Encode()))
		browser.Sees("query Home")
		return browser
	}
	execute := chromedp.Click(chromedp.CSS(`div[title^="Execute Query"]`), chromedp.NodeVisible)

	t.Run("allowed", func(t *testing.T) {
		dev := startDev(t, "-cors-origins", "https://app.example,"+page.URL)
		for _, credentials := range []string{"omit", "same-origin", "include"} {
			t.Run(credentials, func(t *testing.T) {
				browser := open(t, dev, credentials)
				browser.Run(execute)
				browser.Sees(`"lucus"`, `"131****0001"`, `"postCount": 3`)
				browser.Run(chromedp.Click(chromedp.Search(`//div[text()="Docs"]`), chromedp.NodeVisible))
				browser.Sees("QUERIES", "posts(...): PostConnection", "MUTATIONS", "signIn(...): SignInPayload")
				browser.Screenshot("classic-" + credentials)
				for _, fault := range browser.Faults() {
					t.Errorf("fault in the page: %s", fault)
				}
				if dev.metric("bff_requests_total", `operation_type="query"`) == 0 {
					t.Error("no query was counted")
				}
			})
		}
	})
	for name, args := range map[string][]string{"refused": {"-cors-origins", "https://app.example"}, "refused by default": nil} {
		t.Run(name, func(t *testing.T) {
			dev := startDev(t, args...)
			browser := open(t, dev, "omit")
			browser.Run(execute)
			browser.Sees("Failed to fetch")
			browser.Screenshot("classic-" + strings.ReplaceAll(name, " ", "-"))
			if !strings.Contains(strings.Join(browser.Faults(), " "), "blocked by CORS policy") {
				t.Errorf("faults %q", browser.Faults())
			}
			if carried := dev.metric("bff_requests_total", `operation_type="query"`); carried != 0 {
				t.Errorf("%v queries were carried out", carried)
			}
		})
	}
}

const classicPlayground = `<!doctype html>
<meta charset="utf-8">
<title>GraphQL Playground</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/middleware.css">
<div id="root"></div>
<script src="/static/js/middleware.js"></script>
<script>
	const wanted = new URLSearchParams(location.search)
	const endpoint = wanted.get('endpoint')
	GraphQLPlayground.init(document.getElementById('root'), {
		endpoint,
		settings: { 'request.credentials': wanted.get('credentials') },
		tabs: [{ endpoint, query: 'query Home { user(id: 1) { username phone postCount } }' }],
	})
</script>
`

// node runs a script of clients/ to its end.
func node(t *testing.T, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "node", append([]string{script + ".mjs"}, args...)...)
	command.Dir = "clients"
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("node %s.mjs %s: %v\n%s", script, strings.Join(args, " "), err, out)
	}
}

// install installs what the lock file of a folder names, unless that is done. The test is skipped without npm, or fails
// if BFF_TEST_STACK is 1.
func install(t *testing.T, dir string) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Node")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		if os.Getenv("BFF_TEST_STACK") == "1" {
			t.Fatal(err)
		}
		t.Skipf("needs Node: %v", err)
	}

	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	done := filepath.Join(dir, "node_modules", ".installed")
	if installed, err := os.ReadFile(done); err == nil && bytes.Equal(installed, lock) {
		return
	}
	command := exec.CommandContext(t.Context(), npm, "ci", "--no-audit", "--no-fund")
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in %s: %v\n%s", dir, err, out)
	}
	if err := os.WriteFile(done, lock, 0o600); err != nil {
		t.Fatal(err)
	}
}
