// Package redistest gives tests a real Redis of their own, which they can stop, freeze and fill.
package redistest

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a Redis of one test. Its methods fail the test if they cannot do their work.
type Server struct {
	Addr string // stays the same over restarts

	t       testing.TB
	path    string
	command *exec.Cmd
}

// Start starts an empty Redis on a free port and waits until it answers; it ends with the test. The test is skipped if
// there is no Redis to start, or fails if BFF_TEST_STACK is 1.
func Start(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Redis")
	}
	path, err := program()
	if err != nil {
		if os.Getenv("BFF_TEST_STACK") == "1" {
			t.Fatal(err)
		}
		t.Skipf("needs Redis: make stack-up installs it (%v)", err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, path: path, Addr: listener.Addr().String()}
	_ = listener.Close()
	t.Cleanup(s.Stop)
	s.Restart()
	return s
}

// program finds the server. Debian's redis-tools holds it without the system service, under a name of its checks: which
// of them it is, it sees by the name it is called by.
func program() (string, error) {
	var err error
	for _, name := range []string{"redis-server", "redis-check-rdb", "/usr/bin/redis-check-rdb"} {
		var path string
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.Join(errors.New("redis-server not found"), err)
}

// Restart starts the server at the same address, empty. Stop it before.
func (s *Server) Restart() {
	s.t.Helper()
	port := s.Addr[strings.LastIndexByte(s.Addr, ':')+1:]
	s.command = &exec.Cmd{
		Path: s.path, Args: []string{"redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", s.t.TempDir()},
	}
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	client := s.Client()
	defer func() { _ = client.Close() }()
	for deadline := time.Now().Add(10 * time.Second); client.Ping(context.Background()).Err() != nil; {
		if time.Now().After(deadline) {
			s.t.Fatal("Redis does not answer")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Stop kills the server, frozen or not. Stopping a stopped server does nothing.
func (s *Server) Stop() {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	s.command = nil
}

// Freeze stops the server's clock: it keeps its connections and answers nothing.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// Client returns a client; close it.
func (s *Server) Client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.Addr, MaxRetries: -1, DisableIdentity: true})
}

// Do carries out one command.
func (s *Server) Do(args ...any) {
	s.t.Helper()
	client := s.Client()
	defer func() { _ = client.Close() }()
	if err := client.Do(context.Background(), args...).Err(); err != nil {
		s.t.Fatal(err)
	}
}

// Size returns how many keys there are.
func (s *Server) Size() int64 {
	client := s.Client()
	defer func() { _ = client.Close() }()
	return client.DBSize(context.Background()).Val()
}

// Dump returns all keys and string values, for a search through them.
func (s *Server) Dump() string {
	client := s.Client()
	defer func() { _ = client.Close() }()
	var all strings.Builder
	for keys := client.Scan(context.Background(), 0, "*", 1000).Iterator(); keys.Next(context.Background()); {
		all.WriteString(keys.Val() + "=" + client.Get(context.Background(), keys.Val()).Val() + "\n")
	}
	return all.String()
}
