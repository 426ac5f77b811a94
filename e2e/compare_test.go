package e2e

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bff/web/browsertest"
)

// lane is what the comparison shows of one contender.
type lane struct {
	ID       string
	Services []string
	Times    []float64 // null is 0: it has not arrived
	Requests string
	Error    string
	Verdict  []string
}

const lanesScript = `JSON.stringify([...document.querySelectorAll('.lane')].map((lane) => ({
	ID: lane.dataset.contender,
	Services: [...lane.querySelectorAll('[data-service]')].map((row) => row.dataset.service),
	Times: [...lane.querySelectorAll('[data-service]')].map((row) => Number(row.dataset.time ?? 0)),
	Requests: lane.querySelector('.figures dd').innerText,
	Error: lane.querySelector('.error')?.innerText ?? '',
	Verdict: [...document.querySelectorAll('.verdicts tr[data-contender="' + lane.dataset.contender + '"] td')].map((cell) => cell.innerText),
})))`

func read[T any](t *testing.T, page *browsertest.Page, script string) (value T) {
	t.Helper()
	text, err := chromedp.Run(page.Context, chromedp.Evaluate[string](script))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

func press(page *browsertest.Page, selector, key string) {
	page.Run(chromedp.Focus(chromedp.CSS(selector)), chromedp.KeyEvent(key))
}

// runAll presses Enter on the button and waits until the series is over.
func runAll(t *testing.T, page *browsertest.Page) []lane {
	t.Helper()
	press(page, "#run-all", kb.Enter)
	if _, err := chromedp.Run(page.Context, chromedp.Poll[bool](`document.querySelector('#state').innerText.startsWith('Done.')`, chromedp.WithPollingTimeout(50*time.Second))); err != nil {
		t.Fatalf("the series does not end: %v; faults %q", err, page.Faults())
	}
	return read[[]lane](t, page, lanesScript)
}

// TestComparison runs every contender with the post service slowed, by keyboard, on a desktop and on a phone.
func TestComparison(t *testing.T) {
	dev := startDev(t, "-seed-users", "48", "-seed-posts", "400", "-log-dir", t.TempDir())
	for name, size := range map[string][2]int{"desktop": {1280, 900}, "phone": {390, 844}} {
		t.Run(name, func(t *testing.T) {
			page := browsertest.Open(t, size[0], size[1])
			page.Run(chromedp.Navigate(dev.url + "/compare?delay=500&rounds=1&n=3"))
			page.Sees("One screen, nine ways to load it")

			// The arrow keys choose, and the address follows.
			press(page, "input[name=n]:checked", kb.ArrowRight)
			if search := read[string](t, page, `JSON.stringify(location.search)`); search != "?delay=500&rounds=1" {
				t.Errorf("the address says %s", search)
			}

			lanes := runAll(t, page)
			if len(lanes) != 9 {
				t.Fatalf("%d contenders", len(lanes))
			}
			requests := map[string]string{}
			for _, l := range lanes {
				requests[l.ID] = l.Requests
				if l.Error != "" || len(l.Times) != 6 || slices.Contains(l.Times, 0) {
					t.Errorf("%s: %v %s", l.ID, l.Times, l.Error)
				}
				if len(l.Verdict) != 6 || slices.Contains(l.Verdict, "–") {
					t.Errorf("%s: figures %q", l.ID, l.Verdict)
				}
			}
			for id, want := range map[string]string{"composed": "1", "defer": "1", "stream": "1", "persisted": "1", "array": "1", "single": "6", "rpc-stream": "1", "rpc-batch": "1", "rpc-single": "6"} {
				if requests[id] != want {
					t.Errorf("%s: %s requests", id, requests[id])
				}
			}
			for _, l := range lanes {
				if !slices.Contains([]string{"defer", "stream", "persisted", "rpc-stream"}, l.ID) {
					continue
				}
				for i, service := range l.Services {
					for j, other := range l.Services {
						if service == "user" && other == "post" && l.Times[i] >= l.Times[j] {
							t.Errorf("%s: component %d waits for the slow one %d: %v", l.ID, i, j, l.Times)
						}
					}
				}
			}
			page.Sees("All 9 ended with the same screen", "The verdict of these numbers")
			page.Screenshot("compare-" + name)

			press(page, "#run-article", kb.Enter)
			counts := `JSON.stringify([...document.querySelectorAll('[data-article]')].map((side) => [...side.querySelectorAll('[data-count]')].map((count) => count.innerText).join('/')))`
			eventually(t, 10*time.Second, "1/3/4 on both sides", func() bool {
				return slices.Equal(read[[]string](t, page, counts), []string{"1/3/4", "1/3/4"})
			})
			page.Screenshot("compare-article-" + name)

			if wide := read[int](t, page, `JSON.stringify(document.documentElement.scrollWidth - innerWidth)`); wide > 0 {
				t.Errorf("the page is %d pixels wider than the window", wide)
			}
			checkAccessibility(t, page)
			page.Clean(dev.url)
		})
	}
}

// checkAccessibility asks axe-core, if `make web` has installed it.
func checkAccessibility(t *testing.T, page *browsertest.Page) {
	t.Helper()
	script, err := os.ReadFile("../web/compare/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Logf("accessibility is not checked: %v", err)
		return
	}
	const ask = `;axe.run().then((found) => { window.axeFound = JSON.stringify(found.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' '))) }), 'started'`
	if _, err := chromedp.Run(page.Context, chromedp.Evaluate[string](string(script)+ask)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(page.Context, chromedp.Poll[bool](`!!window.axeFound`, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		t.Fatal(err)
	}
	for _, violation := range read[[]string](t, page, `window.axeFound`) {
		t.Errorf("accessibility: %s", violation)
	}
}

// TestComparisonOutlivesItsServer says of each contender that nobody answers, and runs again when somebody does.
func TestComparisonOutlivesItsServer(t *testing.T) {
	dev := startDev(t, "-log-dir", t.TempDir())
	page := browsertest.Open(t, 1280, 900)
	page.Run(chromedp.Navigate(dev.url + "/compare?rounds=1&n=3"))
	page.Sees("One screen, nine ways to load it")
	dev.kill()
	for _, l := range runAll(t, page) {
		if !strings.Contains(l.Error, "the server cannot be reached") {
			t.Errorf("%s: %q", l.ID, l.Error)
		}
	}
	page.Screenshot("compare-gone")

	startDev(t, "-addr", strings.TrimPrefix(dev.url, "http://"), "-log-dir", t.TempDir())
	for _, l := range runAll(t, page) {
		if l.Error != "" || len(l.Times) != 3 || slices.Contains(l.Times, 0) {
			t.Errorf("%s: %v %s", l.ID, l.Times, l.Error)
		}
	}
}

// TestComparisonStops leaves a series by Escape.
func TestComparisonStops(t *testing.T) {
	dev := startDev(t, "-log-dir", t.TempDir())
	page := browsertest.Open(t, 1280, 900)
	page.Run(chromedp.Navigate(dev.url + "/compare?delay=500&rounds=15"))
	page.Sees("One screen, nine ways to load it")
	press(page, "#run-all", kb.Enter)
	page.Sees("Warming up")
	page.Run(chromedp.KeyEvent(kb.Escape))
	page.Sees("Stopped.")
	page.Clean(dev.url)
}
