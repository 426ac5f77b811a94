package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// target is a server that can be measured: the limit or the real one.
type target struct{ addr string }

// contender is a target with its caches on or off.
type contender struct {
	name   string // in results.json
	limit  bool   // the hand-written handler, or else the server
	cached bool
}

// contenders are all that is compared. A server's ratio is to the limit with the same caches.
func contenders() []contender {
	return []contender{
		{name: "limit", limit: true},
		{name: "limit+cache", limit: true, cached: true},
		{name: "off"},
		{name: "warm", cached: true},
	}
}

// targets are both programs.
type targets struct{ limit, server target }

func (t targets) of(c contender) target {
	if c.limit {
		return t.limit
	}
	return t.server
}

// verify sends every request of a query to every contender, twice, so that the second answers come from the caches. It
// fails unless all answers have the same data, byte for byte, and no errors.
func verify(ctx context.Context, q query, t targets) error {
	var wanted []map[int]string // the data of each request, by the operation's place
	for _, c := range contenders() {
		for range 2 {
			got, err := answers(ctx, q, t.of(c), c)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", q.name, c.name, err)
			}
			if wanted == nil {
				wanted = got
			}
			for i := range wanted {
				if err := same(wanted[i], got[i]); err != nil {
					return fmt.Errorf("%s, %s, request %d: %w", q.name, c.name, i, err)
				}
			}
		}
	}
	return nil
}

func answers(ctx context.Context, q query, t target, c contender) ([]map[int]string, error) {
	conn, err := connect(ctx, t.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.conn.Close() }()
	if err := conn.conn.SetDeadline(time.Now().Add(exchangeTimeout)); err != nil {
		return nil, err
	}
	var all []map[int]string
	for _, unit := range q.requests(t.addr, c.cached) {
		for _, request := range unit {
			var body bytes.Buffer
			if err := conn.exchange(request, &body); err != nil {
				return nil, err
			}
			data, err := dataOf(body.Bytes())
			if err != nil {
				return nil, err
			}
			all = append(all, data)
		}
	}
	return all, nil
}

// dataOf returns the data of each operation of an answer, by its place in the request; 0 if it is the only one.
func dataOf(body []byte) (map[int]string, error) {
	found := map[int]string{}
	for decoder := json.NewDecoder(bytes.NewReader(body)); decoder.More(); {
		var message struct {
			RequestIndex int             `json:"requestIndex"`
			Data         json.RawMessage `json:"data"`
			Errors       json.RawMessage `json:"errors"`
		}
		if err := decoder.Decode(&message); err != nil {
			return nil, err
		}
		if message.Errors != nil || message.Data == nil {
			return nil, fmt.Errorf("an answer without its data: %.500s", body)
		}
		found[message.RequestIndex] = string(message.Data)
	}
	return found, nil
}

func same(wanted, got map[int]string) error {
	if len(got) != len(wanted) {
		return fmt.Errorf("%d answers instead of %d", len(got), len(wanted))
	}
	var errs []error
	for index, data := range wanted {
		if got[index] != data {
			errs = append(errs, fmt.Errorf("operation %d: other data:\n%.2000s\ninstead of\n%.2000s", index, got[index], data))
		}
	}
	return errors.Join(errs...)
}
