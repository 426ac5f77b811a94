package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (r *report) decisions() {
	slowed := which{scenario: "S2", n: 6, delay: 500}
	d1 := r.ratio(slowed, "graphql-stream", "rpc-stream", first)
	away := slowed
	away.line = city.name
	d1Away := r.ratio(away, "graphql-stream", "rpc-stream", first)
	d2 := r.ratio(slowed, "graphql-array", "graphql-stream", first)
	calls := func(scenario, contender string, n int) int {
		return r.count(which{scenario: scenario, contender: contender, n: n}, called)
	}
	asked := func(contender string) int {
		return r.count(which{scenario: "S1", contender: contender, n: 12}, requests)
	}
	g3, r3 := calls("S3", "graphql-stream", 6), calls("S3", "rpc-stream", 6)
	d4g, d4r := asked("graphql-stream"), asked("rpc-stream")
	d5 := calls("S4", "graphql-single", 1)
	rows := [][]string{
		{"D1", "slow service: first component of `graphql-stream` no worse than that of `rpc-stream`", "ratio " + d1.String() + " on the loopback, where it is processor time alone; " + d1Away.String() + " with " + city.name, yes(d1.noWorse())},
		{"D2", "slow service: first component of `graphql-array` at least 5 times later than that of `graphql-stream`", "ratio " + d2.String(), yes(d2.Low >= 5)},
		{"D3", "duplicate needs: backend calls of `graphql-stream` not above `rpc-stream`", fmt.Sprintf("%d and %d", g3, r3), yes(0 <= g3 && g3 <= r3)},
		{"D4", "12 components: one request", fmt.Sprintf("%d and %d, with room for 50 in a batch; at the default of 10 operations it is 2 and 1", d4g, d4r), yes(d4g == 1 && d4r == 1)},
		{"D5", "50 posts with authors and counts: at most 3 backend calls", strconv.Itoa(d5), yes(0 <= d5 && d5 <= 3)},
	}
	if f := r.Front; f != nil {
		core, rpc := f.Clients["core"], f.Clients["rpc"]
		rows = append(rows,
			[]string{"D6", "client at most 3 KB gzipped", fmt.Sprintf("%d (GraphQL), %d (RPC)", core, rpc), yes(core <= 3072 && rpc <= 3072)},
			[]string{"D7", "no promise left hanging in any fault", fmt.Sprintf("%d faults (GraphQL), %d (RPC), %d failed", f.Faults["graphql"], f.Faults["rpc"], f.FaultsFailed), yes(f.FaultsFailed == 0 && f.Faults["graphql"] > 0 && f.Faults["rpc"] > 0)})
	}
	r.say("\n## Decisions")
	r.table([]string{"", "wanted", "found", "held"}, rows)
}

// verdicts compares the pairs that do the same, and says who is better by the rules.
func (r *report) verdicts() {
	r.say("## Who is better where\n")
	r.say("Six components. A ratio below 1 is GraphQL's advantage; \"better\" needs an interval without 1 and 10 %%.")
	pairs := [][2]string{{"graphql-stream", "rpc-stream"}, {"graphql-stream-persisted", "rpc-stream"}, {"graphql-composed", "rpc-batch"}, {"graphql-array", "rpc-batch"}, {"graphql-single", "rpc-single"}}
	plain, slowed, distant := which{scenario: "S1", n: 6}, which{scenario: "S2", n: 6, delay: 500}, which{scenario: "S1", n: 6, line: city.name}
	metrics := []struct {
		name  string
		ratio func(a, b string) estimate
	}{
		{"first", func(a, b string) estimate { return r.ratio(plain, a, b, first) }},
		{"last", func(a, b string) estimate { return r.ratio(plain, a, b, last) }},
		{"first, slow service", func(a, b string) estimate { return r.ratio(slowed, a, b, first) }},
		{"last, " + city.name, func(a, b string) estimate { return r.ratio(distant, a, b, last) }},
		{"bytes up", func(a, b string) estimate { return r.ratio(plain, a, b, up) }},
		{"bytes down", func(a, b string) estimate { return r.ratio(plain, a, b, down) }},
		{"server's processor", func(a, b string) estimate { return estimateOf(ratios(r.CPU[a], r.CPU[b])) }},
	}
	head := []string{"of GraphQL / of RPC"}
	for _, m := range metrics {
		head = append(head, m.name)
	}
	var rows [][]string
	for _, pair := range pairs {
		row := []string{fmt.Sprintf("`%s` / `%s`", pair[0], pair[1])}
		for _, m := range metrics {
			row = append(row, verdict(m.ratio(pair[0], pair[1])))
		}
		rows = append(rows, row)
	}
	r.table(head, rows)
}

