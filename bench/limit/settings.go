package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// settings are what the flags say.
type settings struct {
	rounds      int
	lasting     time.Duration // of one measurement
	connections int
	queries     []query
	latency     map[string]bool // by the query's name
	out         string          // empty: no file
	profile     string          // where a CPU profile of the server goes; empty: nowhere
}

func parse(args []string, stderr io.Writer) (settings, error) {
	flags := flag.NewFlagSet("limit", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var s settings
	flags.IntVar(&s.rounds, "rounds", 5, "rounds of each query")
	seconds := flags.Float64("seconds", 4, "length of one measurement")
	flags.IntVar(&s.connections, "connections", 32, "connections while CPU is measured")
	only := flags.String("only", "", "names of the queries to measure, comma-separated; empty: all")
	latency := flags.String("latency", "", "names of the queries whose latency is measured, all or none; empty: Q1, Q3 and Home")
	flags.StringVar(&s.out, "out", "bench/limit/results.json", "where the raw results go; empty: nowhere")
	flags.StringVar(&s.profile, "profile", "", "where a CPU profile of the server goes, for builds of it; empty: nowhere")
	short := flags.Bool("short", false, "a proof that all works, about 20 seconds; no measurement, no file")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if *short {
		s.rounds, *seconds, s.out = 1, 0.1, ""
	}
	s.lasting = time.Duration(*seconds * float64(time.Second))
	if s.rounds < 1 || s.lasting <= 0 || s.connections < 1 {
		return s, errors.New("-rounds, -seconds and -connections must be above 0")
	}
	var err error
	if s.queries, err = named(*only); err != nil {
		return s, err
	}
	s.latency, err = withLatency(*latency)
	return s, err
}

// named returns the queries with these names; all, if there are none.
func named(names string) ([]query, error) {
	all := queries()
	if names == "" {
		return all, nil
	}
	var found []query
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(q query) bool { return strings.EqualFold(q.name, name) })
		if i < 0 {
			return nil, fmt.Errorf("there is no query %q", name)
		}
		found = append(found, all[i])
	}
	return found, nil
}

func withLatency(names string) (map[string]bool, error) {
	wanted := map[string]bool{}
	switch names {
	case "none":
		return wanted, nil
	case "", "all":
		for _, q := range queries() {
			wanted[q.name] = q.latency || names == "all"
		}
		return wanted, nil
	}
	found, err := named(names)
	for _, q := range found {
		wanted[q.name] = true
	}
	return wanted, err
}
