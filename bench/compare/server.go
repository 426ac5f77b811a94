package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is the project in one process, started by the comparison.
type server struct {
	addr, admin  string
	users, posts string // the services in it
	command      *exec.Cmd
}

// limits are raised for the largest page of the rules, in one query or in one batch.
var limits = []string{"-max-batch", "50", "-max-root-fields", "50", "-max-aliases", "50", "-max-directives", "100"}

// startServer starts program, seeded, on the first core if there are several. Stop it.
func startServer(ctx context.Context, program, dir string, args ...string) (*server, error) {
	var addrs [4]string
	for i := range addrs {
		var err error
		if addrs[i], err = freeAddr(ctx); err != nil {
			return nil, err
		}
	}
	manifest := filepath.Join(dir, "documents.json")
	if err := writeManifest(manifest); err != nil {
		return nil, err
	}
	words := append(append([]string{program, "-addr", addrs[0], "-admin-addr", addrs[1], "-userd-addr", addrs[2], "-postd-addr", addrs[3],
		"-log-dir", filepath.Join(dir, "access"), "-spool-dir", filepath.Join(dir, "spool"),
		"-seed-users", "1000", "-seed-posts", "10000", "-trusted-documents", manifest, "-trusted-mode", "log"}, limits...), args...)
	s := &server{addr: addrs[0], admin: addrs[1], users: addrs[2], posts: addrs[3], command: onCore(ctx, 0, words...)}
	s.command.Env = append(os.Environ(), "BFF_REDIS=", "BFF_KAFKA=", "BFF_ZOOKEEPER=")
	log, err := os.Create(filepath.Join(dir, "server.log")) //nolint:gosec // a folder of our own
	if err != nil {
		return nil, err
	}
	s.command.Stdout, s.command.Stderr = log, log
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	for end := time.Now().Add(time.Minute); ; <-time.After(50 * time.Millisecond) {
		if response, err := http.Get("http://" + s.admin + "/readyz"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return s, nil
			}
		}
		if time.Now().After(end) {
			return nil, errors.Join(fmt.Errorf("the server is not ready; see %s", log.Name()), s.stop())
		}
	}
}

// writeManifest lists the documents of all pages by their ids.
func writeManifest(file string) error {
	documents := map[string]string{}
	for _, setting := range settings(false) {
		for _, c := range setting.page {
			documents[documentID(c.document())] = c.document()
		}
	}
	text, err := json.Marshal(documents)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func (s *server) stop() error {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	return s.command.Wait()
}

// onCore makes a command that runs on one core, where that can be said and there are several.
func onCore(ctx context.Context, core int, words ...string) *exec.Cmd {
	if there("taskset") && runtime.NumCPU() > 1 {
		words = append([]string{"taskset", "-c", strconv.Itoa(core)}, words...)
	}
	command := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // programs of our own
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return command
}

func freeAddr(ctx context.Context) (string, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// record is what the server says of an operation.
type record struct {
	BackendCalls, BackendKeys, MemoryHits int
}

// records returns those of a request id once there are at least as many as operations were sent.
func (s *server) records(id string, atLeast int) ([]record, error) {
	var answer struct{ Records []record }
	for range 100 {
		response, err := http.Get("http://" + s.addr + "/compare/records?requestId=" + url.QueryEscape(id))
		if err != nil {
			return nil, err
		}
		err = json.NewDecoder(response.Body).Decode(&answer)
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err != nil {
			return nil, err
		}
		if len(answer.Records) >= atLeast {
			return answer.Records, nil
		}
		<-time.After(2 * time.Millisecond)
	}
	return nil, fmt.Errorf("%d records of %d operations", len(answer.Records), atLeast)
}

// cpu is the time that the server's threads have run, by the scheduler's count.
func (s *server) cpu() (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.command.Process.Pid))
	if err != nil || len(threads) == 0 {
		return 0, errors.New("no /proc: the processor's time cannot be read")
	}
	var total time.Duration
	for _, file := range threads {
		text, err := os.ReadFile(file) //nolint:gosec // of /proc
		if err != nil {
			continue // it has ended
		}
		ran, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ns)
	}
	return total, nil
}