func verdict(e estimate) string {
	inverse := estimate{Median: 1 / e.Median, Low: 1 / e.High, High: 1 / e.Low}
	switch {
	case e == (estimate{}):
		return "–"
	case e.better():
		return e.String() + " **GraphQL**"
	case inverse.better():
		return e.String() + " **RPC**"
	default:
		return e.String() + " no difference shown"
	}
}

// article is the example that the approach is explained by.
func (r *report) article() {
	r.say("## The article's example\n")
	r.say("Four components ask in one tick, two of them for the same: one request, three executions, four results, each when it is ready.")
	var rows [][]string
	for _, name := range []string{"graphql-stream", "rpc-stream"} {
		w := which{scenario: "article", contender: name}
		rows = append(rows, []string{"`" + name + "`", whole(r.count(w, requests)), whole(r.count(w, func(s sample) float64 { return float64(s.Executions) })),
			whole(r.count(w, func(s sample) float64 { return float64(s.N - s.Failed) })), whole(r.count(w, called)), r.estimate(w, first).String(), r.estimate(w, last).String()})
	}
	r.table([]string{"", "requests", "executions", "results", "backend calls", "first", "last"}, rows)
	r.say("In Chromium, by the page at `/compare` (the filter hides its two reads of access records):\n")
	r.say("![One request for each façade, and three lines in its answer](article.png)\n")
}

func (r *report) slow() {
	r.say("## One slow service (S2)\n")
	r.say("Six components, three of which need the post service. First and last component with each call of it slowed.\n")
	r.say("![When each component is there](waterfall.svg)")
	var rows [][]string
	for _, c := range contenders {
		row := []string{"`" + c.name + "`"}
		for _, w := range []which{{delay: 100}, {delay: 500}, {delay: 500, line: city.name}} {
			w.scenario, w.n, w.contender = "S2", 6, c.name
			row = append(row, r.estimate(w, first).String(), r.estimate(w, last).String())
		}
		rows = append(rows, row)
	}
	r.table([]string{"", "first, +100", "last, +100", "first, +500", "last, +500", "first, +500, " + city.name, "last, +500, " + city.name}, rows)
}

func (r *report) pages() {
	r.say("## A page of N components (S1)")
	for _, n := range []int{1, 3, 6, 12, 24} {
		var rows [][]string
		for _, c := range contenders {
			w := which{scenario: "S1", n: n, contender: c.name}
			if len(r.of(w)) == 0 {
				continue
			}
			rows = append(rows, []string{"`" + c.name + "`", whole(r.count(w, requests)), r.estimate(w, first).String(), r.estimate(w, last).String(),
				whole(r.count(w, up)), whole(r.count(w, down)), whole(r.count(w, called))})
		}
		if rows != nil {
			r.say("\nN = %d", n)
			r.table([]string{"", "requests", "first", "last", "bytes up", "bytes down", "backend calls"}, rows)
		}
	}
	r.say("With the default bound of 10 operations `graphql-stream` needs 2 requests for 12 components and 3 for 24, as do the other batches, and `graphql-composed` as many for its bound of 10 root fields; RPC's bound of 50 calls is not reached.\n")
	r.say("Bytes by encoding, N = 6:\n")
	r.say("![Bytes of a page](bytes.svg)")
	var rows [][]string
	for _, c := range contenders {
		row := []string{"`" + c.name + "`"}
		for _, encoding := range []string{"identity", "gzip", asBrowsers} {
			w := which{scenario: "S1", n: 6, contender: c.name, encoding: encoding}
			row = append(row, whole(r.count(w, up)), whole(r.count(w, down)))
		}
		rows = append(rows, row)
	}
	r.table([]string{"", "up, identity", "down, identity", "up, gzip", "down, gzip", "up, gzip or br", "down, gzip or br"}, rows)
}

