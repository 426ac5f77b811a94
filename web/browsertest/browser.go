// Package browsertest drives a real Chromium that has no network but the loopback.
package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Page is one tab of a Chromium of a test's own, and what went wrong in it.
type Page struct {
	Context context.Context // for chromedp.Run and chromedp.Do

	t        testing.TB
	mu       sync.Mutex
	faults   []string
	requests []string
	sockets  []string
}

// Open starts a Chromium with a window of this size; it ends with the test. The test is skipped if there is none, or
// fails if BFF_TEST_STACK is 1. BFF_TEST_CHROMIUM names another program.
func Open(t testing.TB, width, height int) *Page {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Chromium")
	}
	program := os.Getenv("BFF_TEST_CHROMIUM")
	if program == "" {
		program = "chromium"
	}
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("BFF_TEST_STACK") == "1" {
			t.Fatal(err)
		}
		t.Skipf("needs Chromium: %v", err)
	}

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(width, height), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		// The network is cut off: no name but the loopback's is found.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	p := &Page{Context: ctx, t: t}
	t.Cleanup(func() {
		if t.Failed() {
			p.Screenshot("failed-" + strings.ReplaceAll(t.Name(), "/", "-"))
		}
		cancel()
		closeTab()
		stop()
	})

	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	p.Run(enable(network.Enable, network.EnableParams{}), enable(log.Enable, cdp.Empty{}), enable(runtime.Enable, cdp.Empty{}),
		chromedp.EmulateViewport(int64(width), int64(height)))
	return p
}

// enable makes the browser tell of a domain's events.
func enable[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

func (p *Page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, event.Request.URL)
	case *network.EventWebSocketCreated:
		p.sockets = append(p.sockets, event.URL)
	case *runtime.EventExceptionThrown:
		details := event.ExceptionDetails
		fault := "exception: " + details.Text
		if details.Exception != nil {
			fault += " " + details.Exception.Description
		}
		p.faults = append(p.faults, fault)
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError {
			var text []string
			for _, argument := range event.Args {
				text = append(text, string(argument.Value)+argument.Description)
			}
			p.faults = append(p.faults, "console: "+strings.Join(text, " "))
		}
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError {
			p.faults = append(p.faults, fmt.Sprintf("log: %s %s", event.Entry.Text, event.Entry.URL))
		}
	}
}

// Run carries out actions, or fails the test.
func (p *Page) Run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.Context, actions...); err != nil {
		p.t.Fatalf("in the browser: %v; faults %q", err, p.Faults())
	}
}

// Sees waits until the page's text holds all of these, however lines are broken.
func (p *Page) Sees(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		condition := fmt.Sprintf(`document.body.innerText.replace(/\s+/g, '').includes(%q)`, strings.Join(strings.Fields(text), ""))
		if _, err := chromedp.Run(p.Context, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
			found, _ := chromedp.Run(p.Context, chromedp.Evaluate[string](`document.body.innerText`))
			p.t.Fatalf("the page does not show %q: %v; it shows\n%s\nfaults %q", text, err, found, p.Faults())
		}
	}
}

// Faults returns what went wrong so far: uncaught exceptions, errors on the console, loads that failed or that the
// page's policy forbade.
func (p *Page) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.faults)
}

// Sockets returns the addresses of all WebSockets opened so far.
func (p *Page) Sockets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sockets)
}

// Clean fails the test if something went wrong in the page, or if the page asked for anything outside its origin.
func (p *Page) Clean(origin string) {
	p.t.Helper()
	for _, fault := range p.Faults() {
		p.t.Errorf("fault in the page: %s", fault)
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	home, err := url.Parse(origin)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, request := range slices.Concat(p.requests, p.sockets) {
		target, err := url.Parse(request)
		if err != nil {
			p.t.Errorf("request to %s: %v", request, err)
			continue
		}
		switch target.Scheme {
		case "data", "blob", "about": // stays in the browser
		default:
			if target.Host != home.Host {
				p.t.Errorf("request to %s", request)
			}
		}
	}
	if len(p.requests) == 0 {
		p.t.Error("no request was seen at all")
	}
}

// Screenshot writes the window as NAME.png into the folder BFF_TEST_SCREENSHOTS, if that is set.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	dir := os.Getenv("BFF_TEST_SCREENSHOTS")
	if dir == "" {
		return
	}
	image, err := chromedp.Run(p.Context, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("no screenshot: %v", err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), image, 0o600); err != nil {
		p.t.Log(err)
	}
}
