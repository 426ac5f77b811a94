package web_test

import (
	"bufio"
	"crypto/sha1" // the WebSocket handshake prescribes it
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bff/web"
	"bff/web/browsertest"
)

// serve starts the Playground before a stand-in for the graph, which tells of every request it gets.
func serve(t *testing.T) (url string, asked <-chan *http.Request) {
	t.Helper()
	requests := make(chan *http.Request, 100)
	mux := http.NewServeMux()
	mux.Handle("/", web.Playground())
	mux.HandleFunc("/graphql", func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		if r.Header.Get("Upgrade") == "websocket" {
			answerSubscription(t, w, r)
			return
		}
		answer(t, w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, requests
}

//go:embed testdata/introspection.json
var introspection string

// answer knows the introspection and the home page of user 1.
func answer(t *testing.T, w http.ResponseWriter, r *http.Request) {
	var operation struct{ Query, OperationName string }
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method != http.MethodPost || media != "application/json" {
		t.Errorf("%s with %s", r.Method, media)
	}
	if err := json.NewDecoder(r.Body).Decode(&operation); err != nil {
		t.Error(err)
	}
	w.Header().Set("Content-Type", "application/graphql-response+json")
	switch operation.OperationName {
	case "IntrospectionQuery":
		if !strings.Contains(operation.Query, "inputFields(includeDeprecated: true)") || !strings.Contains(operation.Query, "args(includeDeprecated: true)") {
			t.Errorf("deprecated input is not asked for: %s", operation.Query)
		}
		_, _ = io.WriteString(w, introspection)
	case "Home":
		_, _ = io.WriteString(w, `{"data":{"user":{"username":"lucus","avatarUrl":"http://www.chemputer.top/avatar1.png","phone":"131****0001","postCount":3}}}`)
	default:
		_, _ = io.WriteString(w, `{"errors":[{"message":"the stand-in does not know this operation"}]}`)
	}
}

// answerSubscription speaks graphql-transport-ws for one subscription with one event, in frames under 126 bytes: just
// enough to see that the page's policy lets the socket through.
func answerSubscription(t *testing.T, w http.ResponseWriter, r *http.Request) {
	connection, stream, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = connection.Close() }()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, _ = fmt.Fprintf(stream, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	_ = stream.Flush()

	for {
		text, err := readFrame(stream.Reader)
		if err != nil {
			return // the page has gone
		}
		var message struct {
			ID, Type string
			Payload  map[string]any
		}
		if json.Unmarshal(text, &message) != nil {
			return // a frame of the protocol below, which is the farewell
		}
		switch message.Type {
		case "connection_init":
			if message.Payload["Authorization"] != "Bearer x" || message.Payload["GraphQL-Client-Name"] != "playground" {
				t.Errorf("the headers do not travel: %v", message.Payload)
			}
			writeFrame(stream.Writer, `{"type":"connection_ack"}`)
		case "subscribe":
			writeFrame(stream.Writer, fmt.Sprintf(`{"id":%q,"type":"next","payload":{"data":{"postPublished":"文章4"}}}`, message.ID))
		}
	}
}

func readFrame(r *bufio.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := int(head[1] & 0x7f)
	if size == 126 {
		var long [2]byte
		if _, err := io.ReadFull(r, long[:]); err != nil {
			return nil, err
		}
		size = int(binary.BigEndian.Uint16(long[:]))
	}
	masked := make([]byte, 4+size)
	if _, err := io.ReadFull(r, masked); err != nil {
		return nil, err
	}
	text := masked[4:]
	for i := range text {
		text[i] ^= masked[i%4]
	}
	return text, nil
}

func writeFrame(w *bufio.Writer, text string) {
	_, _ = w.Write([]byte{0x81, byte(len(text))})
	_, _ = w.WriteString(text)
	_ = w.Flush()
}

func TestPlayground(t *testing.T) {
	for name, size := range map[string][2]int{"desktop": {1280, 800}, "phone": {390, 844}} {
		t.Run(name, func(t *testing.T) {
			url, asked := serve(t)
			page := browsertest.Open(t, size[0], size[1])
			browsertest.CheckPlayground(t, page, url, "stub-"+name)

			for len(asked) > 0 {
				header := (<-asked).Header
				if client := header.Get("GraphQL-Client-Name"); client != "playground" {
					t.Errorf("client %q", client)
				}
				// A plain query must not be answered as a stream.
				if accept := header.Get("Accept"); accept != "application/graphql-response+json, application/json;q=0.9" {
					t.Errorf("Accept: %s", accept)
				}
			}
		})
	}
}

func TestThePlaygroundSubscribes(t *testing.T) {
	url, _ := serve(t)
	page := browsertest.Open(t, 1280, 800)
	page.Run(chromedp.Navigate(url + "/"))
	page.Sees("query Home")
	page.Write(browsertest.Tool, `{"Authorization": "Bearer x"`) // the editor closes the brace
	page.Write(browsertest.Operation, `subscription { postPublished `)
	page.Sees("<untitled>") // the page has understood that this is another operation
	page.Run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	page.Sees(`"postPublished": "文章4"`)
	page.Screenshot("stub-subscription")
	if sockets := page.Sockets(); len(sockets) != 1 {
		t.Errorf("sockets %q", sockets)
	}
	page.Clean(url)
}

func TestThePlaygroundPrettifies(t *testing.T) {
	url, _ := serve(t)
	page := browsertest.Open(t, 1280, 800)
	page.Run(chromedp.Navigate(url + "/"))
	page.Sees("query Home")
	page.Write(browsertest.Operation, `{user(id:1){username`)
	page.Write(browsertest.Tool, `{"Authorization":"Bearer x"`)
	page.Run(chromedp.Click(chromedp.CSS(`button[aria-label^="Prettify"]`), chromedp.NodeVisible))
	for editor, lines := range map[browsertest.Editor]int{browsertest.Operation: 5, browsertest.Tool: 3} {
		condition := fmt.Sprintf(`document.querySelectorAll('%s .graphiql-editor:not(.hidden) .view-line').length >= %d`, editor, lines)
		if _, err := chromedp.Run(page.Context, chromedp.Poll[bool](condition)); err != nil {
			t.Errorf("%s: %v", editor, err)
		}
	}
	page.Screenshot("stub-prettified")
	page.Clean(url)
}
