// Package e2e tests whole programs, built and started as processes: against real servers, while they are killed and
// started again, and through a real browser.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bin is where the programs were built.
var bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bff-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bin = dir

	build := exec.Command("go", "build", "-o", dir+"/", "../cmd/...")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the programs:", err)
		return 1
	}
	return m.Run()
}

// process is a running program.
type process struct {
	t       *testing.T
	name    string
	args    []string
	env     []string
	command *exec.Cmd
	exited  chan struct{}

	mu  sync.Mutex
	out bytes.Buffer
}

// start starts a program; it is killed when the test ends.
func start(t *testing.T, name string, env map[string]string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, args: args}
	for key, value := range env {
		p.env = append(p.env, key+"="+value)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s %s said:\n%s", name, strings.Join(args, " "), p.said())
		}
	})
	p.restart()
	return p
}

func (p *process) restart() {
	p.t.Helper()
	p.command = exec.Command(filepath.Join(bin, p.name), p.args...)
	p.command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, p.env...)
	p.command.Dir = p.t.TempDir()
	p.command.Stdout, p.command.Stderr = p, p
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.exited = make(chan struct{})
	go func(command *exec.Cmd, exited chan struct{}) {
		_ = command.Wait()
		close(exited)
	}(p.command, p.exited)
}

// Write collects what the program says.
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(text)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.exited
}

// stop asks the program to end and waits until it has, with its exit code.
func (p *process) stop() int {
	p.t.Helper()
	_ = p.command.Process.Signal(syscall.SIGTERM)
	return p.wait(30 * time.Second)
}

func (p *process) wait(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(within):
		p.t.Fatalf("%s has not ended", p.name)
	}
	return p.command.ProcessState.ExitCode()
}

// server is a running BFF.
type server struct {
	*process
	url, admin string
}

func startServer(t *testing.T, name string, env map[string]string, args ...string) *server {
	t.Helper()
	addr, admin := freeAddr(t), freeAddr(t)
	if _, set := env["BFF_KAFKA"]; !set {
		env = maps.Clone(env)
		if env == nil {
			env = map[string]string{}
		}
		env["BFF_KAFKA"] = ""
	}
	s := &server{start(t, name, env, append([]string{"-addr", addr, "-admin-addr", admin}, args...)...), "http://" + addr, "http://" + admin}
	eventually(t, 30*time.Second, "readiness of "+name, func() bool { return s.status("/readyz") == http.StatusOK })
	return s
}

// startDev starts everything in one process, embedded, on ports of its own.
func startDev(t *testing.T, args ...string) *server { return startServer(t, "dev", nil, args...) }

func (s *server) status(path string) int {
	response, err := http.Get(s.admin + path)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// query sends an operation, with a token unless it is empty, and returns the status and the answer.
func (s *server) query(token, query string) (int, string) {
	s.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	request, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(answer)
}

// metric returns the sum of a metric's series whose labels hold all of these texts.
func (s *server) metric(name string, labels ...string) float64 {
	s.t.Helper()
	response, err := http.Get(s.admin + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}

	var sum float64
line:
	for line := range strings.Lines(string(text)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if series != name && !strings.HasPrefix(series, name+"{") {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(series, label) {
				continue line
			}
		}
		var n float64
		_, _ = fmt.Sscan(value, &n)
		sum += n
	}
	return sum
}

func (s *server) signIn(username, password string) string {
	s.t.Helper()
	_, answer := s.query("", fmt.Sprintf(`mutation { signIn(input: {username: %q, password: %q}) { token } }`, username, password))
	var parsed struct {
		Data struct{ SignIn struct{ Token string } }
	}
	if err := json.Unmarshal([]byte(answer), &parsed); err != nil || parsed.Data.SignIn.Token == "" {
		s.t.Fatalf("sign in: %s", answer)
	}
	return parsed.Data.SignIn.Token
}

// given are the addresses that were handed out: the system may name a port again before its program listens.
var given sync.Map

func freeAddr(t *testing.T) string {
	t.Helper()
	for {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := listener.Addr().String()
		_ = listener.Close()
		if _, twice := given.LoadOrStore(addr, true); !twice {
			return addr
		}
	}
}

// outage returns how long a server is away: short, so that the tests end soon, unless BFF_TEST_OUTAGE says otherwise.
func outage(t *testing.T, short time.Duration) time.Duration {
	t.Helper()
	text, set := os.LookupEnv("BFF_TEST_OUTAGE")
	if !set {
		return short
	}
	long, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return long
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %s: no %s", within, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
