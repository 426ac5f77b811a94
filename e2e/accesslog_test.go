package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bff/accesslog"
	"bff/internal/kafkatest"
	"bff/internal/redistest"
)

// records reads the files of a folder; text is everything in them that is a whole line.
func records(t *testing.T, dir string) (list []accesslog.Record, text string) {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(dir, "access-*.jsonl"))
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text += string(content[:bytes.LastIndexByte(content, '\n')+1])
	}
	for line := range strings.Lines(text) {
		var r accesslog.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		list = append(list, r)
	}
	return list, text
}

// post sends a body with headers and returns the status.
func (s *server) post(body string, header map[string]string) int {
	s.t.Helper()
	request, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/graphql", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// TestAccessRecords reads what became of one request of each kind.
func TestAccessRecords(t *testing.T) {
	redis := redistest.Start(t)
	dir := t.TempDir()
	s := startDev(t, "-log-dir", dir, "-spool-dir", t.TempDir(), "-redis", redis.Addr)
	token := s.signIn("lucus", "111111")
	page := fmt.Sprintf(`{"query":%q}`, home)
	s.post(page, map[string]string{"X-Request-Id": "cold"})
	eventually(t, 5*time.Second, "fill of Redis", func() bool { return redis.Size() >= 2 })
	s.post(page, map[string]string{"X-Request-Id": "warm"})
	wait(t, 1100*time.Millisecond)
	s.post(page, map[string]string{"X-Request-Id": "redis"})
	s.post(`{"query":"query Old($p: ID!) { user(id: $p) { avatar phone } }","variables":{"p":"1"}}`, map[string]string{
		"X-Request-Id": "old", "Authorization": "Bearer " + token, "GraphQL-Client-Name": "web", "GraphQL-Client-Version": "1.2",
		"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	})
	s.post(`{"query":"{ user(id: 2) { avatar } }"}`, map[string]string{"X-Request-Id": "apollo", "Apollographql-Client-Name": "app\tx", "Apollographql-Client-Version": "3"})
	s.post(`{"query":"{ nope13100000001 }"}`, map[string]string{"X-Request-Id": "invalid"})
	s.post(`{"query":"{ viewer { phone } }"}`, map[string]string{"X-Request-Id": "token", "Authorization": "Bearer " + token + "x"})
	s.post(`[`, map[string]string{"X-Request-Id": "garbage"})
	if code := s.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	list, text := records(t, dir)
	byRequest := map[string]accesslog.Record{}
	for _, r := range list {
		byRequest[r.RequestID] = r
	}
	if len(list) != 9 {
		t.Errorf("%d records", len(list))
	}
	for name, want := range map[string]accesslog.Record{
		"cold":    {Client: "unknown", OperationName: "Home", OperationType: "query", Status: 200, CostEstimated: 2, CostActual: 2, Counts: accesslog.Counts{BackendCalls: 2, BackendKeys: 2, LoaderBatches: 2}},
		"warm":    {Client: "unknown", OperationName: "Home", OperationType: "query", Status: 200, CostEstimated: 2, CostActual: 2, Counts: accesslog.Counts{LoaderBatches: 2, MemoryHits: 2}},
		"redis":   {Client: "unknown", OperationName: "Home", OperationType: "query", Status: 200, CostEstimated: 2, CostActual: 2, Counts: accesslog.Counts{LoaderBatches: 2, RedisHits: 2}},
		"old":     {Client: "web", ClientVersion: "1.2", Viewer: 1, TraceID: "0af7651916cd43dd8448eb211c80319c", OperationName: "Old", OperationType: "query", Status: 200, CostEstimated: 1, CostActual: 1, Counts: accesslog.Counts{LoaderBatches: 1, MemoryHits: 1}, Deprecated: []string{"User.avatar"}},
		"apollo":  {Client: "unknown", ClientVersion: "3", OperationType: "query", Status: 200, CostEstimated: 1, CostActual: 1, Counts: accesslog.Counts{BackendCalls: 1, BackendKeys: 1, LoaderBatches: 1}, Deprecated: []string{"User.avatar"}},
		"invalid": {Client: "unknown", Status: 200, ErrorCodes: []string{"GRAPHQL_VALIDATION_FAILED"}},
		"token":   {Client: "unknown", Status: 401, ErrorCodes: []string{"UNAUTHENTICATED"}},
		"garbage": {Client: "unknown", Status: 400, ErrorCodes: []string{"BAD_USER_INPUT"}},
	} {
		got, ok := byRequest[name]
		if !ok || got.ID == "" || got.Time.IsZero() || got.Bytes == 0 || got.DurationMS <= 0 || got.Method != "POST" || got.Path != "/graphql" || got.Protocol != "graphql" {
			t.Errorf("%s: %+v", name, got)
		}
		if hashed := name != "token" && name != "garbage"; hashed != (len(got.OperationHash) == 64) {
			t.Errorf("%s: hash %q", name, got.OperationHash)
		}
		got.ID, got.Time, got.RequestID, got.Protocol, got.Method, got.Path, got.OperationHash, got.DurationMS, got.Bytes = "", time.Time{}, "", "", "", "", "", 0, 0
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
	for _, secret := range []string{"1310000", "****", token, "111111", "argon2id", "lucus", "{ user", "nope"} {
		if strings.Contains(text, secret) || strings.Contains(s.said(), secret) && secret != "lucus" {
			t.Errorf("%q is in a record or a log line", secret)
		}
	}

	if got := report(t, "deprecated", "-dir", dir, "-json"); !strings.Contains(got, `"coordinate": "User.avatar",
    "client": "web",
    "clientVersion": "1.2",
    "count": 1,`) {
		t.Errorf("report: %s", got)
	}
	if got := report(t, "operations", "-dir", dir); !strings.Contains(got, "Home          query     3      0") || !strings.Contains(got, "(refused)               3      3") {
		t.Errorf("report: %s", got)
	}
	t.Logf("\n%s\n%s", report(t, "deprecated", "-dir", dir), report(t, "operations", "-dir", dir))
}

// report runs a report and returns what it prints.
func report(t *testing.T, args ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), filepath.Join(bin, "logwriter"), append([]string{"report"}, args...)...).CombinedOutput()
	if err != nil {
		t.Errorf("report %v: %v\n%s", args, err, output)
	}
	return string(output)
}

// visits sends the home query steadily until stopped; failed counts answers that are not the expected one.
type visits struct {
	sent, failed atomic.Int64
	stop         func()
}

func startVisits(s *server, perSecond int) *visits {
	l := &visits{}
	end := make(chan struct{})
	var group sync.WaitGroup
	body, _ := json.Marshal(map[string]string{"query": home})
	group.Go(func() {
		ticker := time.NewTicker(time.Second / time.Duration(perSecond))
		defer ticker.Stop()
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
			}
			group.Go(func() {
				l.sent.Add(1)
				response, err := http.Post(s.url+"/graphql", "application/json", bytes.NewReader(body))
				if err != nil {
					l.failed.Add(1)
					return
				}
				defer func() { _ = response.Body.Close() }()
				if answer, _ := io.ReadAll(response.Body); string(answer) != homeAnswer {
					l.failed.Add(1)
				}
			})
		}
	})
	l.stop = sync.OnceFunc(func() {
		close(end)
		group.Wait()
	})
	return l
}

