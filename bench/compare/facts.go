package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// front is what bench/compare/front.mjs finds out about the TypeScript side.
type front struct {
	Layers []struct {
		Name      string `json:"name"`
		Bytes     int    `json:"bytes"`
		Gzip      int    `json:"gzip"`
		Lines     int    `json:"lines"`
		Generated int    `json:"generated"`
	} `json:"layers"`
	Clients      map[string]int `json:"clients"` // gzipped bytes
	Faults       map[string]int `json:"faults"`  // tests of faults in which every promise was settled
	FaultsFailed int            `json:"faultsFailed"`
}

// describe adds what needs no measurement.
func (f *findings) describe(ctx context.Context, tell func(string, ...any)) error {
	f.Machine = append(machine(ctx), "commit "+commit(ctx), time.Now().UTC().Format("2006-01-02 15:04 UTC"))
	lines, err := feedLines("rpcbff/procedures.go")
	if err != nil {
		return err
	}
	f.FeedLines = lines
	readme, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	_, table, _ := strings.Cut(string(readme), "<!-- capabilities -->\n")
	f.Capabilities, _, _ = strings.Cut(table, "<!-- /capabilities -->")

	if !there("node") {
		tell("no node: the front end is left out")
		return nil
	}
	tell("the front end's bundles, lines and faults")
	command := exec.CommandContext(ctx, "node", "bench/compare/front.mjs")
	command.Stderr = os.Stderr
	text, err := command.Output()
	if err != nil {
		return fmt.Errorf("front.mjs: %w", err)
	}
	f.Front = new(front)
	return json.Unmarshal(text, f.Front)
}

func there(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

func machine(ctx context.Context) []string {
	facts := []string{fmt.Sprintf("%d cores, %s, %s/%s", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)}
	if file, err := os.Open("/proc/cpuinfo"); err == nil {
		defer func() { _ = file.Close() }()
		for scanner := bufio.NewScanner(file); scanner.Scan(); {
			if name, model, found := strings.Cut(scanner.Text(), ":"); found && strings.TrimSpace(name) == "model name" {
				facts[0] = strings.TrimSpace(model) + ", " + facts[0]
				break
			}
		}
	}
	if text, err := exec.CommandContext(ctx, "uname", "-sr").Output(); err == nil {
		facts = append(facts, string(bytes.TrimSpace(text)))
	}
	return facts
}

func commit(ctx context.Context) string {
	text, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := string(bytes.TrimSpace(text))
	if exec.CommandContext(ctx, "git", "diff", "--quiet", "HEAD", "--", "*.go", "*.ts", "*.tsx").Run() != nil {
		name += " with changes"
	}
	return name
}

// feedLines counts the lines of the procedure that was built for S4: its types, its function and its registration.
func feedLines(file string) (lines int, err error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, nil, parser.ParseComments)
	if err != nil {
		return 0, err
	}
	count := func(node ast.Node) { lines += files.Position(node.End()).Line - files.Position(node.Pos()).Line + 1 }
	ast.Inspect(parsed, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "feed" {
				count(n)
			}
		case *ast.TypeSpec:
			if slices.Contains([]string{"Feed", "FeedItem"}, n.Name.Name) {
				count(n)
			}
		}
		return true
	})
	const registration = 2 // its cost and its name
	return lines + registration, nil
}
