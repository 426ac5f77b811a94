// Command compare carries out docs/comparison/rules.md: GraphQL against RPC on the same backends. It starts the project
// in one process, loads pages through a proxy that counts, and writes the report, its charts and the raw data.
//
//	go run ./bench/compare -runs 30 -out docs/comparison
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	runs := flags.Int("runs", 30, "rounds of each table")
	out := flags.String("out", "docs/comparison", "where the report goes")
	quick := flags.Bool("quick", false, "only the tables that decide, to see that all works")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bff-compare-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	program := filepath.Join(dir, "dev")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/dev") //nolint:gosec // a folder of our own
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := ownCore(ctx); err != nil {
		return err
	}
	started := time.Now()
	tell := func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(started).Seconds(), fmt.Sprintf(format, args...))
	}
	found, err := measure(ctx, program, dir, *runs, *quick, tell)
	if err != nil {
		return err
	}
	if err := found.describe(ctx, tell); err != nil {
		return err
	}
	found.Command = "make compare"
	return write(*out, found)
}

// findings is everything that was measured.
type findings struct {
	Command string
	Runs    int
	Samples []sample
	CPU     map[string][]float64 // ms of each page
	Rows    map[string]int       // S6
	Failing []sample             // S7
	Revisit []sample             // S8
	Control map[string][]sample  // the external control; empty without Node
	Rates   map[string]int       // pages per second; empty without k6

	Machine      []string // what it was measured on
	FeedLines    int      // of post.feed
	Front        *front   // nil without Node
	Capabilities string   // the README's table
}

var (
	nextDoor = line{name: "loopback"}
	city     = line{name: "40 ms, 1.6 Mbit/s", roundTrip: 40 * time.Millisecond, rate: 200_000}
	far      = line{name: "150 ms, 1.6 Mbit/s", roundTrip: 150 * time.Millisecond, rate: 200_000}
)

func settings(quick bool) []setting {
	six := homePage(6)
	list := []setting{
		{scenario: "S2", page: six, contenders: contenders, delay: 500, line: nextDoor},
		{scenario: "S3", page: duplicates(), contenders: contenders, line: nextDoor},
		{scenario: "S1", page: homePage(12), contenders: contenders, line: nextDoor},
		{scenario: "S4", page: []component{feed(50)}, contenders: feedContenders, line: nextDoor},
		{scenario: "article", page: article(), contenders: contendersNamed("graphql-stream", "rpc-stream"), line: nextDoor},
	}
	if quick {
		return list
	}
	for _, n := range []int{1, 3, 6, 24} {
		list = append(list, setting{scenario: "S1", page: homePage(n), contenders: contenders, line: nextDoor})
	}
	list = append(list,
		setting{scenario: "S1", page: six, contenders: contenders, line: nextDoor, warm: true},
		setting{scenario: "S1", page: six, contenders: contenders, line: city},
		setting{scenario: "S1", page: six, contenders: contenders, line: far},
		setting{scenario: "S2", page: six, contenders: contenders, delay: 100, line: nextDoor},
		setting{scenario: "S2", page: six, contenders: contenders, delay: 500, line: city},
		setting{scenario: "S4", page: []component{feed(50)}, contenders: feedContenders, line: city},
	)
	for _, encoding := range []string{"identity", "gzip"} {
		list = append(list, setting{scenario: "S1", page: six, contenders: contenders, line: nextDoor, encoding: encoding})
	}
	terminals := contendersNamed("graphql-single", "rpc-single")
	for _, encoding := range []string{"identity", "gzip", asBrowsers} {
		list = append(list,
			setting{scenario: "S5 phone", page: []component{phone}, contenders: terminals, line: nextDoor, encoding: encoding},
			setting{scenario: "S5 desktop", page: []component{desktop}, contenders: terminals, line: nextDoor, encoding: encoding})
	}
	return list
}

func measure(ctx context.Context, program, dir string, runs int, quick bool, tell func(string, ...any)) (found findings, err error) {
	s, err := startServer(ctx, program, dir)
	if err != nil {
		return found, err
	}
	defer func() { _ = s.stop() }()
	b, err := newBench(ctx, s.addr, s, true, runs, tell)
	if err != nil {
		return found, err
	}
	defer b.close()

	found.Runs = runs
	for _, setting := range settings(quick) {
		made, err := b.rounds(ctx, setting)
		if err != nil {
			return found, err
		}
		found.Samples = append(found.Samples, made...)
	}
	if found.CPU, err = b.spent(ctx, setting{page: homePage(6), contenders: contenders, warm: true}, 20); err != nil {
		return found, err
	}

	if found.Control, err = control(ctx, s, dir, runs, tell); err != nil {
		return found, err
	}
	if !quick {
		if found.Rates, err = rates(ctx, s, tell); err != nil {
			return found, err
		}
	}

	found.Rows = map[string]int{}
	for name, asked := range map[string][2]string{"graphql-array": {"/graphql", twiceByGraphQL}, "rpc-batch": {"/rpc", twiceByRPC}} {
		if found.Rows[name], err = b.twice(ctx, asked[0], asked[1]); err != nil {
			return found, err
		}
	}
	if found.Failing, err = failures(ctx, program, dir, tell); err != nil {
		return found, err
	}
	if found.Revisit, err = b.revisits(ctx, homePage(6)); err != nil {
		return found, err
	}
	return found, nil
}

// failures is S7: a server of its own, whose deadline of backend calls is below what they take.
func failures(ctx context.Context, program, dir string, tell func(string, ...any)) ([]sample, error) {
	s, err := startServer(ctx, program, dir, "-backend-timeout", "200ms")
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.stop() }()
	b, err := newBench(ctx, s.addr, s, true, 1, tell)
	if err != nil {
		return nil, err
	}
	defer b.close()
	made, err := b.rounds(ctx, setting{scenario: "S7", page: failing(), contenders: contenders, delay: 500, line: nextDoor, partial: true})
	order := func(s sample) int {
		return slices.IndexFunc(contenders, func(c contender) bool { return c.name == s.Contender })
	}
	slices.SortFunc(made, func(a, b sample) int { return order(a) - order(b) })
	return made, err
}

// revisits is S8 for each contender, and for the composed page by GET with the tag of what the client has.
func (b *bench) revisits(ctx context.Context, page []component) ([]sample, error) {
	first, err := b.revisit(ctx, page, nil)
	if err != nil {
		return nil, err
	}
	all := []sample{first}
	for _, c := range contenders {
		made, err := b.revisit(ctx, page, &c)
		if err != nil {
			return nil, err
		}
		all = append(all, made)
	}
	return all, nil
}
