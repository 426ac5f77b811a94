// Package zktest gives tests a real ZooKeeper of their own, which they can stop, freeze and wipe.
package zktest

import (
	"bytes"
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

// Server is a ZooKeeper of one test. Its methods fail the test if they cannot do their work.
type Server struct {
	Addr string // stays the same over restarts

	t       testing.TB
	dir     string
	command *exec.Cmd
	log     bytes.Buffer
}

// jars are where Debian's packages put ZooKeeper and its logging.
func jars() []string {
	return []string{"/usr/share/java/zookeeper.jar", "/usr/share/java/slf4j-log4j12.jar", "/usr/share/java/log4j-1.2.jar"}
}

// Start starts an empty ZooKeeper on a free port and waits until it serves; it ends with the test. The test is skipped
// if there is no ZooKeeper to start, or fails if BFF_TEST_STACK is 1.
func Start(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("needs ZooKeeper")
	}
	java, err := exec.LookPath("java")
	if err == nil {
		_, err = os.Stat(jars()[0])
	}
	if err != nil {
		if os.Getenv("BFF_TEST_STACK") == "1" {
			t.Fatalf("ZooKeeper cannot be started: %v", err)
		}
		t.Skipf("needs ZooKeeper: make stack-up installs it (%v)", err)
	}

	s := &Server{t: t, dir: t.TempDir(), Addr: fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	_, port, _ := net.SplitHostPort(s.Addr)
	config := fmt.Sprintf(`tickTime=500
minSessionTimeout=1000
maxSessionTimeout=60000
clientPort=%s
clientPortAddress=127.0.0.1
maxClientCnxns=0
admin.enableServer=false
4lw.commands.whitelist=srvr
dataDir=%s
`, port, filepath.Join(s.dir, "data"))
	logging := "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.SimpleLayout\n"
	for name, content := range map[string]string{"zoo.cfg": config, "log4j.properties": logging} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("ZooKeeper's log:\n%s", &s.log)
		}
	})
	s.run(java)
	return s
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *Server) run(java string) {
	s.t.Helper()
	s.command = exec.Command(java, "-Xms32m", "-Xmx128m", "-XX:+UseSerialGC", "-Dzookeeper.jmx.log4j.disable=true", //nolint:gosec,noctx // ended by Stop
		"-Djava.net.preferIPv4Stack=true", "-cp", strings.Join(append(jars(), s.dir), ":"),
		"org.apache.zookeeper.server.quorum.QuorumPeerMain", filepath.Join(s.dir, "zoo.cfg"))
	s.command.Stdout, s.command.Stderr = &s.log, &s.log
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}

	deadline := time.Now().Add(30 * time.Second)
	for !s.serving() {
		if time.Now().After(deadline) {
			s.t.Fatalf("ZooKeeper does not serve:\n%s", &s.log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// serving asks for the server's state; "ruok" would be answered too early.
func (s *Server) serving() bool {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second) //nolint:noctx // has a timeout
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("srvr")); err != nil {
		return false
	}
	answer, _ := io.ReadAll(conn)
	return bytes.Contains(answer, []byte("Mode:"))
}

// Stop ends the server; its data stays. Stopping a stopped server does nothing.
func (s *Server) Stop() {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	s.command = nil
}

// Restart starts a stopped server at the same address with the same data.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.run("java")
}

// Wipe stops the server, deletes its data and starts it at the same address.
func (s *Server) Wipe() {
	s.t.Helper()
	s.Stop()
	if err := os.RemoveAll(filepath.Join(s.dir, "data")); err != nil {
		s.t.Fatal(err)
	}
	s.run("java")
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
