package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"bff/web/browsertest"
)

// TestPlayground walks through the page as a visitor does, in a Chromium that has no network.
func TestPlayground(t *testing.T) {
	windows := map[string][2]int{"desktop": {1280, 800}, "phone": {390, 844}}
	dev := startDev(t)
	for name, size := range windows {
		t.Run(name, func(t *testing.T) {
			browsertest.CheckPlayground(t, browsertest.Open(t, size[0], size[1]), dev.url, "playground-"+name)
		})
	}
}

// TestThePlaygroundStreams shows the parts of a query with @defer, and what a subscription yields.
func TestThePlaygroundStreams(t *testing.T) {
	dev := startDev(t)
	page := browsertest.Open(t, 1280, 800)
	page.Run(chromedp.Navigate(dev.url + "/"))
	page.Sees("query Home")
	execute := chromedp.Click(chromedp.CSS(`button.graphiql-execute-button`), chromedp.NodeVisible)

	page.Write(browsertest.Operation, `{ user(id: 1) { username ... @defer { phone posts(last: 1) { nodes { title } } } } }`)
	page.Run(execute)
	page.Sees(`"lucus"`, `"131****0001"`, `"文章1"`)
	page.Screenshot("playground-defer")

	page.Write(browsertest.Operation, `subscription { postPublished { title author { username } } }`)
	page.Run(execute)
	token := dev.signIn("mars", "222222")
	eventually(t, 20*time.Second, "event in the page", func() bool {
		if _, answer := dev.query(token, `mutation { createPost(input: {title: "news", body: ""}) { post { id } } }`); strings.Contains(answer, "errors") {
			t.Fatal(answer)
		}
		time.Sleep(300 * time.Millisecond)
		text, err := chromedp.Run(page.Context, chromedp.Evaluate[string](`document.body.innerText`))
		return err == nil && strings.Contains(text, "news")
	})
	page.Screenshot("playground-subscription")
	if sockets := page.Sockets(); len(sockets) != 1 {
		t.Errorf("sockets %q", sockets)
	}
}
