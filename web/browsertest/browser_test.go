package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// verdict is a test that remembers what was said against it.
type verdict struct {
	testing.TB
	errors []string
}

func (v *verdict) Errorf(format string, args ...any) {
	v.errors = append(v.errors, fmt.Sprintf(format, args...))
}

// A check that finds nothing proves nothing until it has found something.
func TestCleanFindsWhatGoesWrong(t *testing.T) {
	tests := map[string]struct{ script, want string }{
		"nothing":             {``, ""},
		"console error":       {`console.error('broken', 7)`, "broken"},
		"uncaught exception":  {`throw new Error('thrown')`, "thrown"},
		"rejected promise":    {`Promise.reject(new Error('rejected'))`, "rejected"},
		"another origin":      {`fetch('http://elsewhere.example/').catch(() => {})`, "request to http://elsewhere.example/"},
		"another port":        {`fetch('http://127.0.0.1:9999/').catch(() => {})`, "request to http://127.0.0.1:9999/"},
		"socket elsewhere":    {`new WebSocket('ws://elsewhere.example/')`, "request to ws://elsewhere.example/"},
		"forbidden by policy": {`document.body.append(Object.assign(new Image(), { src: '/forbidden.png' }))`, "Content Security Policy"},
		"not found":           {`fetch('/nothing')`, "404"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := strings.CutPrefix(r.URL.Path, "/page/")
		test, found := tests[name]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "img-src data:")
		_, _ = fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><body><script>setTimeout(() => document.body.append('done'), 300)</script><script>%s</script>`, test.script)
	}))
	defer server.Close()

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			page := Open(t, 400, 300)
			page.Run(chromedp.Navigate(server.URL + "/page/" + strings.ReplaceAll(name, " ", "%20")))
			page.Sees("done")

			v := &verdict{TB: t}
			page.t = v
			page.Clean(server.URL)
			if said := strings.Join(v.errors, "\n"); (said == "") != (test.want == "") || !strings.Contains(said, test.want) {
				t.Errorf("said %q, want %q", said, test.want)
			}
		})
	}
}
