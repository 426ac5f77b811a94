package cache_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"bff"
	"bff/cache"
	"bff/fetch"
	"bff/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a service that counts what it is asked: number of calls, and keys of each.
type source struct {
	mu    sync.Mutex
	calls [][]int64
	rows  map[int64]int64
	err   error // of the keys above 900
	pause func(ctx context.Context)
}

func (s *source) fetch(ctx context.Context, keys []int64) (map[int64]int64, error) {
	s.mu.Lock()
	s.calls = append(s.calls, slices.Sorted(slices.Values(keys)))
	found := map[int64]int64{}
	for _, key := range keys {
		if n, ok := s.rows[key]; ok && (s.err == nil || key < 900) {
			found[key] = n
		}
	}
	s.mu.Unlock()
	if s.pause != nil {
		s.pause(ctx)
	}
	return found, s.err
}

func (s *source) set(key, value int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[key] = value
}

func (s *source) asked() [][]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func newSource() *source { return &source{rows: map[int64]int64{1: 10, 2: 20, 3: 30}} }

// replica is a process of its own as far as the caches go.
type replica struct {
	entity *cache.Entity[int64]
	redis  *cache.Redis
	ask    fetch.Func[int64, int64]
	mu     sync.Mutex
	seen   map[string]int
}

func newReplica(t *testing.T, addr string, s *source, options cache.Options) *replica {
	t.Helper()
	r := &replica{seen: map[string]int{}}
	options.Observe = func(_ context.Context, level, _, result string, keys int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if keys > 0 {
			r.seen[level+" "+result] += keys
		}
	}
	if addr != "" {
		var err error
		if r.redis, err = cache.NewRedis([]string{addr}, cache.RedisOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.redis.Close() })
	}
	r.entity = cache.NewEntity("post_count", r.redis, cache.Counts(), options)
	t.Cleanup(r.entity.Close)
	r.ask = fetch.Through(s.fetch, r.entity.Layers()...)
	return r
}

func (r *replica) want(t *testing.T, key, want int64) {
	t.Helper()
	found, err := r.ask(t.Context(), []int64{key})
	if err != nil || found[key] != want {
		t.Errorf("key %d is %d, %v, want %d", key, found[key], err, want)
	}
}

func (r *replica) saw(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[what]
}

