package engine_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "bff/engine/plugin" // what these tests run: without it, go test takes an earlier result although the plugin changed
)

// newcomer is a gqlgen project of its own: another schema, resolvers that block, no loaders.
const newcomer = "testdata/newcomer"

// TestANewcomerRunsOnTheEngine runs the tests of the newcomer: they ask its server over HTTP, and know the answers.
func TestANewcomerRunsOnTheEngine(t *testing.T) { runTests(t, newcomer) }

// TestANewcomerLaysItsCodeOutAsItLikes generates and runs the newcomer with other settings of gqlgen.
func TestANewcomerLaysItsCodeOutAsItLikes(t *testing.T) {
	for name, edit := range map[string]func(config string) string{
		"a single file": func(config string) string {
			return strings.Replace(config, "layout: follow-schema\n  dir: graph", "layout: single-file\n  filename: graph/exec.generated.go", 1)
		},
		"options": func(config string) string {
			return config + "omit_complexity: true\nreturn_pointers_in_unmarshalinput: true\nstruct_fields_always_pointers: false\n"
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := copyNewcomer(t)
			path := filepath.Join(folder, "gqlgen.yml")
			config, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			edited := edit(string(config))
			if edited == string(config) {
				t.Fatal("the settings are the same")
			}
			if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
				t.Fatal(err)
			}
			generate(t, folder)
			runTests(t, folder)
		})
	}
}

// runTests runs the tests of a newcomer.
func runTests(t *testing.T, folder string) {
	t.Helper()
	output, err := goCommand(t, folder, "test", "-json", "./...").Output()
	passed := map[string]bool{}
	var log strings.Builder
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		var event struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &event) != nil {
			continue
		}
		log.WriteString(event.Output)
		if event.Action == "pass" {
			passed[event.Test] = true
		}
	}
	if err != nil {
		t.Fatalf("the newcomer's tests: %v\n%s", err, log.String())
	}
	for _, name := range []string{"TestTheServerAnswers", "TestGqlgenAnswersTheSame"} {
		if !passed[name] {
			t.Errorf("%s did not run", name)
		}
	}
}

// TestTheNewcomersCodeIsUpToDate generates the newcomer's code again, in a copy, and compares it with what is committed.
func TestTheNewcomersCodeIsUpToDate(t *testing.T) {
	folder := copyNewcomer(t)
	before := generated(t, newcomer)
	if !slices.Contains(before, "table.generated.go") {
		t.Errorf("no table is committed: %v", before)
	}

	generate(t, folder)

	if after := generated(t, folder); !slices.Equal(after, before) {
		t.Fatalf("it generates %v, and %v is committed", after, before)
	}
	for _, name := range append(before, "schema.resolvers.go") {
		committed, generated := read(t, newcomer, name), read(t, folder, name)
		if committed != generated {
			t.Errorf("%s differs: run `go run ./generate` in engine/%s and commit the result", name, newcomer)
		}
	}
}

// copyNewcomer copies the newcomer without its generated code, and returns the folder.
func copyNewcomer(t *testing.T) (folder string) {
	t.Helper()
	project, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(newcomer)); err != nil {
		t.Fatal(err)
	}
	if output, err := goCommand(t, folder, "mod", "edit", "-replace=bff="+project).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, name := range generated(t, folder) {
		if err := os.Remove(filepath.Join(folder, "graph", name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// generate runs a newcomer's own command.
func generate(t *testing.T, folder string) {
	t.Helper()
	if output, err := goCommand(t, folder, "run", "./generate").CombinedOutput(); err != nil {
		t.Fatalf("generate: %v: %s", err, output)
	}
}

// goCommand returns a go command in a folder, which downloads nothing.
func goCommand(t *testing.T, folder string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Dir = folder
	c.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off")
	return c
}

// generated returns the names of a newcomer's generated files, in order.
func generated(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "graph", "*.generated.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	return names
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "graph", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
