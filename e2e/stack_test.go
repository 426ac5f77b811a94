package e2e

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"bff/internal/dbtest"
	"bff/internal/sqldb"
	"bff/internal/zktest"
)

const home = `query Home { user(id: 1) { username avatarUrl phone postCount } }`

const homeAnswer = `{"data":{"user":{"username":"lucus","avatarUrl":"http://www.chemputer.top/avatar1.png","phone":"131****0001","postCount":3}}}`

// stack is the distributed pipeline: ZooKeeper and MySQL, two userd, two postd, the server.
type stack struct {
	*server
	zookeeper *zktest.Server
	database  string
	users     [2]*process
	posts     [2]*process
}

// startStack starts the pipeline; more is put into the environment of all programs.
func startStack(t *testing.T, more map[string]string, seeds ...string) *stack {
	t.Helper()
	s := &stack{zookeeper: zktest.Start(t), database: dbtest.MySQL(t)}
	env := map[string]string{"BFF_ZOOKEEPER": s.zookeeper.Addr, "BFF_DATABASE": s.database, "BFF_REDIS": ""}
	maps.Copy(env, more)
	for i := range 2 {
		s.users[i] = start(t, "userd", env, append([]string{"-addr", freeAddr(t)}, seeds...)...)
		s.posts[i] = start(t, "postd", env, append([]string{"-addr", freeAddr(t)}, seeds...)...)
	}
	s.server = startServer(t, "server", env)
	eventually(t, 30*time.Second, "two instances of each service", func() bool { return s.metric("bff_discovery_endpoints") == 4 })
	return s
}

// nodes returns what is registered, by service, as an operator sees it.
func (s *stack) nodes() []string {
	conn, _, err := zk.Connect([]string{s.zookeeper.Addr}, 2*time.Second, zk.WithLogInfo(false))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	var nodes []string
	services, _, _ := conn.Children("/bff/services")
	for _, service := range services {
		addrs, _, _ := conn.Children("/bff/services/" + service)
		for _, addr := range addrs {
			_, stat, err := conn.Get("/bff/services/" + service + "/" + addr)
			if err == nil && stat.EphemeralOwner != 0 {
				nodes = append(nodes, service+"/"+addr)
			}
		}
	}
	slices.Sort(nodes)
	return nodes
}

// load reads steadily, at a rate of about 200 a second, and remembers each request that failed.
type load struct {
	stop   context.CancelFunc
	group  sync.WaitGroup
	done   atomic.Int64
	mu     sync.Mutex
	failed []string
}

func (s *stack) load() *load {
	ctx, cancel := context.WithCancel(s.t.Context())
	l := &load{stop: cancel}
	for range 4 {
		l.group.Go(func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				status, answer := s.query("", `{ posts(first: 3) { nodes { title author { username postCount } } } user(id: 1) { username phone } }`)
				l.done.Add(1)
				if status != http.StatusOK || strings.Contains(answer, "errors") {
					l.mu.Lock()
					l.failed = append(l.failed, answer)
					l.mu.Unlock()
				}
			}
		})
	}
	return l
}

func (l *load) end(t *testing.T, what string) {
	t.Helper()
	l.stop()
	l.group.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Logf("%s: %d requests, %d failed", what, l.done.Load(), len(l.failed))
	if len(l.failed) > 0 {
		t.Errorf("%s: %d of %d requests failed, the first with %s", what, len(l.failed), l.done.Load(), l.failed[0])
	}
	if l.done.Load() == 0 {
		t.Errorf("%s: no request at all", what)
	}
}

