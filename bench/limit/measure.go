package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// sample is one measurement of one contender.
type sample struct {
	Query     string  `json:"query"`
	Round     int     `json:"round"`
	Contender string  `json:"contender"`
	Requests  int     `json:"requests"`
	Seconds   float64 `json:"seconds"`
	CPU       float64 `json:"cpuMicros"` // of the process, per request
	Allocs    float64 `json:"allocs"`    // per request
	Bytes     float64 `json:"bytes"`     // allocated per request
	// Latency by the number of connections, if it was measured.
	Latency map[int]latency `json:"latency,omitempty"`
}

// latency is how long requests took, in microseconds.
type latency struct {
	Requests int     `json:"requests"`
	P50      float64 `json:"p50Micros"`
	P99      float64 `json:"p99Micros"`
}

// runBench measures and reports.
func runBench(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bff-limit-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	result, err := measure(ctx, dir, s, stderr)
	if err != nil {
		logs(dir, stderr)
		return err
	}
	if s.out != "" {
		if err := result.write(s.out); err != nil {
			return err
		}
	}
	return result.report(stdout)
}

// measure starts everything, verifies all answers, and then measures all queries.
func measure(ctx context.Context, dir string, s settings, stderr io.Writer) (results, error) {
	result := results{Facts: facts(ctx, s)}
	b, err := startBench(ctx, dir, s, stderr)
	if err != nil {
		return result, err
	}
	defer b.stop()
	for _, q := range s.queries {
		if err := verify(ctx, q, b.targets()); err != nil {
			return result, err
		}
	}
	b.tell("all answers are the same")
	profiled := make(chan error, 1)
	go func() { profiled <- b.server.profile(ctx, s.profile) }()
	for _, q := range s.queries {
		samples, err := b.measure(ctx, q)
		if err != nil {
			return result, fmt.Errorf("%s: %w", q.name, err)
		}
		result.Samples = append(result.Samples, samples...)
	}
	return result, <-profiled
}

// bench is everything that runs during a measurement.
type bench struct {
	settings
	services, server, limit *process
	stderr                  io.Writer
	started                 time.Time
}

// startBench builds the server and starts all processes. Stop it.
func startBench(ctx context.Context, dir string, s settings, stderr io.Writer) (*bench, error) {
	b := &bench{settings: s, stderr: stderr, started: time.Now()}
	program := filepath.Join(dir, "server")
	if err := build(ctx, program, stderr); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := pinSelf(ctx); err != nil {
		return nil, err
	}
	if err := b.start(ctx, dir, self, program); err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

// build builds the real server.
func build(ctx context.Context, program string, stderr io.Writer) error {
	command := exec.CommandContext(ctx, "go", "build", "-o", program, "bff/cmd/server") //nolint:gosec // a folder of our own
	command.Stderr = stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("build the server: %w", err)
	}
	return nil
}

func (b *bench) start(ctx context.Context, dir, self, program string) error {
	addrs, err := freeAddrs(ctx, 2)
	if err != nil {
		return err
	}
	users, posts := addrs[0], addrs[1]
	if b.services, err = launch(ctx, otherCore, filepath.Join(dir, "services.log"), nil, self, "backends", "-users", users, "-posts", posts); err != nil {
		return err
	}
	if err := listening(ctx, addrs...); err != nil {
		return fmt.Errorf("the services do not start: %w", err)
	}
	if b.limit, err = startLimit(ctx, self, dir, users, posts); err != nil {
		return err
	}
	b.server, err = startServer(ctx, measuredCore, program, dir, users, posts)
	return err
}

func (b *bench) stop() {
	http.DefaultClient.CloseIdleConnections()
	for _, p := range []*process{b.server, b.limit, b.services} {
		if p != nil {
			p.stop()
		}
	}
}

func (b *bench) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(b.stderr, "%6.1fs  %s\n", time.Since(b.started).Seconds(), fmt.Sprintf(format, args...))
}

func (b *bench) targets() targets {
	return targets{limit: target{b.limit.addr}, server: target{b.server.addr}}
}

func (b *bench) process(c contender) *process {
	if c.limit {
		return b.limit
	}
	return b.server
}

// measure measures all contenders of a query in each round, in an order that changes with the round.
func (b *bench) measure(ctx context.Context, q query) ([]sample, error) {
	var samples []sample
	all := contenders()
	for round := range b.rounds {
		for i := range all {
			c := all[(i+round)%len(all)]
			made, err := b.sample(ctx, q, c)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			made.Round = round
			samples = append(samples, made)
		}
	}
	b.tell("%-9s %s", q.name, summary(samples))
	return samples, nil
}

func summary(samples []sample) string {
	var words []string
	for _, c := range contenders() {
		words = append(words, fmt.Sprintf("%s %.1f µs", c.name, median(pick(samples, "", c.name, func(s sample) float64 { return s.CPU }))))
	}
	return strings.Join(words, ", ")
}

// The connections of the measurements of latency.
var latencyConnections = []int{1, 128}

func (b *bench) sample(ctx context.Context, q query, c contender) (sample, error) {
	made := sample{Query: q.name, Contender: c.name}
	if err := b.spent(ctx, q, c, &made); err != nil {
		return made, err
	}
	if !b.latency[q.name] {
		return made, nil
	}
	made.Latency = map[int]latency{}
	for _, n := range latencyConnections {
		took, err := b.took(ctx, q, c, n)
		if err != nil {
			return made, err
		}
		made.Latency[n] = latency{Requests: len(took), P50: micros(percentile(took, 50)), P99: micros(percentile(took, 99))}
	}
	return made, nil
}

// warmUp is how long load runs before it is measured.
func (b *bench) warmUp() time.Duration { return b.lasting / 6 }

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// spent measures CPU and allocations per request. What it costs to ask for the number of allocations is measured, too,
// and taken off.
func (b *bench) spent(ctx context.Context, q query, c contender, made *sample) error {
	p := b.process(c)
	l, err := newLoad(ctx, p.addr, b.connections, q.requests(p.addr, c.cached))
	if err != nil {
		return err
	}
	defer l.close()
	if _, err := l.run(ctx, b.warmUp()); err != nil {
		return err
	}
	var heaps [3]heap
	for i := range 2 {
		if heaps[i], err = p.allocated(ctx); err != nil {
			return err
		}
	}
	before, err := p.cpu()
	if err != nil {
		return err
	}
	start := time.Now()
	took, err := l.run(ctx, b.lasting)
	if err != nil {
		return err
	}
	made.Seconds = time.Since(start).Seconds()
	after, err := p.cpu()
	if err != nil {
		return err
	}
	if heaps[2], err = p.allocated(ctx); err != nil {
		return err
	}

	made.Requests = len(took)
	n := float64(max(len(took), 1))
	asking := heaps[1].minus(heaps[0])
	spent := heaps[2].minus(heaps[1]).minus(asking)
	made.CPU, made.Allocs, made.Bytes = micros(after-before)/n, spent.mallocs/n, spent.bytes/n
	return nil
}

// took measures latency with n connections, for half as long as CPU.
func (b *bench) took(ctx context.Context, q query, c contender, n int) ([]time.Duration, error) {
	p := b.process(c)
	l, err := newLoad(ctx, p.addr, n, q.requests(p.addr, c.cached))
	if err != nil {
		return nil, err
	}
	defer l.close()
	if _, err := l.run(ctx, b.warmUp()); err != nil {
		return nil, err
	}
	return l.run(ctx, b.lasting/2)
}
