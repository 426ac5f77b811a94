package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// results is what results.json holds.
type results struct {
	Facts   map[string]string `json:"facts"`
	Samples []sample          `json:"samples"`
}

// facts says when, where and how it was measured.
func facts(ctx context.Context, s settings) map[string]string {
	found := map[string]string{
		"date": time.Now().UTC().Format(time.RFC3339), "go": runtime.Version(), "processor": processor(),
		"cores": fmt.Sprint(runtime.NumCPU()), "pinned": fmt.Sprint(canPin()),
		"rounds": fmt.Sprint(s.rounds), "seconds": fmt.Sprint(s.lasting.Seconds()), "connections": fmt.Sprint(s.connections),
	}
	if commit, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12").Output(); err == nil {
		found["commit"] = strings.TrimSpace(string(commit))
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		found["load"], _, _ = strings.Cut(string(text), " ") // of the minute before: what else the machine did
	}
	return found
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func (r results) write(file string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600) //nolint:gosec // the file is the user's choice
}

// report writes the tables in Markdown.
func (r results) report(w io.Writer) error {
	f := r.Facts
	var text strings.Builder
	fmt.Fprintf(&text, "%s · commit %s · %s · %s, %s cores, pinned: %s, load before: %s · %s rounds of %s s, %s connections\n\n",
		f["date"], f["commit"], f["go"], f["processor"], f["cores"], f["pinned"], f["load"], f["rounds"], f["seconds"], f["connections"])
	r.spent(&text)
	r.allocated(&text)
	r.took(&text)
	_, err := io.WriteString(w, text.String())
	return err
}

// measured are the queries that have samples, in the order of the report.
func (r results) measured() []query {
	return slices.DeleteFunc(queries(), func(q query) bool {
		return !slices.ContainsFunc(r.Samples, func(s sample) bool { return s.Query == q.name })
	})
}

func (r results) spent(text *strings.Builder) {
	text.WriteString("CPU µs per request: median, and the server's ratio to the limit of the same round: median (lowest–highest).\n\n" +
		"| query | limit | limit+cache | off | ÷ limit | warm | ÷ limit+cache |\n|---|---|---|---|---|---|---|\n")
	cpu := func(s sample) float64 { return s.CPU }
	for _, q := range r.measured() {
		fmt.Fprintf(text, "| %s: %s | %s | %s | %s | %s | %s | %s |\n", q.name, q.title,
			digits(median(pick(r.Samples, q.name, "limit", cpu))), digits(median(pick(r.Samples, q.name, "limit+cache", cpu))),
			digits(median(pick(r.Samples, q.name, "off", cpu))), r.ratio(q.name, "off", "limit", cpu),
			digits(median(pick(r.Samples, q.name, "warm", cpu))), r.ratio(q.name, "warm", "limit+cache", cpu))
	}
}

func (r results) allocated(text *strings.Builder) {
	text.WriteString("\nAllocations per request (KB).\n\n| query | limit | limit+cache | off | warm |\n|---|---|---|---|---|\n")
	for _, q := range r.measured() {
		fmt.Fprintf(text, "| %s |", q.name)
		for _, c := range contenders() {
			allocs := median(pick(r.Samples, q.name, c.name, func(s sample) float64 { return s.Allocs }))
			bytes := median(pick(r.Samples, q.name, c.name, func(s sample) float64 { return s.Bytes }))
			fmt.Fprintf(text, " %.0f (%s) |", allocs, digits(bytes/1024))
		}
		text.WriteString("\n")
	}
}

func (r results) took(text *strings.Builder) {
	if !slices.ContainsFunc(r.Samples, func(s sample) bool { return s.Latency != nil }) {
		return
	}
	text.WriteString("\nLatency in µs.\n\n| query | connections | | limit | limit+cache | off | ÷ limit | warm | ÷ limit+cache |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, q := range r.measured() {
		for _, n := range latencyConnections {
			p50 := func(s sample) float64 { return s.Latency[n].P50 }
			p99 := func(s sample) float64 { return s.Latency[n].P99 }
			if median(pick(r.Samples, q.name, "limit", p50)) > 0 {
				r.tookRow(text, q.name, n, "p50", p50)
				r.tookRow(text, q.name, n, "p99", p99)
			}
		}
	}
}

func (r results) tookRow(text *strings.Builder, name string, n int, label string, of func(sample) float64) {
	value := func(contender string) string {
		return fmt.Sprintf("%.0f", median(pick(r.Samples, name, contender, of)))
	}
	fmt.Fprintf(text, "| %s | %d | %s | %s | %s | %s | %s | %s | %s |\n", name, n, label, value("limit"), value("limit+cache"),
		value("off"), r.ratio(name, "off", "limit", of), value("warm"), r.ratio(name, "warm", "limit+cache", of))
}

// ratio compares two contenders within each round.
func (r results) ratio(name, of, to string, value func(sample) float64) string {
	a, b := pick(r.Samples, name, of, value), pick(r.Samples, name, to, value)
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			ratios = append(ratios, a[i]/b[i])
		}
	}
	if len(ratios) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
}

// pick returns a value of each sample of a contender, by rounds; of all queries, if the name is empty.
func pick(samples []sample, name, contender string, value func(sample) float64) []float64 {
	var found []float64
	for _, s := range samples {
		if (name == "" || s.Query == name) && s.Contender == contender {
			found = append(found, value(s))
		}
	}
	return found
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// digits prints three digits, or all before the point.
func digits(value float64) string {
	switch {
	case value >= 100:
		return fmt.Sprintf("%.0f", value)
	case value >= 10:
		return fmt.Sprintf("%.1f", value)
	default:
		return fmt.Sprintf("%.2f", value)
	}
}
