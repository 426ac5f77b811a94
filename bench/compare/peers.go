package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// peerWarmUps is for how many loads everybody in this table warms up: Node compiles what it has run often.
const peerWarmUps = 500

// control loads the home page through a farrow server in Node before the same services, and through ours, over HTTP/1.1.
// Without Node there is none.
func control(ctx context.Context, s *server, dir string, runs int, tell func(string, ...any)) (map[string][]sample, error) {
	const peer = "bench/peers/farrow"
	if !there("npm") {
		tell("no npm: the external control is left out")
		return map[string][]sample{}, nil
	}
	install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--silent", "--prefix", peer)
	install.Stderr = os.Stderr
	if err := install.Run(); err != nil {
		return nil, fmt.Errorf("install %s: %w", peer, err)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	node := onCore(ctx, 0, "node", filepath.Join(peer, "server.mjs"), "--addr", addr, "--users", s.users, "--posts", s.posts)
	log, err := os.Create(filepath.Join(dir, "farrow.log")) //nolint:gosec // a folder of our own
	if err != nil {
		return nil, err
	}
	node.Stdout, node.Stderr = log, log
	if err := node.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = node.Process.Signal(syscall.SIGTERM)
		_ = node.Wait()
	}()

	ours, err := newBench(ctx, s.addr, nil, false, runs, tell)
	if err != nil {
		return nil, err
	}
	defer ours.close()
	theirs, err := newBench(ctx, addr, nil, false, runs, tell)
	if err != nil {
		return nil, err
	}
	defer theirs.close()

	tell("control: a farrow server in Node")
	page := setting{scenario: "control", page: homePage(6), encoding: "identity"}
	type entry struct {
		through *bench
		contender
	}
	entries := []entry{{theirs, contender{"farrow-batch", calls("Batch")}}}
	for _, c := range contendersNamed("rpc-stream", "rpc-batch", "graphql-stream", "graphql-array") {
		entries = append(entries, entry{ours, c})
	}
	for end := time.Now().Add(20 * time.Second); theirs.load(ctx, page, entries[0].contender, -1).Unavailable != ""; {
		if time.Now().After(end) {
			return nil, fmt.Errorf("the farrow server does not answer: %s", theirs.load(ctx, page, entries[0].contender, -1).Unavailable)
		}
		<-time.After(100 * time.Millisecond)
	}
	found := map[string][]sample{}
	for round := -peerWarmUps; round < runs; round++ {
		for _, i := range ours.random.Perm(len(entries)) {
			e := entries[i]
			made := e.through.load(ctx, page, e.contender, round)
			if made.Unavailable != "" {
				return nil, fmt.Errorf("control: %s: %s", e.name, made.Unavailable)
			}
			if round >= 0 {
				found[e.name] = append(found[e.name], made)
			}
		}
	}
	return found, nil
}

// loaded are the contenders that k6 can be: it reads an answer as a whole.
var loaded = contendersNamed("graphql-composed", "graphql-stream", "graphql-stream-persisted", "graphql-array", "graphql-single", "rpc-stream", "rpc-batch", "rpc-single")

// rates raises the rate of pages until k6 finds the p99 of a page above 100 ms, a failure, or pages that it could not
// begin in time. Each step is run by all contenders that held the one before.
func rates(ctx context.Context, s *server, tell func(string, ...any)) (map[string]int, error) {
	const program = ".bin/k6"
	if !there("./" + program) {
		tell("no %s: pages per second are left out", program)
		return map[string]int{}, nil
	}
	held := map[string]int{}
	running := slices.Clone(loaded)
	random := rand.New(rand.NewPCG(2026, 12)) //nolint:gosec // the same order again on purpose
	for _, rate := range []int{50, 100, 150, 200, 250, 300, 400, 500, 600, 800} {
		var next []contender
		random.Shuffle(len(running), func(i, j int) { running[i], running[j] = running[j], running[i] })
		for _, c := range running {
			ok, err := holds(ctx, program, s, c.name, rate)
			if err == nil && !ok {
				ok, err = holds(ctx, program, s, c.name, rate) // three slow pages are a p99 of five seconds, and may be the machine's
			}
			if err != nil {
				return nil, err
			}
			if ok {
				held[c.name] = rate
				next = append(next, c)
			}
		}
		tell("k6: %d pages/s held by %d of %d", rate, len(next), len(running))
		if running = next; running == nil {
			break
		}
	}
	return held, nil
}

func holds(ctx context.Context, program string, s *server, contender string, rate int) (bool, error) {
	command := onCore(ctx, 1, "./"+program, "run", "-q", "--no-usage-report", "-e", "BASE=http://"+s.addr, "-e", "CONTENDER="+contender,
		"-e", fmt.Sprintf("RATE=%d", rate), "-e", "DURATION=5", "-e", "WARMUP=1", "-e", "N=6", "bench/k6/contender.js")
	text, err := command.Output()
	if err != nil && command.ProcessState == nil {
		return false, err
	}
	var result struct {
		P99             float64
		Failed, Dropped int
		Pages           int
	}
	if err := json.Unmarshal(text, &result); err != nil {
		return false, fmt.Errorf("k6 of %s said %q: %w", contender, text, err)
	}
	return command.ProcessState.Success() && result.Pages > 0 && result.P99 <= 100 && result.Failed == 0 && result.Dropped == 0, nil
}
