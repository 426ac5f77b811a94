package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bff/web/browsertest"
)

// TestPlayground walks through the page as a visitor does, in a Chromium that has no network.
func TestPlayground(t *testing.T) {
	windows := map[string][2]int{"desktop": {1280, 800}, "phone": {390, 844}}
	dev := startDev(t)
	for name, size := range windows {
		t.Run(name, func(t *testing.T) {
			page := browsertest.Open(t, size[0], size[1])
			page.Run(chromedp.Navigate(dev.url + "/"))
			page.Sees("query Home")
			page.Run(chromedp.Click(chromedp.CSS(`button.graphiql-execute-button`), chromedp.NodeVisible))
			page.Sees(`"lucus"`, `"http://www.chemputer.top/avatar1.png"`, `"131****0001"`, `"postCount": 3`)
			page.Screenshot("playground-" + name)

			page.Run(chromedp.Click(chromedp.CSS(`button[aria-label="Show Documentation Explorer"]`), chromedp.NodeVisible))
			page.Sees("Root Types", "Query", "Mutation")
			page.Screenshot("playground-docs-" + name)
			page.Clean(dev.url)
		})
	}
}

func TestThePlaygroundCompletesFields(t *testing.T) {
	dev := startDev(t)
	page := browsertest.Open(t, 1280, 800)
	page.Run(chromedp.Navigate(dev.url + "/"))
	page.Sees("query Home")
	page.Run(chromedp.Click(chromedp.CSS(`.graphiql-editor .view-lines`), chromedp.NodeVisible))
	page.Run(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace))
	page.Run(chromedp.KeyEvent("{ user(id: 1) { av"))
	page.Sees("avatarUrl")
	page.Screenshot("playground-completion")
	page.Clean(dev.url)
}
