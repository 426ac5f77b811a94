package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bff/internal/redistest"
)

// levels returns how many keys each level answered since the last call of it.
func (s *server) levels(before map[string]float64) (since, now map[string]float64) {
	s.t.Helper()
	now, since = map[string]float64{}, map[string]float64{}
	for _, level := range []string{"memory", "redis"} {
		now[level] = s.metric("bff_cache_requests_total", `level="`+level+`"`, `result="hit"`)
		since[level] = now[level] - before[level]
	}
	now["backend"] = s.metric("bff_backend_calls_total")
	since["backend"] = now["backend"] - before["backend"]
	return since, now
}

// TestWhichLevelAnswers asks for the home page cold, warm, after the memory level forgot, and after Redis forgot too.
func TestWhichLevelAnswers(t *testing.T) {
	redis := redistest.Start(t)
	s := startDev(t, "-redis", redis.Addr)
	_, now := s.levels(map[string]float64{})
	step := func(name string, want map[string]float64) {
		t.Helper()
		if _, answer := s.query("", home); answer != homeAnswer {
			t.Errorf("%s: %s", name, answer)
		}
		var since map[string]float64
		since, now = s.levels(now)
		for level, keys := range want {
			if since[level] != keys {
				t.Errorf("%s: %s answered %v, want %v (all: %v)", name, level, since[level], keys, since)
			}
		}
		t.Logf("%s: %v", name, since)
	}

	step("cold", map[string]float64{"memory": 0, "redis": 0, "backend": 2})
	eventually(t, 5*time.Second, "fill of Redis", func() bool { return redis.Size() == 2 })
	wait(t, 1100*time.Millisecond) // the memory level keeps a value for a second
	step("after a second", map[string]float64{"memory": 0, "redis": 2, "backend": 0})
	step("warm", map[string]float64{"memory": 2, "redis": 0, "backend": 0})
	wait(t, 2*time.Second)
	step("after two seconds", map[string]float64{"memory": 0, "redis": 2, "backend": 0})
	redis.Do("FLUSHALL")
	wait(t, 1100*time.Millisecond)
	step("after FLUSHALL", map[string]float64{"memory": 0, "redis": 0, "backend": 2})

	token := s.signIn("lucus", "111111")
	s.query(token, `{ viewer { phone } posts { nodes { title } } }`)
	eventually(t, 5*time.Second, "fill of Redis", func() bool { return redis.Size() >= 2 })
	if dump := redis.Dump(); strings.Contains(dump, "1310000") || strings.Contains(dump, token) || strings.Contains(dump, "argon2id") || !strings.Contains(dump, "lucus") {
		t.Errorf("Redis holds %q", dump)
	}
}

func TestAProfileChangedThroughOneServerIsSeenThroughTheOther(t *testing.T) {
	redis := redistest.Start(t)
	s := startStack(t, nil)
	env := map[string]string{"BFF_ZOOKEEPER": s.zookeeper.Addr, "BFF_REDIS": redis.Addr, "BFF_MEMORY_TTL": "1m"}
	a, b := startServer(t, "server", env), startServer(t, "server", env)
	token := a.signIn("lucus", "111111")
	name := func(s *server) string {
		_, answer := s.query("", `{ user(id: 1) { username } }`)
		return answer
	}

	for round := range 5 {
		want := fmt.Sprintf(`{"data":{"user":{"username":"lucus%d"}}}`, round)
		name(a)
		name(b)
		_, answer := a.query(token, fmt.Sprintf(`mutation { updateProfile(input: {username: "lucus%d"}) { viewer { username } } }`, round))
		written := time.Now()
		if !strings.Contains(answer, fmt.Sprintf("lucus%d", round)) || name(a) != want {
			t.Fatalf("the writer reads %s after %s", name(a), answer)
		}
		eventually(t, time.Second, "the change through the other server", func() bool { return name(b) == want })
		t.Logf("seen through the other server after %s", time.Since(written))
	}
}

// TestRedisHungUnderLoad freezes Redis while requests come steadily. No request fails; the figures are printed.
func TestRedisHungUnderLoad(t *testing.T) {
	redis := redistest.Start(t)
	s := startDev(t, "-redis", redis.Addr, "-memory-ttl", "1ms")
	measure := func(what string, d time.Duration) {
		t.Helper()
		var mu sync.Mutex
		var took []time.Duration
		var group sync.WaitGroup
		failed := 0
		end := time.Now().Add(d)
		for range 4 {
			group.Go(func() {
				for time.Now().Before(end) {
					start := time.Now()
					status, answer := s.query("", home)
					mu.Lock()
					took = append(took, time.Since(start))
					if status != http.StatusOK || answer != homeAnswer {
						failed++
					}
					mu.Unlock()
					wait(t, 5*time.Millisecond)
				}
			})
		}
		group.Wait()
		slices.Sort(took)
		t.Logf("%s: %d requests, %d failed, median %s, p99 %s, longest %s", what, len(took), failed, took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
		if failed > 0 {
			t.Errorf("%s: %d requests failed", what, failed)
		}
	}

	measure("Redis well", 2*time.Second)
	redis.Freeze()
	measure("Redis hung, first second", time.Second)
	if s.metric("bff_cache_breaker_open") != 1 {
		t.Error("the breaker is not open")
	}
	measure("Redis hung, breaker open", outage(t, 4*time.Second))
	redis.Thaw()
	eventually(t, 10*time.Second, "return of Redis", func() bool { return s.metric("bff_cache_breaker_open") == 0 })
	hits := s.metric("bff_cache_requests_total", `level="redis"`, `result="hit"`)
	measure("Redis back", time.Second)
	if s.metric("bff_cache_requests_total", `level="redis"`, `result="hit"`) <= hits {
		t.Error("Redis answers nothing")
	}
}
