package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// setting is what the rounds of one table have in common.
type setting struct {
	scenario   string
	page       []component
	contenders []contender
	delay      int // of each call of the post service, in ms
	warm       bool
	line       line
	encoding   string // what the client accepts; as browsers do, if empty
	partial    bool   // failed components are what is looked at
}

// sample is one load of a page by one contender.
type sample struct {
	Scenario    string    `json:"scenario"`
	N           int       `json:"n"`
	Delay       int       `json:"delayMs"`
	Cache       string    `json:"cache"`
	Line        string    `json:"line"`
	Encoding    string    `json:"encoding"`
	Round       int       `json:"round"`
	Contender   string    `json:"contender"`
	First       float64   `json:"firstMs"`
	Last        float64   `json:"lastMs"`
	Each        []float64 `json:"eachMs"`
	Requests    int       `json:"requests"`
	Up          int64     `json:"bytesUp"`
	Down        int64     `json:"bytesDown"`
	Calls       int       `json:"backendCalls"`
	Keys        int       `json:"backendKeys"`
	Executions  int       `json:"executions"` // operations or calls that the server carried out
	Failed      int       `json:"failed"`     // components without their data
	Codes       []string  `json:"codes,omitempty"`
	Unavailable string    `json:"error,omitempty"` // why the whole load failed
}

// bench loads pages of a server through a wire.
type bench struct {
	server *server // that has the records; nil: there are none
	wire   *wire
	client *http.Client
	random *rand.Rand
	runs   int
	tell   func(format string, args ...any)
}

// asBrowsers is what browsers accept, of what there is here.
const asBrowsers = "gzip, br"

const (
	warmUps  = 5
	patience = time.Minute            // with one load of a page
	settle   = 100 * time.Millisecond // in which the server ends what it does beside requests, as to write their records
)

// newBench makes a client that keeps one HTTP/2 connection, as the rules say, or those of HTTP/1.1.
func newBench(ctx context.Context, addr string, s *server, http2 bool, runs int, tell func(string, ...any)) (*bench, error) {
	w, err := newWire(ctx, addr)
	if err != nil {
		return nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(http2)
	protocols.SetHTTP1(!http2)
	return &bench{
		server: s, wire: w, runs: runs, tell: tell,
		client: &http.Client{Transport: &http.Transport{Protocols: protocols, DisableCompression: true}},
		random: rand.New(rand.NewPCG(2026, 11)), //nolint:gosec // the same order again on purpose
	}, nil
}

func (b *bench) close() {
	b.client.CloseIdleConnections()
	b.wire.close()
}

// rounds loads the page of a setting by each contender, runs times, in an order drawn anew each time.
func (b *bench) rounds(ctx context.Context, s setting) ([]sample, error) {
	if s.encoding == "" {
		s.encoding = asBrowsers
	}
	b.tell("%s: %d components, +%d ms, cache %s, line %s", s.scenario, len(s.page), s.delay, s.cache(), s.line.name)
	b.wire.line.Store(&s.line)
	defer b.wire.line.Store(&line{})

	for _, c := range s.contenders {
		for range warmUps {
			if made := b.load(ctx, s, c, -1); made.Unavailable != "" {
				return nil, fmt.Errorf("%s of %s: %s", c.name, s.scenario, made.Unavailable)
			}
		}
	}

	var all []sample
	for round := range b.runs {
		for _, i := range b.random.Perm(len(s.contenders)) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			all = append(all, b.load(ctx, s, s.contenders[i], round))
		}
	}
	return all, nil
}

func (s setting) cache() string {
	if s.warm {
		return "warm"
	}
	return "off"
}

var loads int // to name requests by

func (b *bench) visit(ctx context.Context, s setting, id string) *visit {
	v := &visit{
		ctx: ctx, http: b.client, base: b.wire.url(), encoding: s.encoding, arrived: make([]time.Duration, len(s.page)), codes: map[int]string{},
		header: map[string]string{"X-Request-Id": id, "GraphQL-Client-Name": "compare"},
	}
	if s.delay > 0 {
		v.header["Compare-Delay"] = strconv.Itoa(s.delay)
	}
	if !s.warm {
		v.header["Compare-Cache"] = "off"
	}
	return v
}

// load loads a page once.
func (b *bench) load(ctx context.Context, s setting, c contender, round int) sample {
	loads++
	id := fmt.Sprintf("compare-%06d", loads)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	v := b.visit(ctx, s, id)

	b.wire.counted()
	v.start = time.Now()
	err := c.load(v, s.page)
	up, down := b.wire.counted()

	made := sample{
		Scenario: s.scenario, N: len(s.page), Delay: s.delay, Cache: s.cache(), Line: s.line.name, Encoding: s.encoding,
		Round: round, Contender: c.name, Requests: v.requests, Up: up, Down: down, Each: make([]float64, len(s.page)),
	}
	for i, arrived := range v.arrived {
		made.Each[i] = float64(arrived.Microseconds()) / 1000
		if arrived == 0 && err == nil {
			err = fmt.Errorf("component %d was never answered", i)
		}
		if code, failed := v.codes[i]; failed {
			made.Failed++
			made.Codes = append(made.Codes, code)
			continue
		}
		if made.First == 0 || made.Each[i] < made.First {
			made.First = made.Each[i]
		}
		made.Last = max(made.Last, made.Each[i])
	}
	if made.Failed > 0 && !s.partial {
		err = errors.Join(err, fmt.Errorf("%d components without their data: %v", made.Failed, made.Codes))
	}
	if b.server != nil {
		records, recordsErr := b.server.records(id, v.operations)
		made.Executions = len(records)
		for _, r := range records {
			made.Calls += r.BackendCalls
			made.Keys += r.BackendKeys
		}
		err = errors.Join(err, recordsErr)
	}
	if err != nil {
		made.Unavailable = err.Error()
	}
	return made
}

// spent is the processor's time that the server needs for a page, in ms, of each round of pages loads by each contender.
func (b *bench) spent(ctx context.Context, s setting, pages int) (map[string][]float64, error) {
	b.tell("cpu: %d components, %d pages at a time", len(s.page), pages)
	s.encoding = asBrowsers
	all := map[string][]float64{}
	for round := range b.runs + 1 {
		for _, i := range b.random.Perm(len(s.contenders)) {
			c := s.contenders[i]
			before, err := b.server.cpu()
			if err != nil {
				return nil, err
			}
			for range pages {
				v := b.visit(ctx, s, "compare-cpu")
				v.start = time.Now()
				if err := errors.Join(c.load(v, s.page), v.lacking()); err != nil {
					return nil, fmt.Errorf("%s: %w", c.name, err)
				}
			}
			<-time.After(settle)
			after, err := b.server.cpu()
			if err != nil {
				return nil, err
			}
			if round > 0 { // the first warms up
				all[c.name] = append(all[c.name], float64((after-before).Microseconds())/1000/float64(pages))
			}
		}
	}
	return all, nil
}