func TestHomeThroughTheStack(t *testing.T) {
	s := startStack(t, nil)
	if status, answer := s.query("", home); status != http.StatusOK || answer != homeAnswer {
		t.Errorf("%d %s", status, answer)
	}
	if nodes := s.nodes(); len(nodes) != 4 {
		t.Errorf("nodes %v", nodes)
	}

	db, err := sqldb.Open(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for table, want := range map[string]int{"users": 2, "posts": 3} {
		var rows int
		if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&rows); err != nil || rows != want {
			t.Errorf("%s: %d rows, %v", table, rows, err)
		}
	}

	for _, program := range append(s.users[:], s.posts[:]...) {
		if code := program.stop(); code != 0 {
			t.Errorf("%s ended with %d", program.name, code)
		}
		if said := program.said(); strings.Index(said, `"msg":"left"`) > strings.Index(said, `"msg":"stopped"`) || !strings.Contains(said, `"msg":"left"`) {
			t.Errorf("%s did not leave ZooKeeper first", program.name)
		}
	}
	if nodes := s.nodes(); len(nodes) != 0 {
		t.Errorf("nodes %v are left", nodes)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("server ended with %d", code)
	}
}

// TestAListIsTwoCallsAndTwoStatements counts calls by the server's metrics and statements by the database's own log.
func TestAListIsTwoCallsAndTwoStatements(t *testing.T) {
	s := startStack(t, nil, "-seed-users", "1000", "-seed-posts", "10000")
	tests := []struct {
		query      string
		calls      float64
		statements int
		exactly    bool
	}{
		{`{ posts(first: 100) { edges { node { title author { username } } } } }`, 2, 2, true},
		{`{ users(first: 50) { edges { node { username posts(first: 3) { edges { node { title author { username } } } } postCount } } } }`, 4, 4, false},
		{`{ posts(first: 100) { nodes { author { username posts(first: 3) { nodes { title author { username } } } } } } }`, 4, 4, false},
	}
	s.query("", home) // the first call of a connection is not what is counted

	for _, test := range tests {
		calls := s.metric("bff_backend_calls_total")
		statements := countStatements(t, s.database, func() {
			status, answer := s.query("", test.query)
			if status != http.StatusOK || strings.Contains(answer, "errors") || strings.Count(answer, "title")+strings.Count(answer, "username") < 100 {
				t.Errorf("%d %.300s", status, answer)
			}
		})
		calls = s.metric("bff_backend_calls_total") - calls
		t.Logf("%v calls, %d statements: %s", calls, statements, test.query)
		if calls > test.calls || statements > test.statements || test.exactly && (calls != test.calls || statements != test.statements) {
			t.Errorf("%s: %v calls and %d statements, want %v and %d", test.query, calls, statements, test.calls, test.statements)
		}
	}
}

