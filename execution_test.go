package bff_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gqlgen's generated code can execute, too. The tests compare the engine with it; the programs never call it.

// TestNoProgramExecutesByGqlgen looks for callers of gqlgen's execution outside of tests and generated code.
func TestNoProgramExecutesByGqlgen(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), "go", "list", "-json=Dir,GoFiles", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	for decoder := json.NewDecoder(strings.NewReader(string(output))); decoder.More(); {
		var pkg struct {
			Dir     string
			GoFiles []string
		}
		if err := decoder.Decode(&pkg); err != nil {
			t.Fatal(err)
		}
		for _, name := range pkg.GoFiles {
			if isGenerated(name) {
				continue
			}
			for identifier, positions := range identifiers(parse(t, files, filepath.Join(pkg.Dir, name))) {
				if executes(identifier) {
					t.Errorf("%s: %s executes by gqlgen's generated code", files.Position(positions[0]), identifier)
				}
			}
		}
	}
}

// TestGqlgensExecutionIsUnreachable follows the calls of package graph: from what is written by hand and from the table to
// whatever they name. Where two declarations have one name, both count.
func TestGqlgensExecutionIsUnreachable(t *testing.T) {
	paths, err := filepath.Glob("graph/*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string][]ast.Node{} // by name
	var roots []ast.Node
	files := token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file := parse(t, files, path)
		if name := filepath.Base(path); !isGenerated(name) || name == "table.generated.go" {
			roots = append(roots, file)
			continue
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				declared[d.Name.Name] = append(declared[d.Name.Name], d)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, is := spec.(*ast.ValueSpec); is {
						for _, name := range v.Names {
							declared[name.Name] = append(declared[name.Name], v)
						}
					}
				}
			}
		}
	}

	reached := reach(declared, roots)
	for name := range reached {
		if executes(name) {
			t.Errorf("%s is reached", name)
		}
	}
	if !reached["field_Query_user_args"] {
		t.Error("the arguments of Query.user are not reached: this test looks in the wrong place")
	}
	if all := reach(declared, declared["Exec"]); !all["_Query_user"] || !all["_Post_title"] {
		t.Error("gqlgen's execution is not found: this test looks for the wrong names")
	}
}

// TestTheEngineNeverExecutesByGqlgen looks at what the engine asks of the generated schema.
func TestTheEngineNeverExecutesByGqlgen(t *testing.T) {
	paths, err := filepath.Glob("engine/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	files := token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		ast.Inspect(parse(t, files, path), func(n ast.Node) bool {
			call, is := n.(*ast.SelectorExpr)
			if !is {
				return true
			}
			switch x := call.X.(type) {
			case *ast.Ident:
				if x.Name == "generated" {
					asked = append(asked, call.Sel.Name)
				}
			case *ast.SelectorExpr:
				if x.Sel.Name == "generated" {
					asked = append(asked, call.Sel.Name)
				}
			}
			return true
		})
	}
	slices.Sort(asked)
	if want := []string{"Complexity", "Schema"}; !slices.Equal(slices.Compact(asked), want) {
		t.Errorf("the engine asks the generated schema for %v, want %v", asked, want)
	}
}

// executes says whether a name of generated code is one of its execution: the schema that is executed by it, its
// entry, and the functions of fields and selection sets, which begin with an underscore.
func executes(name string) bool {
	return name == "NewExecutableSchema" || len(name) > 1 && name[0] == '_'
}

func isGenerated(name string) bool {
	return strings.HasSuffix(name, ".generated.go") || strings.HasSuffix(name, ".pb.go")
}

func parse(t *testing.T, files *token.FileSet, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// identifiers returns the names below a node, and where they stand.
func identifiers(n ast.Node) map[string][]token.Pos {
	found := map[string][]token.Pos{}
	ast.Inspect(n, func(n ast.Node) bool {
		if i, is := n.(*ast.Ident); is {
			found[i.Name] = append(found[i.Name], i.Pos())
		}
		return true
	})
	return found
}

// reach returns the names that roots lead to.
func reach(declared map[string][]ast.Node, roots []ast.Node) map[string]bool {
	reached := map[string]bool{}
	for len(roots) > 0 {
		node := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		for name := range identifiers(node) {
			if !reached[name] {
				reached[name] = true
				roots = append(roots, declared[name]...)
			}
		}
	}
	return reached
}
