package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// trial sends the home query under a request id, with headers of the comparison, and returns the status and the answer.
func (s *server) trial(id string, headers map[string]string) (int, string) {
	s.t.Helper()
	request, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/graphql", strings.NewReader(`{"query":"{ user(id: 1) { username postCount } }"}`))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Request-Id", id)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// TestATrialChangesItsOwnRequestAlone slows the post service, leaves out the caches, and reads what it cost.
func TestATrialChangesItsOwnRequestAlone(t *testing.T) {
	s := startDev(t, "-memory-ttl", "1m", "-log-dir", t.TempDir())
	s.trial("warm", nil)
	s.trial("cached", nil)
	s.trial("fresh", map[string]string{"Compare-Cache": "off"})
	s.trial("slow", map[string]string{"Compare-Cache": "off", "Compare-Delay": "200"})
	s.trial("after", nil)

	response, err := http.Get(s.url + "/compare/records?requestId=warm&requestId=cached&requestId=fresh&requestId=slow&requestId=after&requestId=")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Records []struct {
			RequestID                string
			DurationMS               float64
			BackendCalls, MemoryHits int
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	calls := map[string]int{}
	for _, r := range answer.Records {
		calls[r.RequestID] = r.BackendCalls
		if r.RequestID == "slow" && r.DurationMS < 200 {
			t.Errorf("%s took %v ms", r.RequestID, r.DurationMS)
		}
	}
	if len(answer.Records) != 5 || calls["warm"] != 2 || calls["cached"] != 0 || calls["fresh"] != 2 || calls["slow"] != 2 || calls["after"] != 0 {
		t.Errorf("%+v", answer.Records)
	}

	for name, value := range map[string]string{"Compare-Delay": "1001", "Compare-Cache": "perhaps"} {
		if status, text := s.trial("bad", map[string]string{name: value}); status != http.StatusBadRequest || !strings.Contains(text, "BAD_USER_INPUT") {
			t.Errorf("%s: %s: %d %s", name, value, status, text)
		}
	}
}

// TestATrialSlowsNobodyElse asks for the same count while a slowed request is on its way to it.
func TestATrialSlowsNobodyElse(t *testing.T) {
	s := startDev(t, "-log-dir", t.TempDir())
	s.trial("connected", map[string]string{"Compare-Cache": "off"})
	slow := make(chan struct{})
	go func() {
		defer close(slow)
		s.trial("slow", map[string]string{"Compare-Delay": "1000"})
	}()
	<-time.After(200 * time.Millisecond) // its fetch has begun
	began := time.Now()
	s.trial("ordinary", nil)
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("an ordinary request waited %v for a slowed one", took)
	}
	<-slow
}

// TestProductionHasNoComparison finds neither its pages nor its headers.
func TestProductionHasNoComparison(t *testing.T) {
	s := startDev(t, "-production", "-log-dir", t.TempDir())
	for _, path := range []string{"/app", "/compare", "/compare/records?requestId=a"} {
		response, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
	if status, answer := s.trial("ignored", map[string]string{"Compare-Delay": "perhaps"}); status != http.StatusOK {
		t.Errorf("%d %s", status, answer)
	}
}
