package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bff/web/browsertest"
)

// app is the demo in a tab, as a visitor meets it.
type app struct {
	*browsertest.Page
	t   *testing.T
	url string
}

func openApp(t *testing.T, dev *server, size [2]int, address string) *app {
	t.Helper()
	a := &app{browsertest.Open(t, size[0], size[1]), t, dev.url}
	a.Run(chromedp.Navigate(dev.url + "/app" + address))
	a.settles()
	return a
}

// settles waits until no component waits for its data.
func (a *app) settles() {
	a.t.Helper()
	a.until(`document.querySelectorAll('[data-part]').length >= 6 && !document.querySelector('[aria-busy=true]')`)
}

func (a *app) until(condition string) {
	a.t.Helper()
	if _, err := chromedp.Run(a.Context, chromedp.Poll[bool]("!!("+condition+")", chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		found, _ := chromedp.Run(a.Context, chromedp.Evaluate[string](`document.body.innerText`))
		a.t.Fatalf("%s: %v; the page shows\n%s\nfaults %q", condition, err, found, a.Faults())
	}
}

// shows waits until a component's text holds all of these.
func (a *app) shows(part string, texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		a.until(fmt.Sprintf(`document.querySelector('[data-part=%s]')?.innerText.includes(%q)`, part, text))
	}
}

func (a *app) text(script string) string {
	a.t.Helper()
	text, err := chromedp.Run(a.Context, chromedp.Evaluate[string](script))
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

// figure reads a number of the bar at the bottom.
func (a *app) figure(name string) string {
	a.t.Helper()
	return a.text(fmt.Sprintf(`[...document.querySelectorAll('.figure')].find((figure) => figure.querySelector('dt').textContent.startsWith(%q))?.querySelector('dd').textContent ?? ''`, name))
}

func (a *app) click(selector string) {
	a.t.Helper()
	a.Run(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

func (a *app) write(selector, text string) {
	a.t.Helper()
	a.Run(chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible))
}

func (a *app) signIn(username, password string) {
	a.t.Helper()
	a.write(`input[name=username]`, username)
	a.write(`input[name=password]`, password+kb.Enter)
}

var (
	appWindows = map[string][2]int{"desktop": {1280, 900}, "phone": {390, 844}}
	appWays    = []string{"relay", "urql", "rpc"}
)

// TestApp walks through the demo in each of its three ways as a visitor does.
func TestApp(t *testing.T) {
	for window, size := range appWindows {
		for _, way := range appWays {
			t.Run(way+" "+window, func(t *testing.T) {
				dev := startDev(t)
				a := openApp(t, dev, size, "?via="+way+"&user=1")
				a.shows("Profile", "lucus", "131****0001", "3")
				a.shows("Posts", "文章3", "文章2", "文章1")
				a.shows("Lead", "文章3", "文章3的内容", "lucus", "3 posts")
				a.shows("Feed", "文章2", "文章1", "lucus", "3 posts")
				a.shows("People", "mars", "lucus")
				a.shows("Pulse", "mars")
				if requests := a.figure("request"); requests != "1" {
					t.Errorf("%s requests carried the page", requests)
				}
				a.until(`document.querySelector('[role=status]').textContent.includes('6 components')`)
				a.Screenshot("app-" + way + "-" + window)

				a.signIn("lucus", "wrong")
				a.Sees("do not belong together")
				a.text(`document.querySelector("form").reset() ?? ""`)
				a.signIn("lucus", "111111")
				a.shows("You", "lucus", "13100000001")
				a.shows("Profile", "13100000001")

				a.write(`input[name=title]`, "On keeping a notebook")
				a.write(`textarea[name=body]`, "Write it down.")
				a.click(`[data-part=You] button[type=submit]`)
				a.shows("You", "Published.")
				a.shows("Lead", "On keeping a notebook", "Write it down.", "4 posts")
				a.shows("Feed", "文章3")
				a.shows("Posts", "On keeping a notebook")
				a.shows("Profile", "4")
				a.shows("Pulse", "just now")
				a.Screenshot("app-" + way + "-" + window + "-published")

				a.click(`[data-part=People] li:first-child a`)
				a.shows("Profile", "mars", "131****0002")
				a.shows("Posts", "mars has not written anything yet")
				a.Run(chromedp.NavigateBack())
				a.shows("Profile", "lucus", "13100000001")
				a.settles()

				a.Run(chromedp.Navigate(dev.url + "/app?via=" + way + "&user=999999"))
				a.shows("Profile", "There is no member with this id.")
				a.shows("Lead", "On keeping a notebook")
				a.Run(chromedp.Navigate(dev.url + "/app?via=" + way + "&user=nonsense"))
				a.shows("Profile", "There is no")
				a.shows("Lead", "On keeping a notebook")
				a.settles()
				a.Screenshot("app-" + way + "-" + window + "-unknown")
				a.wideAsTheWindow()
				a.Clean(dev.url)
			})
		}
	}
}

// wideAsTheWindow fails if the page must be scrolled sideways.
func (a *app) wideAsTheWindow() {
	a.t.Helper()
	if wide := a.text(`String(document.documentElement.scrollWidth - innerWidth)`); wide != "0" && !strings.HasPrefix(wide, "-") {
		a.t.Errorf("the page is %s pixels too wide", wide)
	}
}

func (a *app) media(features ...*emulation.MediaFeature) {
	a.t.Helper()
	a.Run(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	}))
}

