package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// The cores of a measurement.
const (
	measuredCore = 0 // of the server or the limit
	otherCore    = 1 // of the services and the load
	anyCore      = -1
)

// process is a program that the benchmark started. Stop it.
type process struct {
	addr, admin string
	command     *exec.Cmd
}

// launch starts a program on a core, with its output in a file. env is added to the environment.
func launch(ctx context.Context, core int, logFile string, env []string, words ...string) (*process, error) {
	if core != anyCore && canPin() {
		words = append([]string{"taskset", "-c", strconv.Itoa(core)}, words...)
	}
	log, err := os.Create(logFile) //nolint:gosec // in a folder of our own
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()                                       // the program has it open for itself
	p := &process{command: exec.CommandContext(ctx, words[0], words[1:]...)} //nolint:gosec // programs of our own
	p.command.Stdout, p.command.Stderr = log, log
	p.command.Env = append(environment(), env...)
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	return p, p.command.Start()
}

// gcPercent is the server's own setting of the garbage collector. The limit gets the same: at Go's default it would spend
// much of its time on that, and the ratios would compare settings.
const gcPercent = "400"

// environment is ours without settings of the project, so that the server runs as it ships, and with one setting of the
// garbage collector for all programs: ours, or gcPercent.
func environment() []string {
	kept := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "BFF_") })
	if _, set := os.LookupEnv("GOGC"); !set {
		kept = append(kept, "GOGC="+gcPercent)
	}
	return kept
}

// logs writes the ends of the programs' output.
func logs(dir string, w io.Writer) {
	const most = 2000
	files, _ := filepath.Glob(filepath.Join(dir, "*.log")) // the pattern is good
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // in a folder of our own
		if err == nil {
			_, _ = fmt.Fprintf(w, "%s:\n%s\n", filepath.Base(file), text[max(0, len(text)-most):])
		}
	}
}

func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_ = p.command.Wait() // it ends by the signal: that is no news
}

// canPin says whether programs can be kept on cores of their own.
func canPin() bool {
	_, err := exec.LookPath("taskset")
	return err == nil && runtime.NumCPU() > 1
}

// pinSelf keeps this process, which makes the load, off the core that is measured.
func pinSelf(ctx context.Context) error {
	if !canPin() {
		return nil
	}
	if err := exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", strconv.Itoa(otherCore), strconv.Itoa(os.Getpid())).Run(); err != nil { //nolint:gosec // our own number
		return fmt.Errorf("taskset: %w", err)
	}
	runtime.GOMAXPROCS(1)
	return nil
}

// freeAddrs returns addresses that nobody listens on.
func freeAddrs(ctx context.Context, n int) ([]string, error) {
	var addrs []string
	for range n {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }() // at the end, so that all are different
		addrs = append(addrs, listener.Addr().String())
	}
	return addrs, nil
}

// startServer starts the real server as it ships, but without Redis and Kafka. It finds the services by the list of
// addresses that a server without ZooKeeper reads.
func startServer(ctx context.Context, core int, program, dir, users, posts string) (*process, error) {
	if err := writeSnapshots(filepath.Join(dir, "discovery"), users, posts); err != nil {
		return nil, err
	}
	addrs, err := freeAddrs(ctx, 3)
	if err != nil {
		return nil, err
	}
	const nobody = "127.0.0.1:1" // where no ZooKeeper is
	env := []string{"BFF_REDIS=", "BFF_KAFKA=", "BFF_ZOOKEEPER=" + nobody}
	p, err := launch(ctx, core, filepath.Join(dir, "server.log"), env, program, "-addr", addrs[0], "-admin-addr", addrs[1],
		"-discovery-dir", filepath.Join(dir, "discovery"), "-log-dir", filepath.Join(dir, "access"), "-spool-dir", filepath.Join(dir, "spool"),
		"-memory-ttl", "1h")
	if err != nil {
		return nil, err
	}
	p.addr, p.admin = addrs[0], addrs[1]
	return p, p.ready(ctx)
}

// writeSnapshots writes the addresses of both services as discovery keeps them for a start without ZooKeeper.
func writeSnapshots(dir, users, posts string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for service, addr := range map[string]string{userv1.UserService_ServiceDesc.ServiceName: users, postv1.PostService_ServiceDesc.ServiceName: posts} {
		text, err := json.Marshal(map[string]any{"service": service, "instances": []map[string]any{{"addr": addr, "weight": 1}}})
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, service+".json"), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// startLimit starts the hand-written handler, which is another form of this program.
func startLimit(ctx context.Context, program, dir, users, posts string) (*process, error) {
	addrs, err := freeAddrs(ctx, 2)
	if err != nil {
		return nil, err
	}
	p, err := launch(ctx, measuredCore, filepath.Join(dir, "limit.log"), nil, program, "serve", "-addr", addrs[0], "-admin-addr", addrs[1], "-users", users, "-posts", posts)
	if err != nil {
		return nil, err
	}
	p.addr, p.admin = addrs[0], addrs[1]
	return p, p.ready(ctx)
}

const startTimeout = time.Minute

// ready waits until the process says that it is ready, and stops it if it never does.
func (p *process) ready(ctx context.Context) error {
	err := until(ctx, func() bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.admin+"/readyz", nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	if err != nil {
		p.stop()
		return fmt.Errorf("%s is not ready: %w", strings.Join(p.command.Args, " "), err)
	}
	return nil
}

// listening waits until somebody accepts connections on each address.
func listening(ctx context.Context, addrs ...string) error {
	return until(ctx, func() bool {
		for _, addr := range addrs {
			c, err := connect(ctx, addr)
			if err != nil {
				return false
			}
			_ = c.conn.Close()
		}
		return true
	})
}

// until waits for something that another process does.
func until(ctx context.Context, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// cpu is the time that the process's threads have run, by the scheduler's count.
func (p *process) cpu() (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.command.Process.Pid))
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

// What the processes call their numbers of allocations, and of bytes allocated.
const (
	mallocsMetric = "go_memstats_mallocs_total"
	bytesMetric   = "go_memstats_alloc_bytes_total"
)

// heap is what a process has allocated since it started.
type heap struct{ mallocs, bytes float64 }

// allocated asks the process for its metrics.
func (p *process) allocated(ctx context.Context) (h heap, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.admin+"/metrics", nil) //nolint:gosec // a program of our own
	if err != nil {
		return h, err
	}
	response, err := http.DefaultClient.Do(request) //nolint:gosec // likewise
	if err != nil {
		return h, err
	}
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		into := map[string]*float64{mallocsMetric: &h.mallocs, bytesMetric: &h.bytes}[name]
		if into == nil {
			continue
		}
		if *into, err = strconv.ParseFloat(value, 64); err != nil {
			return h, err
		}
	}
	return h, nil
}

func (h heap) minus(before heap) heap {
	return heap{h.mallocs - before.mallocs, h.bytes - before.bytes}
}

// profileSeconds is how long a CPU profile is taken: over most of a round of the queries that `make pgo` sends.
const profileSeconds = 60

// profile writes a CPU profile of the process to a file; nothing, if the file has no name.
func (p *process) profile(ctx context.Context, file string) error {
	if file == "" {
		return nil
	}
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", p.admin, profileSeconds)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil) //nolint:gosec // a program of our own
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request) //nolint:gosec // a program of our own
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return os.WriteFile(file, text, 0o600) //nolint:gosec // the file that the caller names
}
