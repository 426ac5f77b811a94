package main

import (
	"os"
	"strings"
	"testing"
)

// TestK6KnowsTheContenders looks for the ways to load a page that k6 is asked for.
func TestK6KnowsTheContenders(t *testing.T) {
	script, err := os.ReadFile("../k6/page.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range loaded {
		if !strings.Contains(string(script), "\n  '"+c.name+"': {") {
			t.Errorf("page.js has no way %s", c.name)
		}
	}
}
