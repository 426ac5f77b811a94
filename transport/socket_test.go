package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"bff"
	"bff/auth"
	"bff/bus"
	"bff/engine"
	"bff/graph"
	"bff/loaders"
	"bff/transport"
)

// live is a server whose graph can be subscribed to.
type live struct {
	*slow
	*httptest.Server
	hub     *bus.Hub
	closing chan struct{}
}

func newLive(t *testing.T, options transport.Options) *live {
	t.Helper()
	l := &live{slow: &slow{}, hub: bus.New(nil), closing: make(chan struct{})}
	sources := loaders.Sources{Users: l.users, PostCounts: l.counts, Posts: l.posts}
	options.Closing = l.closing
	options.Fresh = func(ctx context.Context) context.Context {
		return loaders.With(ctx, loaders.New(ctx, sources, loaders.Options{}))
	}
	options.Expires = func(ctx context.Context) time.Time { return auth.From(ctx).Expires }
	options.Identify = func(ctx context.Context, authorization string) (context.Context, error) {
		switch authorization {
		case "Bearer good":
			return auth.With(ctx, auth.Viewer{UserID: 1}), nil
		case "Bearer short":
			return auth.With(ctx, auth.Viewer{UserID: 1, Expires: time.Now().Add(300 * time.Millisecond)}), nil
		}
		return nil, bff.Errorf(bff.Unauthenticated, "no")
	}
	graphql := transport.New(graph.NewSchema(&graph.Resolver{Publisher: l.slow, News: l.hub, Posts: sources.Posts}, engine.Options{}), options)
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := options.Fresh(r.Context())
		if authorization := r.Header.Get("Authorization"); authorization != "" {
			ctx, _ = options.Identify(ctx, authorization)
		}
		ctx = transport.WithObserver(ctx, func(_ context.Context, o transport.Operation) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.seen = append(l.seen, o)
		})
		graphql.ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(func() {
		l.CloseClientConnections()
		l.Close()
	})
	return l
}

// peer is the client's end of a WebSocket.
type peer struct {
	t *testing.T
	*websocket.Conn
}

func (l *live) dial(t *testing.T, protocols ...string) *peer {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), l.URL, &websocket.DialOptions{Subprotocols: protocols})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t, conn}
}

func (p *peer) say(message string) {
	p.t.Helper()
	if err := p.Write(p.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) expect(want ...string) {
	p.t.Helper()
	for _, w := range want {
		ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Second)
		_, got, err := p.Read(ctx)
		cancel()
		if err != nil || !strings.HasPrefix(string(got), w) {
			p.t.Fatalf("%s, %v; want %s", got, err, w)
		}
	}
}

func (p *peer) expectClose(code websocket.StatusCode) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Second)
	defer cancel()
	for {
		_, _, err := p.Read(ctx)
		if err == nil {
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code {
			p.t.Errorf("%v, want code %d", err, code)
		}
		return
	}
}

const subscribe = `{"type":"subscribe","id":"1","payload":{"query":"subscription { postPublished(authorId: 1) { databaseId author { username } } }"}}`

// publish publishes until somebody listens.
func (l *live) publish(t *testing.T, ids ...int64) {
	t.Helper()
	for _, id := range ids {
		l.hub.Publish(t.Context(), bff.Published{PostID: id, AuthorID: 1})
	}
}

func TestASubscriptionOverASocket(t *testing.T) {
	l := newLive(t, transport.Options{})
	p := l.dial(t, "graphql-transport-ws")
	p.say(`{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`)
	p.expect(`{"type":"connection_ack"}`)
	p.say(`{"type":"ping"}`)
	p.expect(`{"type":"pong"}`)
	p.say(subscribe)
	p.say(`{"type":"subscribe","id":"2","payload":{"query":"{ user(id: 1) { username } }"}}`)
	p.expect(`{"type":"next","id":"2","payload":{"data":{"user":{"username":"user1"}}}}`, `{"type":"complete","id":"2"}`)
	wait(50)
	l.hub.Publish(t.Context(), bff.Published{PostID: 6, AuthorID: 2}) // another author's
	l.publish(t, 7, 8)
	p.expect(`{"type":"next","id":"1","payload":{"data":{"postPublished":{"databaseId":7,"author":{"username":"user1"}}}}}`,
		`{"type":"next","id":"1","payload":{"data":{"postPublished":{"databaseId":8,"author":{"username":"user1"}}}}}`)
	p.say(`{"type":"complete","id":"1"}`)
	p.say(subscribe) // the id is free again
	p.say(`{"type":"complete","id":"1"}`)
	p.say(`{"type":"subscribe","id":"3","payload":{"query":"{ nothing }"}}`)
	p.expect(`{"type":"error","id":"3","payload":[{"message":"Cannot query field`)
	p.say(`{"type":"subscribe","id":"4","payload":{"query":"mutation { createPost(input: {title: \"a\", body: \"\"}) { post { title } } }"}}`)
	p.expect(`{"type":"next","id":"4","payload":{"data":{"createPost"`, `{"type":"complete","id":"4"}`)
	p.say(`{"type":"subscribe","id":"5","payload":{"query":"{ a: user(id: 1) { username ... @defer { databaseId } } }"}}`)
	p.expect(`{"type":"next","id":"5","payload":{"pending"`, `{"type":"next","id":"5","payload":{"incremental"`, `{"type":"complete","id":"5"}`)
	p.say(`{"type":"subscribe","id":"6","payload":{"query":"subscription { postPublished(authorId: \"x\") { id } }"}}`)
	p.expect(`{"type":"next","id":"6","payload":{"errors":[{"message":`, `{"type":"complete","id":"6"}`)
	_ = p.Close(websocket.StatusNormalClosure, "")
	eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.seen) == 7
	})
}

