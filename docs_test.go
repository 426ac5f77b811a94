package bff_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestWhatTheDocumentsNameIsThere looks for the tests, files and make targets that the documents give as evidence.
func TestWhatTheDocumentsNameIsThere(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), "grep", "-rhoE", "--include=*_test.go", `^func (Test|Fuzz)[A-Za-z0-9]+`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for line := range strings.Lines(string(output)) {
		tests[strings.TrimSpace(strings.TrimPrefix(line, "func "))] = true
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}

	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z][A-Za-z0-9]+`)
	files := regexp.MustCompile("`((?:client|docs|e2e|transport|rpcbff|bench|tools|web)/[A-Za-z0-9_./-]+\\.(?:ts|tsx|go|md|mjs|json))`")
	targets := regexp.MustCompile("`make ([a-z0-9-]+)")
	for _, document := range []string{"README.md", "docs/rpc-bff.md", "CONTRIBUTING.md", "ARCHITECTURE.md"} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range named.FindAllString(string(text), -1) {
			if !tests[name] {
				t.Errorf("%s names %s, which is no test", document, name)
			}
		}
		for _, file := range files.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(file[1]); err != nil {
				t.Errorf("%s names a file that is not there: %v", document, err)
			}
		}
		for _, target := range targets.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(string(makefile), "\n"+target[1]+":") {
				t.Errorf("%s names make %s, which is no target", document, target[1])
			}
		}
	}
}
