package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// write leaves the report, its charts and the raw data in a folder.
func write(out string, f findings) error {
	r := &report{findings: f}
	r.head()
	r.decisions()
	r.verdicts()
	r.article()
	r.slow()
	r.pages()
	r.distances()
	r.other()
	r.cost()
	r.front()
	r.capabilities()
	return errors.Join(
		os.WriteFile(filepath.Join(out, "report.md"), []byte(r.text.String()), 0o644), //nolint:gosec // it is published
		writeRaw(filepath.Join(out, "raw.csv"), f.Samples),
		writeCPU(filepath.Join(out, "raw-cpu.csv"), f.CPU),
		r.charts(out),
	)
}

// report is text about findings. Less is better in everything that it compares, but for pages per second.
type report struct {
	findings
	text strings.Builder
}

func (r *report) say(format string, args ...any) { fmt.Fprintf(&r.text, format+"\n", args...) }

func (r *report) table(head []string, rows [][]string) {
	r.say("\n| %s |", strings.Join(head, " | "))
	r.say("|%s", strings.Repeat("---|", len(head)))
	for _, row := range rows {
		r.say("| %s |", strings.Join(row, " | "))
	}
	r.say("")
}

// which picks samples; what is left empty, or below 0, is any.
type which struct {
	scenario, contender, cache, line, encoding string
	n, delay                                   int
}

func (r *report) of(w which) []sample {
	if w.line == "" {
		w.line = nextDoor.name
	}
	if w.encoding == "" {
		w.encoding = asBrowsers
	}
	if w.cache == "" {
		w.cache = "off"
	}
	var found []sample
	for _, s := range r.Samples {
		if s.Scenario == w.scenario && s.Contender == w.contender && s.Cache == w.cache && s.Line == w.line && s.Encoding == w.encoding &&
			(w.n == 0 || s.N == w.n) && s.Delay == w.delay {
			found = append(found, s)
		}
	}
	return found
}

func values(list []sample, of func(sample) float64) []float64 {
	found := make([]float64, len(list))
	for i, s := range list {
		found[i] = of(s)
	}
	return found
}

func first(s sample) float64    { return s.took(s.First) }
func last(s sample) float64     { return s.took(s.Last) }
func requests(s sample) float64 { return float64(s.Requests) }
func up(s sample) float64       { return float64(s.Up) }
func down(s sample) float64     { return float64(s.Down) }
func called(s sample) float64   { return float64(s.Calls) }

// took is a time of a load. One that failed counts as if it had taken all the time that it had, or to fail would be fast.
func (s sample) took(ms float64) float64 {
	if s.Unavailable != "" {
		return float64(patience.Milliseconds())
	}
	return ms
}

// count is the median of a whole number.
func (r *report) count(w which, of func(sample) float64) int {
	if list := values(r.of(w), of); len(list) > 0 {
		return int(median(list))
	}
	return -1
}

func whole(n int) string {
	if n < 0 {
		return "–"
	}
	return strconv.Itoa(n)
}

func (e estimate) String() string {
	if e == (estimate{}) {
		return "–"
	}
	return fmt.Sprintf("%s (%s–%s)", short(e.Median), short(e.Low), short(e.High))
}

func short(ms float64) string {
	switch {
	case ms >= 100:
		return strconv.FormatFloat(ms, 'f', 0, 64)
	case ms >= 10:
		return strconv.FormatFloat(ms, 'f', 1, 64)
	default:
		return strconv.FormatFloat(ms, 'f', 2, 64)
	}
}

func (r *report) estimate(w which, of func(sample) float64) estimate {
	return estimateOf(values(r.of(w), of))
}

// ratio is what contender a takes of what b takes, round by round.
func (r *report) ratio(w which, a, b string, of func(sample) float64) estimate {
	wa, wb := w, w
	wa.contender, wb.contender = a, b
	return estimateOf(ratios(values(r.of(wa), of), values(r.of(wb), of)))
}

func (r *report) head() {
	r.say("# GraphQL-BFF and RPC-BFF, measured\n")
	r.say("Written by `%s`; by hand is nothing. The [rules](rules.md) were written before.\n", r.Command)
	for _, fact := range r.Machine {
		r.say("* %s", fact)
	}
	r.say("* %d rounds, interleaved; medians with 95 %% intervals in brackets; times in ms, sizes in bytes on the wire", r.Runs)
	failed := 0
	for _, s := range r.Samples {
		if s.Unavailable != "" {
			failed++
		}
	}
	r.say("* %d loads of pages, %d of them failed; raw data: [raw.csv](raw.csv), [raw-cpu.csv](raw-cpu.csv)", len(r.Samples), failed)
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "**no**"
}

func writeRaw(file string, samples []sample) error {
	rows := [][]string{{"scenario", "n", "delay_ms", "cache", "line", "encoding", "round", "contender", "first_ms", "last_ms", "each_ms", "requests", "bytes_up", "bytes_down", "backend_calls", "backend_keys", "executions", "failed", "error"}}
	ms := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
	for _, s := range samples {
		each := make([]string, len(s.Each))
		for i, v := range s.Each {
			each[i] = ms(v)
		}
		rows = append(rows, []string{s.Scenario, strconv.Itoa(s.N), strconv.Itoa(s.Delay), s.Cache, s.Line, s.Encoding, strconv.Itoa(s.Round), s.Contender, ms(s.First), ms(s.Last), strings.Join(each, ";"),
			strconv.Itoa(s.Requests), strconv.FormatInt(s.Up, 10), strconv.FormatInt(s.Down, 10), strconv.Itoa(s.Calls), strconv.Itoa(s.Keys), strconv.Itoa(s.Executions), strconv.Itoa(s.Failed), s.Unavailable})
	}
	return writeCSV(file, rows)
}

func writeCPU(file string, spent map[string][]float64) error {
	rows := [][]string{{"contender", "round", "ms_per_page"}}
	for _, c := range contenders {
		for round, v := range spent[c.name] {
			rows = append(rows, []string{c.name, strconv.Itoa(round), strconv.FormatFloat(v, 'f', 4, 64)})
		}
	}
	return writeCSV(file, rows)
}

func writeCSV(name string, rows [][]string) error {
	file, err := os.Create(name) //nolint:gosec // the caller's folder
	if err != nil {
		return err
	}
	return errors.Join(csv.NewWriter(file).WriteAll(rows), file.Close())
}