func (r *report) distances() {
	r.say("## From further away, and with warm caches\n")
	r.say("Six components, no service slowed.")
	var rows [][]string
	for _, c := range contenders {
		row := []string{"`" + c.name + "`"}
		for _, w := range []which{{cache: "warm"}, {line: city.name}, {line: far.name}} {
			w.scenario, w.n, w.contender = "S1", 6, c.name
			row = append(row, r.estimate(w, first).String(), r.estimate(w, last).String())
		}
		rows = append(rows, row)
	}
	r.table([]string{"", "first, warm", "last, warm", "first, " + city.name, "last, " + city.name, "first, " + far.name, "last, " + far.name}, rows)
}

func (r *report) other() {
	r.say("## Duplicate needs (S3)\n")
	r.say("Six components, four of which want the same user.")
	var rows [][]string
	for _, c := range contenders {
		w := which{scenario: "S3", n: 6, contender: c.name}
		rows = append(rows, []string{"`" + c.name + "`", whole(r.count(w, requests)), whole(r.count(w, called)), whole(r.count(w, func(s sample) float64 { return float64(s.Keys) }))})
	}
	r.table([]string{"", "requests", "backend calls", "keys in them"}, rows)

	r.say("## 50 posts with author and number of posts (S4)\n")
	r.say("`graphql-single` is one query. `rpc-calls` composes the page from `post.list` and `user.home`; `rpc-feed` calls a procedure built for the page, which is %d lines of Go.", r.FeedLines)
	rows = nil
	for _, c := range feedContenders {
		w, away := which{scenario: "S4", contender: c.name}, which{scenario: "S4", contender: c.name, line: city.name}
		rows = append(rows, []string{"`" + c.name + "`", whole(r.count(w, requests)), r.estimate(w, last).String(), r.estimate(away, last).String(),
			whole(r.count(w, up)), whole(r.count(w, down)), whole(r.count(w, called))})
	}
	r.table([]string{"", "requests", "last", "last, " + city.name, "bytes up", "bytes down", "backend calls"}, rows)

	r.say("## Two terminals (S5)\n")
	r.say("20 users: two fields on a phone, six on a desktop. Bytes down.")
	rows = nil
	for _, name := range []string{"graphql-single", "rpc-single"} {
		row := []string{"`" + name + "`"}
		for _, terminal := range []string{"S5 phone", "S5 desktop"} {
			for _, encoding := range []string{"identity", "gzip", asBrowsers} {
				row = append(row, whole(r.count(which{scenario: terminal, contender: name, encoding: encoding}, down)))
			}
		}
		rows = append(rows, row)
	}
	r.table([]string{"", "phone", "phone, gzip", "phone, gzip or br", "desktop", "desktop, gzip", "desktop, gzip or br"}, rows)

	r.say("## The same mutation twice in one request (S6)")
	rows = nil
	for _, name := range []string{"graphql-array", "rpc-batch"} {
		rows = append(rows, []string{"`" + name + "`", whole(r.Rows[name])})
	}
	r.table([]string{"", "new rows"}, rows)

	r.say("## A component fails, and a service does not answer in time (S7)\n")
	r.say("Six components: one asks for an id that cannot be, three need the post service, which is slower than the deadline of backend calls.")
	rows = nil
	for _, s := range r.Failing {
		usable := strconv.Itoa(s.N - s.Failed)
		if s.Unavailable != "" {
			usable = "none: " + s.Unavailable
		}
		rows = append(rows, []string{"`" + s.Contender + "`", usable, strings.Join(s.Codes, ", ")})
	}
	r.table([]string{"", "usable components", "what the others say"}, rows)
	r.say("INCOMPLETE: an answer without an error of its own in which something is missing.\n")

	r.say("## The same page again (S8)\n")
	r.say("Warm caches. By GET the client names what it has, and 304 is the answer, over the connection of its first visit, whose header compression knows the address: over a new one it goes up in full, as any body does; what the clients keep themselves is the same for both and not counted.")
	rows = nil
	for _, s := range r.Revisit {
		rows = append(rows, []string{"`" + s.Contender + "`", whole(s.Requests), whole(int(s.Up)), whole(int(s.Down)), whole(s.Calls)})
	}
	r.table([]string{"", "requests", "bytes up", "bytes down", "backend calls"}, rows)
	r.say("## Changes of the contract (S9)\n\nSee [changes.md](changes.md).\n")
}