// TestTheAppIsAccessible lets axe look at each state of the page in both themes.
func TestTheAppIsAccessible(t *testing.T) {
	install(t, "../web/app")
	axe, err := os.ReadFile("../web/app/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	dev := startDev(t)
	for window, size := range appWindows {
		t.Run(window, func(t *testing.T) {
			a := openApp(t, dev, size, "?via=urql&user=1")
			a.text(string(axe) + "; ''")
			check := func(state string) {
				t.Helper()
				for _, theme := range []string{"light", "dark"} {
					a.media(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: theme}, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
					a.Screenshot("app-" + window + "-" + state + "-" + theme)
					a.text(`window.found = undefined; axe.run().then(({ violations }) => { window.found = violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html, failureSummary }) => html + " " + failureSummary).join("; ")).join("\n") }); ""`)
					a.until(`window.found !== undefined`)
					if found := a.text(`window.found`); found != "" {
						t.Errorf("%s, %s: %s", state, theme, found)
					}
				}
			}
			check("visitor")
			a.click(`.drawer-toggle`)
			check("figures")
			a.click(`.drawer-toggle`)
			a.signIn("mars", "222222")
			a.shows("You", "13100000002")
			a.settles()
			check("signed-in")
			a.click(`[data-part=You] .button.quiet`)
			a.until(`document.querySelector('input[name=username]')`)
			a.settles()
		})
	}
}

// TestTheAppByKeyboard uses no mouse.
func TestTheAppByKeyboard(t *testing.T) {
	dev := startDev(t)
	a := openApp(t, dev, appWindows["desktop"], "?via=relay&user=1")
	a.Run(chromedp.KeyEvent(kb.Tab))
	a.until(`document.activeElement.textContent === 'Skip to the content'`)
	a.Run(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab))
	a.until(`document.activeElement.value === 'relay'`)
	for _, way := range []string{"urql", "rpc"} {
		a.Run(chromedp.KeyEvent(kb.ArrowRight))
		a.until(fmt.Sprintf(`location.search.includes('via=%s') && document.activeElement.value === %q`, way, way))
		a.settles()
		a.shows("Profile", "lucus", "131****0001", "3")
	}
	a.Run(chromedp.NavigateBack())
	a.until(`document.querySelector('input[value=urql]').checked`)
	a.Clean(dev.url)
}

// TestTheAppStreams slows the post service: what needs it not is there before.
func TestTheAppStreams(t *testing.T) {
	dev := startDev(t)
	for _, way := range appWays {
		t.Run(way, func(t *testing.T) {
			a := &app{browsertest.Open(t, 1280, 900), t, dev.url}
			a.Run(chromedp.Navigate(dev.url + "/app?slow=900&via=" + way))
			a.until(`document.querySelector('[data-part=People]')?.ariaBusy === 'false' && document.querySelector('[data-part=Feed]').ariaBusy === 'true'`)
			a.Screenshot("app-" + way + "-streams")
			a.settles()
			a.shows("Feed", "文章2")
			if way != "rpc" {
				a.until(`document.querySelector('[role=status]').textContent.includes('6 components')`)
			}
			if requests := a.figure("request"); requests != "1" {
				t.Errorf("%s requests carried the page", requests)
			}
			a.Clean(dev.url)
		})
	}
}

// TestTheAppWithoutServer shows at each component that nothing comes, and that it came back.
func TestTheAppWithoutServer(t *testing.T) {
	dev := startDev(t)
	for _, way := range appWays {
		t.Run(way, func(t *testing.T) {
			a := openApp(t, dev, appWindows["desktop"], "?via="+way)
			a.text(`window.real = fetch; window.fetch = () => Promise.reject(new TypeError('Failed to fetch')); ''`)
			a.click(`[data-part=People] li:first-child a`)
			a.shows("Profile", "The server cannot be reached.")
			a.Screenshot("app-" + way + "-unreachable")
			a.text(`window.fetch = window.real; ''`)
			a.click(`[data-part=Profile] button`)
			a.shows("Profile", "mars", "131****0002")
		})
	}
}

// TestTheAppWithoutAService loses what the post service gives, says so where it belongs, and keeps the rest.
func TestTheAppWithoutAService(t *testing.T) {
	dev := startDev(t, "-backend-timeout", "300ms")
	for _, way := range appWays {
		t.Run(way, func(t *testing.T) {
			a := openApp(t, dev, appWindows["desktop"], "?slow=900&via="+way)
			a.shows("People", "mars", "lucus")
			for _, part := range []string{"Lead", "Feed", "Posts"} {
				a.shows(part, "The rest of the page is not affected.")
			}
			a.shows("Profile", "lucus", "131****0001", "–")
			a.Screenshot("app-" + way + "-without-posts")
			a.Clean(dev.url)
		})
	}
}

// TestTheAppLoadsMore goes on in each list, once.
func TestTheAppLoadsMore(t *testing.T) {
	dev := startDev(t, "-seed-users", "20", "-seed-posts", "200")
	for _, way := range appWays {
		t.Run(way, func(t *testing.T) {
			a := openApp(t, dev, appWindows["desktop"], "?user=22&via="+way)
			for part, rows := range map[string]int{"Feed": 13, "People": 12, "Posts": 6} {
				a.click(`[data-part=` + part + `] .more`)
				a.until(fmt.Sprintf(`document.querySelectorAll('[data-part=%s] li').length === %d`, part, rows))
			}
			a.Clean(dev.url)
		})
	}
}