// onceEach fails the test unless the files hold each id once, on as many lines; it returns the ids.
func onceEach(t *testing.T, dir string) map[string]bool {
	t.Helper()
	list, text := records(t, dir)
	ids := map[string]bool{}
	for _, r := range list {
		ids[r.ID] = true
	}
	if lines := strings.Count(text, "\n"); len(ids) != lines {
		t.Errorf("%d ids on %d lines", len(ids), lines)
	}
	return ids
}

// TestKafkaStoppedAndHungUnderLoad loses no request and no record, while two logwriters share the partitions.
func TestKafkaStoppedAndHungUnderLoad(t *testing.T) {
	kafka := kafkatest.Start(t)
	dir, spool := t.TempDir(), t.TempDir()
	s := startServer(t, "dev", map[string]string{"BFF_KAFKA": kafka.Addr}, "-spool-dir", spool)
	env := map[string]string{"BFF_KAFKA": kafka.Addr, "BFF_LOG_DIR": dir}
	one, two := start(t, "logwriter", env), start(t, "logwriter", env)

	l := startVisits(s, 200)
	defer l.stop()
	wait(t, 3*time.Second)
	kafka.Stop()
	wait(t, outage(t, 8*time.Second))
	kafka.Restart()
	wait(t, 5*time.Second)
	kafka.Freeze()
	wait(t, outage(t, 8*time.Second))
	if s.metric("bff_access_records_total", `result="spooled"`) == 0 {
		t.Error("nothing waits on the disk")
	}
	kafka.Thaw()
	wait(t, 3*time.Second)
	l.stop()

	metric := func(result string) float64 { return s.metric("bff_access_records_total", `result="`+result+`"`) }
	eventually(t, 30*time.Second, "drained spool", func() bool { return metric("delivered") == metric("accepted") })
	if l.failed.Load() > 0 || metric("dropped") > 0 || metric("accepted") != float64(l.sent.Load()) {
		t.Errorf("%d sent, %d failed; %v accepted, %v dropped", l.sent.Load(), l.failed.Load(), metric("accepted"), metric("dropped"))
	}
	eventually(t, 60*time.Second, "all records in the files", func() bool { return len(onceEach(t, dir)) == int(l.sent.Load()) })
	t.Logf("%d requests, %v spooled, %v delivered", l.sent.Load(), metric("spooled"), metric("delivered"))
	for _, writer := range []*process{one, two} {
		if code := writer.stop(); code != 0 {
			t.Errorf("a logwriter ended with %d", code)
		}
		if !strings.Contains(writer.said(), `"partitions":`) {
			t.Error("a logwriter never joined")
		}
	}
}