func (r *report) cost() {
	r.say("## What a page costs the server\n")
	r.say("Processor time of a page of six components, caches warm, services and database in the same process%s.\n", map[bool]string{true: "; and the highest rate of pages that k6 held with a p99 of at most 100 ms, over HTTP/1.1 with six connections for a page, without compression, persisted documents by their hash", false: ""}[len(r.Rates) > 0])
	r.say("![Processor time of a page](cpu.svg)")
	var rows [][]string
	for _, c := range contenders {
		row := []string{"`" + c.name + "`", estimateOf(r.CPU[c.name]).String()}
		if len(r.Rates) > 0 {
			rate, measured := r.Rates[c.name]
			if !measured {
				rate = -1 // k6 cannot be it
			}
			row = append(row, whole(rate))
		}
		rows = append(rows, row)
	}
	head := []string{"", "processor"}
	if len(r.Rates) > 0 {
		head = append(head, "pages/s")
	}
	r.table(head, rows)

	if len(r.Control) > 0 {
		r.say("## The external control\n")
		r.say("A server of the published farrow packages in Node ([bench/peers/farrow](../../bench/peers/farrow/README.md)) before the same services, and ours beside it, all over HTTP/1.1, without compression, caches off. Six components, after %d loads to warm up. The published server has no Stream; it has neither loaders nor limits nor records.", peerWarmUps)
		rows = nil
		for _, name := range []string{"farrow-batch", "rpc-batch", "graphql-array", "rpc-stream", "graphql-stream"} {
			list := r.Control[name]
			if len(list) == 0 {
				continue
			}
			rows = append(rows, []string{"`" + name + "`", estimateOf(values(list, first)).String(), estimateOf(values(list, last)).String(), whole(int(median(values(list, up)))), whole(int(median(values(list, down))))})
		}
		r.table([]string{"", "first", "last", "bytes up", "bytes down"}, rows)
	}
}

func (r *report) front() {
	f := r.Front
	if f == nil {
		return
	}
	r.say("## What the front end carries\n")
	r.say("The demo's data layers (`web/app/src/data`), each bundled alone by Vite with the demo's settings and minified by esbuild, without React, and their lines without generated code.")
	var rows [][]string
	for _, layer := range f.Layers {
		rows = append(rows, []string{layer.Name, whole(layer.Bytes), whole(layer.Gzip), whole(layer.Lines), whole(layer.Generated)})
	}
	r.table([]string{"", "bytes", "gzipped", "lines", "lines generated"}, rows)
	r.say("The clients alone, gzipped: %s.\n", list(f.Clients))
}

func list(sizes map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range sizes {
			if !yield(name) {
				return
			}
		}
	}) {
		parts = append(parts, fmt.Sprintf("%s %d", name, sizes[name]))
	}
	return strings.Join(parts, ", ")
}

// capabilities is the README's table, which is kept there.
func (r *report) capabilities() {
	if r.Capabilities != "" {
		r.say("## Capabilities\n\n%s", r.Capabilities)
	}
}
