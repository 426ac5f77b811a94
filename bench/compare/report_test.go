package main

import "testing"

// TestToFailIsNotFast compares a contender that fails with one that answers.
func TestToFailIsNotFast(t *testing.T) {
	var samples []sample
	for round := range 30 {
		for _, name := range []string{"rpc-stream", "graphql-stream"} {
			made := sample{Scenario: "S1", N: 6, Cache: "off", Line: nextDoor.name, Encoding: asBrowsers, Round: round, Contender: name, First: 5, Last: 9}
			if name == "rpc-stream" {
				made.First, made.Last, made.Unavailable = 0, 0, "502"
			}
			samples = append(samples, made)
		}
	}
	r := &report{findings: findings{Samples: samples}}
	if got := r.ratio(which{scenario: "S1", n: 6}, "rpc-stream", "graphql-stream", first); got.Low < 1 {
		t.Errorf("a contender that answers nothing takes %s of the other's time", got)
	}
}
