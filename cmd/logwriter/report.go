package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"bff/accesslog"
	"bff/cmd/internal/program"
)

// report prints one of the reports.
func report(args []string, env program.Env, stdout, stderr io.Writer) error {
	reports := map[string]func(read reader, out printer) error{"deprecated": reportDeprecated, "operations": reportOperations, "days": reportDays}
	if len(args) == 0 || reports[args[0]] == nil {
		return &program.UsageError{Err: fmt.Errorf("name a report: logwriter report deprecated, logwriter report operations or logwriter report days")}
	}

	var dir, from, to string
	var asJSON bool
	flags := program.NewFlags("logwriter report "+args[0], stderr)
	dirFlag(flags, &dir)
	flags.String(&from, "from", "BFF_REPORT_FROM", "", "first day, YYYY-MM-DD in UTC; empty: from the beginning")
	flags.String(&to, "to", "BFF_REPORT_TO", "", "last day; empty: to the end")
	flags.Bool(&asJSON, "json", "BFF_REPORT_JSON", false, "print JSON instead of a table")
	if err := flags.Parse(args[1:], env); err != nil {
		return err
	}
	first, err := day("from", from)
	if err != nil {
		return err
	}
	last, err := day("to", to)
	if err != nil {
		return err
	}

	read := func(take func(accesslog.Record)) (bad int, err error) {
		bad, err = accesslog.Read(dir, first, last, take)
		if err != nil {
			return bad, program.Wrong("dir", "%w", err)
		}
		if bad > 0 {
			_, _ = fmt.Fprintf(stderr, "logwriter: %d lines are no records and were left out\n", bad)
		}
		return bad, nil
	}
	return reports[args[0]](read, printer{stdout, asJSON})
}

func day(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	parsed, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return parsed, program.Wrong(flag, "not a day such as 2026-01-31")
	}
	return parsed, nil
}

type reader func(take func(accesslog.Record)) (bad int, err error)

// printer prints rows as a table or as JSON.
type printer struct {
	out  io.Writer
	json bool
}

func (p printer) print(rows any, header []string, cells [][]string) error {
	if p.json {
		encoder := json.NewEncoder(p.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(rows)
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, strings.Join(header, "\t"))
	for _, row := range cells {
		_, _ = fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// use is who used something deprecated.
type use struct {
	Coordinate    string    `json:"coordinate"`
	Client        string    `json:"client"`
	ClientVersion string    `json:"clientVersion"`
	Count         int       `json:"count"`
	Last          time.Time `json:"last"`
}

func reportDeprecated(read reader, out printer) error {
	type key struct{ coordinate, client, version string }
	uses := map[key]*use{}
	_, err := read(func(r accesslog.Record) {
		for _, coordinate := range r.Deprecated {
			k := key{coordinate, r.Client, r.ClientVersion}
			u := uses[k]
			if u == nil {
				u = &use{Coordinate: coordinate, Client: r.Client, ClientVersion: r.ClientVersion}
				uses[k] = u
			}
			u.Count++
			if r.Time.After(u.Last) {
				u.Last = r.Time
			}
		}
	})
	if err != nil {
		return err
	}

	rows := make([]*use, 0, len(uses))
	for _, u := range uses {
		rows = append(rows, u)
	}
	slices.SortFunc(rows, func(a, b *use) int {
		return cmp.Or(cmp.Compare(a.Coordinate, b.Coordinate), cmp.Compare(a.Client, b.Client), cmp.Compare(a.ClientVersion, b.ClientVersion))
	})
	var cells [][]string
	for _, u := range rows {
		cells = append(cells, []string{u.Coordinate, u.Client, u.ClientVersion, fmt.Sprint(u.Count), u.Last.UTC().Format(time.RFC3339)})
	}
	return out.print(rows, []string{"COORDINATE", "CLIENT", "VERSION", "COUNT", "LAST"}, cells)
}

// days is what the records cover. A day without records is not listed.
type days struct {
	Days []dayCount `json:"days"`
	Bad  int        `json:"bad"` // lines that are no records
}

type dayCount struct {
	Day   string `json:"day"` // UTC
	Count int    `json:"count"`
}

func reportDays(read reader, out printer) error {
	counts := map[string]int{}
	bad, err := read(func(r accesslog.Record) { counts[r.Time.UTC().Format(time.DateOnly)]++ })
	if err != nil {
		return err
	}

	covered := days{Days: []dayCount{}, Bad: bad}
	var cells [][]string
	for _, day := range slices.Sorted(maps.Keys(counts)) {
		covered.Days = append(covered.Days, dayCount{day, counts[day]})
		cells = append(cells, []string{day, fmt.Sprint(counts[day])})
	}
	return out.print(covered, []string{"DAY", "COUNT"}, cells)
}

// cost is what an operation took. The milliseconds are exact percentiles by the nearest-rank method.
type cost struct {
	Operation    string  `json:"operation"`
	Type         string  `json:"type"`
	Count        int     `json:"count"`
	Errors       int     `json:"errors"`
	P50          float32 `json:"p50Ms"`
	P95          float32 `json:"p95Ms"`
	P99          float32 `json:"p99Ms"`
	BackendCalls int64   `json:"backendCalls"`
	MemoryHits   int64   `json:"memoryHits"`
	RedisHits    int64   `json:"redisHits"`

	took []float32
}

func reportOperations(read reader, out printer) error {
	type key struct{ operation, kind string }
	costs := map[key]*cost{}
	_, err := read(func(r accesslog.Record) {
		k := key{operationOf(r), r.OperationType}
		c := costs[k]
		if c == nil {
			c = &cost{Operation: k.operation, Type: k.kind}
			costs[k] = c
		}
		c.Count++
		if len(r.ErrorCodes) > 0 {
			c.Errors++
		}
		c.took = append(c.took, float32(r.DurationMS))
		c.BackendCalls += r.BackendCalls
		c.MemoryHits += r.MemoryHits
		c.RedisHits += r.RedisHits
	})
	if err != nil {
		return err
	}

	rows := make([]*cost, 0, len(costs))
	for _, c := range costs {
		slices.Sort(c.took)
		c.P50, c.P95, c.P99 = percentile(c.took, 50), percentile(c.took, 95), percentile(c.took, 99)
		rows = append(rows, c)
	}
	slices.SortFunc(rows, func(a, b *cost) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Type, b.Type))
	})
	var cells [][]string
	for _, c := range rows {
		cells = append(cells, []string{
			c.Operation, c.Type, fmt.Sprint(c.Count), fmt.Sprint(c.Errors), fmt.Sprintf("%.1f", c.P50), fmt.Sprintf("%.1f", c.P95), fmt.Sprintf("%.1f", c.P99),
			fmt.Sprint(c.BackendCalls), fmt.Sprint(c.MemoryHits), fmt.Sprint(c.RedisHits),
		})
	}
	return out.print(rows, []string{"OPERATION", "TYPE", "COUNT", "ERRORS", "P50 MS", "P95 MS", "P99 MS", "BACKEND CALLS", "MEMORY HITS", "REDIS HITS"}, cells)
}

// operationOf names an operation: by its own name, or by the start of its document's hash.
func operationOf(r accesslog.Record) string {
	switch {
	case r.OperationType == "":
		return "(refused)"
	case r.OperationName != "":
		return r.OperationName
	default:
		return r.OperationHash[:min(len(r.OperationHash), 12)]
	}
}

// percentile returns the smallest value that p percent of the sorted values do not exceed.
func percentile(sorted []float32, p int) float32 {
	return sorted[(len(sorted)*p+99)/100-1]
}
