package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bff/internal/redistest"
)

// TestProduction shows what the switch changes.
func TestProduction(t *testing.T) {
	s := startDev(t, "-production")
	if _, answer := s.query("", home); answer != homeAnswer {
		t.Error(answer)
	}
	if _, answer := s.query("", `{ __schema { queryType { name } } }`); !strings.Contains(answer, `"code":"FORBIDDEN"`) {
		t.Error(answer)
	}
	if _, answer := s.query("", `{ usr(id: 1) { id } }`); strings.Contains(answer, "Did you mean") || !strings.Contains(answer, "GRAPHQL_VALIDATION_FAILED") {
		t.Error(answer)
	}
	if _, answer := s.query("", `{ user(id: 1) { posts(frst: 1) { nodes { id } } } }`); strings.Contains(answer, "Did you mean") {
		t.Error(answer)
	}
	for _, path := range []string{"/", "/schema.graphqls"} {
		response, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusNotFound || response.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}

	open := startDev(t, "-production", "-introspection", "-playground")
	if _, answer := open.query("", `{ __schema { queryType { name } } }`); !strings.Contains(answer, `"Query"`) {
		t.Error(answer)
	}
}

// TestTooManyAttemptsToSignIn counts those that fail, over all replicas that share a Redis, and without one.
func TestTooManyAttemptsToSignIn(t *testing.T) {
	redis := redistest.Start(t)
	a, b := startDev(t, "-redis", redis.Addr), startDev(t, "-redis", redis.Addr)
	attempt := func(s *server, password string) string {
		_, answer := s.query("", fmt.Sprintf(`mutation { signIn(input: {username: "lucus", password: %q}) { token } }`, password))
		return answer
	}
	for range 3 { // those that succeed count for nothing
		for range 3 {
			a.signIn("lucus", "111111")
		}
	}
	refused := 0
	for i := range 14 {
		if strings.Contains(attempt([]*server{a, b}[i%2], "wrong"), "RATE_LIMITED") {
			refused++
		}
	}
	if refused < 2 || refused > 5 {
		t.Errorf("%d of 14 wrong attempts refused", refused)
	}
	if answer := attempt(b, "111111"); !strings.Contains(answer, "RATE_LIMITED") {
		t.Errorf("the right password after them: %s", answer)
	}
	b.signIn("mars", "222222")

	redis.Stop() // then each replica counts alone
	eventually(t, 10*time.Second, "breaker", func() bool {
		attempt(a, "wrong")
		return a.metric("bff_cache_breaker_open") == 1
	})
	refused = 0
	for range 14 {
		if strings.Contains(attempt(a, "wrong"), "RATE_LIMITED") {
			refused++
		}
	}
	if refused == 0 {
		t.Error("without Redis nothing is refused")
	}
}

// TestRatesAreCountedInCost spends an account.
func TestRatesAreCountedInCost(t *testing.T) {
	s := startDev(t, "-rate", "600") // 100 at once
	costly := `{ posts(first: 30) { nodes { id } } }`
	status, first := s.query("", costly)
	_, _ = s.query("", costly)
	_, _ = s.query("", costly)
	limited, answer := s.query("", costly)
	if status != 200 || strings.Contains(first, "errors") || limited != http.StatusTooManyRequests || !strings.Contains(answer, `"code":"RATE_LIMITED"`) || !strings.Contains(answer, "retryAfter") {
		t.Errorf("%d %s; %d %s", status, first, limited, answer)
	}
	token := func() string {
		wait(t, 2*time.Second)
		return s.signIn("mars", "222222")
	}()
	if status, answer := s.query(token, costly); status != 200 { // a viewer has an account of their own
		t.Errorf("%d %s", status, answer)
	}
}

// TestSubscribersOfAllReplicas publishes through one server and hears it through the other.
func TestSubscribersOfAllReplicas(t *testing.T) {
	redis := redistest.Start(t)
	s := startStack(t, nil)
	env := map[string]string{"BFF_ZOOKEEPER": s.zookeeper.Addr, "BFF_REDIS": redis.Addr}
	a, b := startServer(t, "server", env), startServer(t, "server", env)
	token := a.signIn("mars", "222222")

	body := `{"query":"subscription { postPublished(authorId: 2) { title author { username phone postCount } } }"}`
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/graphql", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	wait(t, 300*time.Millisecond)
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" {
		t.Fatalf("events that hold an encoder as long as somebody listens: %s", encoding)
	}
	events := bufio.NewScanner(response.Body)
	for n := range 3 {
		if _, answer := a.query(token, fmt.Sprintf(`mutation { createPost(input: {title: "post %d", body: ""}) { post { id } } }`, n)); strings.Contains(answer, "errors") {
			t.Fatal(answer)
		}
		start := time.Now()
		want := fmt.Sprintf(`data: {"data":{"postPublished":{"title":"post %d","author":{"username":"mars","phone":"131****0002","postCount":%d}}}}`, n, n+1)
		for events.Scan() && events.Text() != want {
			if strings.HasPrefix(events.Text(), "data:") {
				t.Errorf("%s, want %s", events.Text(), want)
			}
		}
		t.Logf("heard after %s", time.Since(start))
	}
	if code := b.stop(); code != 0 { // ends the stream
		t.Errorf("exit code %d", code)
	}
	rest := ""
	for events.Scan() {
		rest += events.Text() + "\n"
	}
	if !strings.Contains(rest, "UNAVAILABLE") || !strings.Contains(rest, "event: complete") {
		t.Errorf("the end: %s", rest)
	}
}