// TestKilledServerAndLogwriter kills both in the middle. The files hold each id once, and lack at most what the server
// had not sent.
func TestKilledServerAndLogwriter(t *testing.T) {
	kafka := kafkatest.Start(t)
	dir, spool := t.TempDir(), t.TempDir()
	s := startServer(t, "dev", map[string]string{"BFF_KAFKA": kafka.Addr}, "-spool-dir", spool)
	env := map[string]string{"BFF_KAFKA": kafka.Addr, "BFF_LOG_DIR": dir}
	writers := []*process{start(t, "logwriter", env), start(t, "logwriter", env)}
	eventually(t, 30*time.Second, "logwriters in the group", func() bool {
		return strings.Contains(writers[0].said()+writers[1].said(), `"partitions":`)
	})

	l := startVisits(s, 200)
	defer l.stop()
	var first int64
	for round := range 4 {
		wait(t, 2*time.Second)
		writers[round%2].kill()
		wait(t, time.Second)
		writers[round%2].restart()
	}
	first = l.sent.Load()
	s.kill()
	l.stop()
	lost := l.failed.Load() // those on their way, and those after
	s.restart()
	eventually(t, 30*time.Second, "readiness", func() bool { return s.status("/readyz") == http.StatusOK })
	again := startVisits(s, 100)
	wait(t, 2*time.Second)
	again.stop()
	if again.failed.Load() > 0 {
		t.Errorf("%d of %d failed after the restart", again.failed.Load(), again.sent.Load())
	}

	window := int64(200) // at 200 a second: far more than is handed over within the linger of 50 ms
	want := first - lost - window + again.sent.Load()
	eventually(t, 90*time.Second, "all records in the files", func() bool { return int64(len(onceEach(t, dir))) >= want })
	wait(t, 2*time.Second)
	got := int64(len(onceEach(t, dir)))
	answered := l.sent.Load() - lost + again.sent.Load()
	t.Logf("%d answered, %d recorded", answered, got)
	if got < answered-window {
		t.Errorf("%d answered, %d recorded", answered, got)
	}
}

func TestLogwriterRefusesWrongSettings(t *testing.T) {
	for _, test := range []struct{ args, want []string }{
		{[]string{"-kafka", "nowhere"}, []string{"-kafka", "HOST:PORT"}},
		{[]string{"-dir", ""}, []string{"-dir", "missing"}},
		{[]string{"report"}, []string{"report deprecated", "report operations"}},
		{[]string{"report", "nonsense"}, []string{"report deprecated"}},
		{[]string{"report", "deprecated", "-dir", "/nowhere"}, []string{"-dir"}},
		{[]string{"report", "operations", "-from", "yesterday"}, []string{"-from"}},
	} {
		output, err := exec.CommandContext(t.Context(), filepath.Join(bin, "logwriter"), test.args...).CombinedOutput()
		var exit *exec.ExitError
		if !asExit(err, &exit) || exit.ExitCode() != 2 || slices.ContainsFunc(test.want, func(s string) bool { return !strings.Contains(string(output), s) }) {
			t.Errorf("%v: %v %s", test.args, err, output)
		}
	}
}

func asExit(err error, to **exec.ExitError) bool {
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // exec returns the very type
	*to = exit
	return ok
}