func (r *replica) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = map[string]int{}
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %s: no %s", within, what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestMemoryAnswersWhatItHasAndPassesTheRestDown(t *testing.T) {
	s := newSource()
	r := newReplica(t, "", s, cache.Options{})
	for _, keys := range [][]int64{{1, 2, 404}, {1, 2, 404}, {2, 3, 404}} {
		if _, err := r.ask(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([][]int64{{1, 2, 404}, {3}}, s.asked()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"memory miss": 4, "memory hit": 3, "memory absent": 2}, r.seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
}

func TestMemoryForgets(t *testing.T) {
	s := newSource()
	r := newReplica(t, "", s, cache.Options{MemoryTTL: 30 * time.Millisecond})
	r.want(t, 1, 10)
	s.set(1, 11)
	eventually(t, 5*time.Second, "new value", func() bool { found, _ := r.ask(t.Context(), []int64{1}); return found[1] == 11 })
}

func TestMemoryIsBounded(t *testing.T) {
	s := newSource()
	for key := range int64(5000) {
		s.rows[key] = key
	}
	r := newReplica(t, "", s, cache.Options{MemoryTTL: time.Minute, MemoryBytes: 64 << 10})
	for key := int64(1); key < 5000; key++ {
		r.want(t, key, key)
	}
	eventually(t, 5*time.Second, "eviction", func() bool { return r.saw("memory evicted") > 4000 })
}

func TestErrorsAreNotKept(t *testing.T) {
	s := newSource()
	s.err = errors.New("down")
	s.rows[901] = 9010
	r := newReplica(t, "", s, cache.Options{})
	found, err := r.ask(t.Context(), []int64{1, 901})
	if found[1] != 10 || !errors.Is(err, s.err) {
		t.Errorf("found %v, %v", found, err)
	}
	s.err = nil
	r.want(t, 901, 9010)
	if diff := cmp.Diff([][]int64{{1, 901}, {901}}, s.asked()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestAThousandRequestsForOneColdKeyAreOneCall(t *testing.T) {
	s := newSource()
	s.pause = func(context.Context) { time.Sleep(100 * time.Millisecond) }
	r := newReplica(t, "", s, cache.Options{})
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() { r.want(t, 1, 10) })
	}
	group.Wait()
	if calls := len(s.asked()); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

func TestACancelledRequestFailsNoOther(t *testing.T) {
	s := newSource()
	release := make(chan struct{})
	s.pause = func(ctx context.Context) {
		select {
		case <-release:
		case <-ctx.Done():
		}
	}
	r := newReplica(t, "", s, cache.Options{})
	first, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := r.ask(first, []int64{1}); !errors.Is(err, context.Canceled) {
			t.Errorf("the cancelled one reads %v", err)
		}
	})
	eventually(t, 5*time.Second, "call", func() bool { return len(s.asked()) == 1 })
	group.Go(func() { r.want(t, 1, 10) })
	cancel()
	time.Sleep(10 * time.Millisecond)
	close(release)
	group.Wait()
	if calls := len(s.asked()); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

func TestALateFillNeverOverwritesANewerValue(t *testing.T) {
	for name, addr := range map[string]func(*testing.T) string{"memory": func(*testing.T) string { return "" }, "redis": func(t *testing.T) string { return redistest.Start(t).Addr }} {
		t.Run(name, func(t *testing.T) {
			s := newSource()
			var slow atomic.Bool
			slow.Store(true)
			release := make(chan struct{})
			s.pause = func(context.Context) {
				if slow.Load() {
					<-release
				}
			}
			at := addr(t)
			r := newReplica(t, at, s, cache.Options{MemoryTTL: time.Minute})
			var group sync.WaitGroup
			group.Go(func() { _, _ = r.ask(t.Context(), []int64{1}) }) // reads 10 and is slow to bring it home
			eventually(t, 5*time.Second, "call", func() bool { return len(s.asked()) == 1 })

			slow.Store(false)
			s.set(1, 11)
			r.entity.Drop(t.Context(), 1)
			r.want(t, 1, 11) // the writer reads the write, though an older fetch is on its way
			close(release)
			group.Wait()
			r.want(t, 1, 11)

			if r.redis != nil { // nor has the late one got into Redis
				time.Sleep(50 * time.Millisecond)
				newReplica(t, at, s, cache.Options{}).want(t, 1, 11)
			}
		})
	}
}

func TestRedisAnswersOtherReplicas(t *testing.T) {
	redis := redistest.Start(t)
	s := newSource()
	a, b := newReplica(t, redis.Addr, s, cache.Options{}), newReplica(t, redis.Addr, s, cache.Options{})
	if _, err := a.ask(t.Context(), []int64{1, 2, 404}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "fill", func() bool { return redis.Size() == 3 })

	found, err := b.ask(t.Context(), []int64{1, 2, 3, 404})
	if diff := cmp.Diff(map[int64]int64{1: 10, 2: 20, 3: 30}, found); diff != "" || err != nil {
		t.Errorf("found (-want +got):\n%s%v", diff, err)
	}
	if diff := cmp.Diff([][]int64{{1, 2, 404}, {3}}, s.asked()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"memory miss": 4, "redis hit": 2, "redis absent": 1, "redis miss": 1}, b.seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
}

func TestAWriteIsSeenByOtherReplicas(t *testing.T) {
	redis := redistest.Start(t)
	s := newSource()
	a, b := newReplica(t, redis.Addr, s, cache.Options{MemoryTTL: time.Minute}), newReplica(t, redis.Addr, s, cache.Options{MemoryTTL: time.Minute})
	a.want(t, 1, 10)
	b.want(t, 1, 10)
	b.want(t, 404, 0)
	eventually(t, 5*time.Second, "subscribers", func() bool {
		client := redis.Client()
		defer func() { _ = client.Close() }()
		return client.PubSubNumSub(context.Background(), "bff:v1:dropped").Val()["bff:v1:dropped"] == 2
	})

	s.set(1, 11)
	s.set(404, 4040)
	a.entity.Drop(t.Context(), 1, 404)
	a.want(t, 1, 11)
	eventually(t, time.Second, "the write in the other replica", func() bool {
		found, _ := b.ask(t.Context(), []int64{1, 404})
		return found[1] == 11 && found[404] == 4040
	})
}

func TestRedisInTrouble(t *testing.T) {
	troubles := map[string]struct{ begin, end func(s *redistest.Server) }{
		"stopped": {(*redistest.Server).Stop, (*redistest.Server).Restart},
		"hung":    {(*redistest.Server).Freeze, (*redistest.Server).Thaw},
		"full":    {func(s *redistest.Server) { s.Do("CONFIG", "SET", "maxmemory", "1") }, func(s *redistest.Server) { s.Do("CONFIG", "SET", "maxmemory", "0") }},
	}
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			redis := redistest.Start(t)
			s := newSource()
			r := newReplica(t, redis.Addr, s, cache.Options{MemoryTTL: time.Millisecond})
			r.want(t, 1, 10)
			eventually(t, 5*time.Second, "fill", func() bool { return redis.Size() == 1 })

			trouble.begin(redis)
			for range 200 {
				r.want(t, 1, 10)
				r.want(t, 2, 20)
			}
			s.set(1, 11)
			r.entity.Drop(t.Context(), 1) // Redis cannot be told, and has the old value still
			r.want(t, 1, 11)

			trouble.end(redis)
			r.want(t, 1, 11)
			r.reset()
			eventually(t, 10*time.Second, "return of Redis", func() bool {
				r.want(t, 1, 11) // at no moment the old value
				r.want(t, 3, 30)
				return r.saw("redis hit") > 0
			})
		})
	}
}