// countStatements returns how many statements the connections of one database made, by MySQL's general log.
func countStatements(t *testing.T, address string, act func()) int {
	t.Helper()
	db, err := sqldb.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	exec := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}

	exec("SET GLOBAL log_output = 'TABLE'")
	exec("TRUNCATE TABLE mysql.general_log")
	exec("SET GLOBAL general_log = 1")
	defer exec("SET GLOBAL general_log = 0")
	act()

	name := address[strings.LastIndexByte(address, '/')+1:]
	const query = `SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type IN ('Query', 'Prepare', 'Execute')
		AND thread_id IN (SELECT id FROM information_schema.processlist WHERE db = ?) AND thread_id <> CONNECTION_ID() AND argument LIKE '%FROM%'`
	rows, err := db.QueryContext(t.Context(), query, name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	count := 0
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(statement, "general_log") {
			count++
			t.Logf("statement: %.120s", strings.Join(strings.Fields(statement), " "))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return count
}

func TestAKilledInstanceIsNotNoticed(t *testing.T) {
	s := startStack(t, nil)
	l := s.load()
	wait(t, time.Second)

	s.users[0].kill()
	wait(t, 2*time.Second)
	l.end(t, "one userd killed")

	l = s.load()
	s.users[0].restart()
	wait(t, 5*time.Second) // by now the restarted one must have calls:
	s.users[1].kill()      // without the other one, it has all of them
	wait(t, 2*time.Second)
	l.end(t, "the first userd back, the other killed")

	s.users[1].restart()
	eventually(t, 10*time.Second, "return of the second", func() bool { return len(s.nodes()) == 4 })
	l = s.load()
	wait(t, time.Second)
	if code := s.posts[0].stop(); code != 0 {
		t.Errorf("postd ended with %d", code)
	}
	wait(t, time.Second)
	l.end(t, "one postd stopped gracefully")
}

func TestZooKeeperIsNotNeededToServe(t *testing.T) {
	s := startStack(t, nil)
	l := s.load()
	s.zookeeper.Stop()
	wait(t, outage(t, 0))
	eventually(t, 20*time.Second, "stale lists", func() bool { return s.metric("bff_discovery_stale_seconds") > 8 })
	if got := s.metric("bff_discovery_endpoints"); got != 4 {
		t.Errorf("%v instances known", got)
	}
	l.end(t, "ZooKeeper stopped")

	l = s.load()
	s.zookeeper.Wipe()
	eventually(t, 30*time.Second, "return of the providers after ZooKeeper lost its data", func() bool { return len(s.nodes()) == 4 })
	eventually(t, 30*time.Second, "fresh lists", func() bool { return s.metric("bff_discovery_stale_seconds") == 0 })
	wait(t, time.Second)
	l.end(t, "ZooKeeper back, wiped")
}

func TestADeadServiceCostsItsFieldsOnly(t *testing.T) {
	s := startStack(t, nil)
	for _, post := range s.posts {
		post.kill()
	}
	status, answer := s.query("", `{ users(first: 2) { nodes { username postCount posts(first: 1) { nodes { title } } } } }`)
	if status != http.StatusOK || !strings.Contains(answer, `"nodes":[{"username":"mars","postCount":null,"posts":null},{"username":"lucus","postCount":null,"posts":null}]`) ||
		!strings.Contains(answer, `"code":"UNAVAILABLE"`) || strings.Contains(answer, "127.0.0.1") {
		t.Errorf("%d %s", status, answer)
	}
}

func TestTheViewerReadsTheirOwnPhone(t *testing.T) {
	s := startStack(t, nil)
	lucus, mars := s.signIn("lucus", "111111"), s.signIn("mars", "222222")
	paths := []string{
		`{ viewer { phone } }`, `{ user(id: 1) { x: phone } }`, `{ node(id: "VXNlcjox") { ... on User { phone } } }`,
		`{ posts(first: 1) { nodes { author { ...F } } } } fragment F on User { phone }`,
	}
	for _, path := range paths {
		if _, answer := s.query(lucus, path); !strings.Contains(answer, "13100000001") {
			t.Errorf("%s as the owner: %s", path, answer)
		}
		for _, token := range []string{"", mars} {
			if _, answer := s.query(token, path); strings.Contains(answer, "13100000001") {
				t.Errorf("%s as somebody else: %s", path, answer)
			}
		}
	}

	if _, answer := s.query(lucus, `mutation { createPost(input: {title: "新", body: "b", idempotencyKey: "k"}) { post { id author { postCount } } } }`); !strings.Contains(answer, `"postCount":4`) {
		t.Error(answer)
	}
	if _, answer := s.query(mars, `mutation { deletePost(input: {id: 1}) { deletedPostId } }`); !strings.Contains(answer, `"code":"FORBIDDEN"`) {
		t.Error(answer)
	}
	if _, answer := s.query(mars, `mutation { updateProfile(input: {username: "lucus"}) { viewer { id } } }`); !strings.Contains(answer, `"code":"CONFLICT"`) {
		t.Error(answer)
	}
	for _, p := range append(append(s.users[:], s.posts[:]...), s.process) {
		for _, secret := range []string{"13100000001", lucus, mars, "argon2id", "111111"} {
			if strings.Contains(p.said(), secret) {
				t.Errorf("%s says %.12s", p.name, secret)
			}
		}
	}
}

func wait(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
