// Package kafkatest gives tests a real Kafka of their own, which they can stop and freeze.
package kafkatest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Server is a Kafka of one test. Its methods fail the test if they cannot do their work.
type Server struct {
	Addr string // stays the same over restarts

	t      testing.TB
	script string
	dir    string
	env    []string
}

// Start starts an empty Kafka on free ports, by the project's own script, and waits until it answers; it ends with the
// test. The test is skipped unless BFF_TEST_STACK is 1: the script may install what is missing.
func Start(t testing.TB) *Server {
	t.Helper()
	if testing.Short() || os.Getenv("BFF_TEST_STACK") != "1" {
		t.Skip("needs Kafka: make test")
	}
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..")
	port, controller := freePort(t), freePort(t)
	s := &Server{Addr: "127.0.0.1:" + port, t: t, script: filepath.Join(root, "deploy", "stack.sh"), dir: t.TempDir()}
	s.env = append(os.Environ(), "BFF_STACK_DIR="+s.dir, "BFF_STACK_KAFKA_PORT="+port, "BFF_STACK_KAFKA_CONTROLLER_PORT="+controller)
	t.Cleanup(func() { s.run("stop-one") })
	s.Restart()
	return s
}

// Restart starts the server at the same address, with what it had. Stop it before.
func (s *Server) Restart() {
	s.t.Helper()
	s.run("start-one")
}

// Stop ends the server, frozen or not.
func (s *Server) Stop() {
	s.t.Helper()
	s.run("stop-one")
}

func (s *Server) run(command string) {
	s.t.Helper()
	c := exec.Command(s.script, command, "kafka") //nolint:gosec,noctx // the project's own script; also at the end of the test
	c.Env = s.env
	if output, err := c.CombinedOutput(); err != nil {
		s.t.Errorf("%s kafka: %v\n%s", command, err, output)
	}
}

// Freeze stops the server's clock: it keeps its connections and answers nothing.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "kafka", "pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Kill(pid, signal); err != nil {
		s.t.Fatal(err)
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}