func TestRedisThatLostItsDataOrHoldsGarbage(t *testing.T) {
	redis := redistest.Start(t)
	s := newSource()
	r := newReplica(t, redis.Addr, s, cache.Options{MemoryTTL: time.Millisecond})
	r.want(t, 1, 10)
	redis.Do("FLUSHALL")
	r.want(t, 1, 10)
	for _, garbage := range []string{"", "v", "garbage", "v\xff\xff\xff", "q", strings.Repeat("v", 1<<20)} {
		redis.Do("SET", "bff:v1:post_count:2", garbage)
		found, err := r.ask(t.Context(), []int64{2})
		if err != nil || garbage != "v" && found[2] != 20 { // "v" alone is the number 0
			t.Errorf("with %.10q: %v, %v", garbage, found, err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	redis.Do("DEL", "bff:v1:post_count:3")
	redis.Do("LPUSH", "bff:v1:post_count:3", "a list")
	r.want(t, 3, 30)
}

func TestNoPhoneStandsInRedis(t *testing.T) {
	const digits = "13100000001"
	redis := redistest.Start(t)
	user := &bff.User{ID: 1, Username: "lucus", Avatar: "a.png", Phone: bff.NewPhone(digits), CreatedAt: time.Unix(1, 1000).UTC()}
	calls := 0
	source := func(context.Context, []int64) (map[int64]*bff.User, error) {
		calls++
		return map[int64]*bff.User{1: user}, nil
	}
	replica := func(secret string) fetch.Func[int64, *bff.User] {
		connection, err := cache.NewRedis([]string{redis.Addr}, cache.RedisOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		codec, err := cache.Users([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		entity := cache.NewEntity("user", connection, codec, cache.Options{})
		t.Cleanup(entity.Close)
		return fetch.Through(source, entity.Layers()...)
	}
	reveal := func(u *bff.User) (digits string) {
		u.Phone.Reveal(func(d string) { digits = d })
		return digits
	}

	if _, err := replica("secret")(t.Context(), []int64{1}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "fill", func() bool { return redis.Size() == 1 })
	client := redis.Client()
	defer func() { _ = client.Close() }()
	text := client.Get(t.Context(), "bff:v1:user:1").Val()
	if strings.Contains(text, digits) || !strings.Contains(text, "lucus") {
		t.Errorf("Redis holds %q", text)
	}

	found, err := replica("secret")(t.Context(), []int64{1})
	if err != nil || calls != 1 || reveal(found[1]) != digits || found[1].Username != "lucus" || !found[1].CreatedAt.Equal(user.CreatedAt) {
		t.Errorf("found %v, %v, %d calls", found, err, calls)
	}
	if found, err = replica("another")(t.Context(), []int64{1}); err != nil || calls != 2 || reveal(found[1]) != digits {
		t.Errorf("with another secret: %v, %v, %d calls", found, err, calls)
	}
	client.Set(t.Context(), "bff:v1:user:2", text, 0) // one user's value under another's key
	if _, _ = replica("secret")(t.Context(), []int64{2}); calls != 3 {
		t.Error("a value was taken for another user's")
	}
}