func wait(milliseconds int) { time.Sleep(time.Duration(milliseconds) * time.Millisecond) }

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); wait(5) {
		if time.Now().After(deadline) {
			t.Fatal("not in time")
		}
	}
}

func TestSocketsOfClientsThatDoNotKeepTheProtocol(t *testing.T) {
	const hello = `{"type":"connection_init"}`
	for name, test := range map[string]struct {
		messages []string
		code     websocket.StatusCode
	}{
		"no introduction":      {[]string{subscribe}, 4401},
		"two introductions":    {[]string{hello, hello}, 4429},
		"a false token":        {[]string{`{"type":"connection_init","payload":{"headers":{"authorization":"Bearer bad"}}}`}, 4403},
		"no JSON":              {[]string{`{`}, 4400},
		"an unknown type":      {[]string{hello, `{"type":"start"}`}, 4400},
		"no id":                {[]string{hello, `{"type":"subscribe","payload":{"query":"{ viewer { id } }"}}`}, 4400},
		"no payload":           {[]string{hello, `{"type":"subscribe","id":"1"}`}, 4400},
		"the same id twice":    {[]string{hello, subscribe, subscribe}, 4409},
		"a huge message":       {[]string{hello, `{"type":"` + strings.Repeat("x", 300<<10) + `"}`}, websocket.StatusMessageTooBig},
		"a token that expires": {[]string{`{"type":"connection_init","payload":{"authorization":"Bearer short"}}`, subscribe}, 4401},
	} {
		t.Run(name, func(t *testing.T) {
			p := newLive(t, transport.Options{}).dial(t, "graphql-transport-ws")
			for _, message := range test.messages {
				_ = p.Write(t.Context(), websocket.MessageText, []byte(message))
			}
			p.expectClose(test.code)
		})
	}
	p := newLive(t, transport.Options{}).dial(t, "graphql-ws")
	p.expectClose(4406)
}

func TestLimitsOfSockets(t *testing.T) {
	limits := graph.DefaultLimits()
	limits.Sockets, limits.Subscriptions = 1, 2
	l := newLive(t, transport.Options{Limits: limits})
	p := l.dial(t, "graphql-transport-ws")
	p.say(`{"type":"connection_init"}`)
	p.expect(`{"type":"connection_ack"}`)
	for id := range 3 {
		p.say(strings.Replace(subscribe, `"id":"1"`, fmt.Sprintf(`"id":"s%d"`, id), 1))
	}
	p.expect(`{"type":"error","id":"s2","payload":[{"message":"more than 2 operations`)
	_, response, err := websocket.Dial(t.Context(), l.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // there is none
	if err == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a second socket: %v", err)
	}
	close(l.closing)
	p.expectClose(websocket.StatusGoingAway)
}

func TestASubscriberThatDoesNotKeepUpIsTold(t *testing.T) {
	l := newLive(t, transport.Options{})
	p := l.dial(t, "graphql-transport-ws")
	p.say(`{"type":"connection_init"}`)
	p.expect(`{"type":"connection_ack"}`)
	p.say(strings.Replace(subscribe, "databaseId author", "databaseId a: author", 1))
	wait(50)
	for id := range int64(1000) {
		l.publish(t, id)
	}
	for n := 0; ; n++ {
		_, got, err := p.Read(t.Context())
		if err != nil || n > 1000 {
			t.Fatalf("after %d: %v", n, err)
		}
		if strings.Contains(string(got), "does not keep up") {
			break
		}
	}
	p.expect(`{"type":"complete","id":"1"}`)
}

func TestASubscriptionByEvents(t *testing.T) {
	l := newLive(t, transport.Options{KeepAlive: 50 * time.Millisecond})
	query := `subscription { postPublished { databaseId } }`
	subscribe := func(accept, authorization string) (answer string, lines *bufio.Scanner) {
		t.Helper()
		encoded, _ := json.Marshal(map[string]string{"query": query})
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL, strings.NewReader(string(encoded)))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Accept", accept)
		request.Header.Set("Authorization", authorization)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response.Status + " " + response.Header.Get("Content-Type"), bufio.NewScanner(response.Body)
	}
	status, lines := subscribe("text/event-stream", "Bearer good")
	if status != "200 OK text/event-stream" {
		t.Fatal(status)
	}
	next := func(lines *bufio.Scanner) string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
			if lines.Text() == "event: complete" {
				return "complete"
			}
		}
		return "end"
	}
	var once sync.Once
	for range 2 {
		once.Do(func() { wait(120) }) // longer than between two signs of life
		l.publish(t, 5)
		if got := next(lines); got != `{"data":{"postPublished":{"databaseId":5}}}` {
			t.Error(got)
		}
	}

	_, short := subscribe("text/event-stream", "Bearer short")
	if got := next(short); !strings.Contains(got, `"code":"UNAUTHENTICATED"`) {
		t.Error(got)
	}
	if got := next(short); got != "complete" {
		t.Error(got)
	}
	close(l.closing)
	if got := next(lines); !strings.Contains(got, `"code":"UNAVAILABLE"`) {
		t.Error(got)
	}
	if got := next(lines); got != "complete" {
		t.Error(got)
	}
	if status, _ := subscribe("application/json", ""); !strings.HasPrefix(status, "406") {
		t.Error(status)
	}
}
