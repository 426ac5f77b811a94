//go:build unix

package zktest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTimeout is generous: a machine that runs many tests at once takes seconds to start a JVM.
const startTimeout = 30 * time.Second

// Server is a private ZooKeeper. Its methods fail the test if they do not succeed; one goroutine at a time may use them.
//
//	Start ─▶ serving ── Freeze ─▶ frozen ── Thaw ─▶ serving
//	          │    ▲
//	Stop, Kill│    │Restart (same port and data), Wipe (same port, no data)
//	          ▼    │
//	         stopped
type Server struct {
	Addr string // host:port, the same for the server's whole life

	t       testing.TB
	folder  string
	command *exec.Cmd     // nil: stopped
	exited  chan struct{} // closed when command has ended
}

// Start starts an empty ZooKeeper on a free port, waits until it serves, and ends it with the test. The test is skipped
// in short mode, and if Java or ZooKeeper is missing; with BFF_TEST_STACK=1 in the environment it fails instead.
func Start(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a ZooKeeper: not in short mode")
	}
	if err := installed(); err != nil {
		if os.Getenv("BFF_TEST_STACK") == "1" {
			t.Fatalf("no ZooKeeper: %v", err)
		}
		t.Skipf("needs a ZooKeeper (Debian: apt-get install zookeeper): %v", err)
	}

	s := &Server{t: t, folder: t.TempDir(), Addr: freeAddr(t)}
	s.configure()
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("ZooKeeper's log:\n%s", s.log())
		}
	})
	s.start()
	return s
}

// jars are ZooKeeper, whose manifest names what it needs, and a logger, which it does not.
func jars() []string {
	return []string{"/usr/share/java/zookeeper.jar", "/usr/share/java/slf4j-log4j12.jar", "/usr/share/java/log4j-1.2.jar"}
}

func installed() error {
	if _, err := exec.LookPath("java"); err != nil {
		return err
	}
	for _, jar := range jars() {
		if _, err := os.Stat(jar); err != nil {
			return err
		}
	}
	return nil
}

func freeAddr(t testing.TB) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// configure writes short ticks, so that a session may be as short as a second.
func (s *Server) configure() {
	s.t.Helper()
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		s.t.Fatal(err)
	}
	files := map[string]string{
		"zoo.cfg": fmt.Sprintf("tickTime=500\nminSessionTimeout=1000\nmaxSessionTimeout=60000\nclientPort=%s\n"+
			"clientPortAddress=%s\nmaxClientCnxns=0\nadmin.enableServer=false\n4lw.commands.whitelist=srvr\ndataDir=%s\n", port, host, s.data()),
		"log4j.properties": "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n" +
			"log4j.appender.out.layout=org.apache.log4j.PatternLayout\nlog4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// start runs the server and waits until it serves.
func (s *Server) start() {
	s.t.Helper()
	output, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = output.Close() }()

	classes := strings.Join(append([]string{s.folder}, jars()...), string(os.PathListSeparator))
	// What the process killed would lose is not what these tests are about: no fsync.
	command := exec.Command("java", "-Xms32m", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dzookeeper.jmx.log4j.disable=true", "-Dzookeeper.forceSync=no", "-Djava.net.preferIPv4Stack=true",
		"-cp", classes, "org.apache.zookeeper.server.quorum.QuorumPeerMain", filepath.Join(s.folder, "zoo.cfg"))
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = diesWithTest()
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = command.Wait() // how it ended shows in its log
	}()
	s.command, s.exited = command, exited
	s.awaitServing()
}

func (s *Server) awaitServing() {
	s.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	deadline := time.After(startTimeout)
	for !serving(s.Addr) {
		select {
		case <-look.C:
		case <-s.exited:
			s.t.Fatalf("ZooKeeper ended:\n%s", s.log())
		case <-deadline:
			s.t.Fatalf("ZooKeeper does not serve after %s:\n%s", startTimeout, s.log())
		}
	}
}

// serving asks for the server's mode. "ruok" would be answered before anything else is.
func serving(addr string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(conn, "srvr"); err != nil {
		return false
	}
	answer, _ := io.ReadAll(conn) // an answer cut short has no mode
	return bytes.Contains(answer, []byte("Mode:"))
}

func (s *Server) log() []byte {
	content, err := os.ReadFile(filepath.Join(s.folder, "log"))
	if err != nil {
		return []byte(err.Error())
	}
	return content
}

// Stop ends the server as an operator would (SIGTERM) and waits for its end. Stopping a stopped server does nothing.
func (s *Server) Stop() { s.t.Helper(); s.end(syscall.SIGTERM) }

// Kill ends the server as a crash would (SIGKILL) and waits for its end. It also ends a frozen server.
func (s *Server) Kill() { s.t.Helper(); s.end(syscall.SIGKILL) }

func (s *Server) end(signal syscall.Signal) {
	s.t.Helper()
	if s.command == nil {
		return
	}
	_ = s.command.Process.Signal(signal) // it may have ended by itself
	select {
	case <-s.exited:
	case <-time.After(startTimeout):
		_ = s.command.Process.Kill()
		<-s.exited
	}
	s.command = nil
}

// Restart starts the server again on the same port and data; if it runs, it is killed first.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	s.start()
}

// Wipe kills the server, deletes its data and starts it again on the same port.
func (s *Server) Wipe() {
	s.t.Helper()
	s.Kill()
	if err := os.RemoveAll(s.data()); err != nil {
		s.t.Fatal(err)
	}
	s.start()
}

// Freeze stops the server's clock (SIGSTOP): connections stay, new ones are accepted by the kernel, nothing is answered.
func (s *Server) Freeze() { s.t.Helper(); s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { s.t.Helper(); s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	if s.command == nil {
		s.t.Fatal("ZooKeeper is stopped")
	}
	if err := s.command.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}
