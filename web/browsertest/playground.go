package browsertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Editor is one of the Playground's places to write.
type Editor string

// The Playground's editors. Tool is Variables or Headers, whichever is shown.
const (
	Operation Editor = ".graphiql-query-editor"
	Tool      Editor = ".graphiql-editor-tool"
)

// CheckPlayground walks through the Playground at this origin as a visitor does who finds the seed data: runs the first
// tab, opens the documentation, is offered a field while typing. Screenshots are named after name.
func CheckPlayground(t testing.TB, page *Page, origin, name string) {
	t.Helper()
	page.Run(chromedp.Navigate(origin + "/"))
	page.Sees("query Home")
	page.Run(chromedp.Click(chromedp.CSS(`button.graphiql-execute-button`), chromedp.NodeVisible))
	page.Sees(`"lucus"`, `"http://www.chemputer.top/avatar1.png"`, `"131****0001"`, `"postCount": 3`)
	page.Screenshot(name)

	page.Run(chromedp.Click(chromedp.CSS(`button[aria-label="Show Documentation Explorer"]`), chromedp.NodeVisible))
	page.Sees("Root Types", "Query")
	page.Screenshot(name + "-docs")
	page.Run(chromedp.Click(chromedp.CSS(`button[aria-label="Hide Documentation Explorer"]`), chromedp.NodeVisible))

	page.Write(Operation, "{ user(id: 1) { av")
	page.offers("avatarUrl")
	page.Screenshot(name + "-completion")

	if sockets := page.Sockets(); len(sockets) > 0 {
		t.Errorf("sockets without a subscription: %q", sockets)
	}
	page.Clean(origin)
}

// Write types a text into an editor of the Playground, in place of what is there.
func (p *Page) Write(editor Editor, text string) {
	p.t.Helper()
	p.Run(
		// Not by a click: the lines reach below the buttons, and on a phone their middle is there.
		chromedp.Focus(chromedp.CSS(string(editor)+` .graphiql-editor:not(.hidden) textarea`)),
		chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace),
		chromedp.KeyEvent(text))
}

// offers waits until the editor suggests a word. The page may show it elsewhere, so the list itself is asked.
func (p *Page) offers(word string) {
	p.t.Helper()
	condition := fmt.Sprintf(`document.querySelector('.suggest-widget.visible')?.innerText.includes(%q) ?? false`, word)
	if _, err := chromedp.Run(p.Context, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		p.t.Fatalf("the editor does not offer %q: %v; faults %q", word, err, p.Faults())
	}
}
