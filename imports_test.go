package bff_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms is which packages of the project each package may import: a request walks through the rooms once, in one
// direction. Only cmd/ sees everything.
var rooms = map[string][]string{
	"bff/bus":                   {"bff"},
	"bff/limit":                 nil,
	"bff/accesslog":             nil,
	"bff/internal/kafkatest":    nil,
	"bff/internal/redistest":    nil,
	"bff/cache":                 {"bff", "bff/fetch", "bff/internal/gen/cache/v1"},
	"bff/internal/gen/cache/v1": nil,
	"bff":                       nil,
	"bff/fetch":                 nil,
	"bff/mask":                  nil,
	"bff/web":                   nil,
	"bff/discovery":             nil,
	"bff/auth":                  {"bff"},
	"bff/loaders":               {"bff", "bff/fetch"},
	"bff/backends":              {"bff", "bff/internal/gen/page/v1", "bff/internal/gen/user/v1", "bff/internal/gen/post/v1"},
	"bff/graph":                 {"bff", "bff/auth", "bff/loaders", "bff/mask"},
	"bff/transport":             {"bff", "bff/graph", "bff/stream"},
	"bff/stream":                nil,
	"bff/rpcbff":                {"bff", "bff/auth", "bff/loaders", "bff/mask", "bff/stream"},
	"bff/internal/sqldb":        {"bff/internal/gen/page/v1"},
	"bff/internal/dbtest":       {"bff/internal/sqldb"},
	"bff/internal/userd":        {"bff/internal/sqldb", "bff/internal/gen/page/v1", "bff/internal/gen/user/v1"},
	"bff/internal/postd":        {"bff/internal/sqldb", "bff/internal/gen/page/v1", "bff/internal/gen/post/v1"},

	"bff/internal/gen/page/v1": nil,
	"bff/internal/gen/user/v1": {"bff/internal/gen/page/v1"},
	"bff/internal/gen/post/v1": {"bff/internal/gen/page/v1"},

	// For generation and tests alone.
	"bff/engine/enginetest":      {"bff/engine"},
	"bff/engine/internal/second": {"bff/engine"},
	"bff/internal/protogen":      nil,
	"bff/bench/compare":          nil,
	"bff/bench/limit":            {"bff/internal/gen/page/v1", "bff/internal/gen/user/v1", "bff/internal/gen/post/v1"}, // nothing of what it is compared with
	"bff/internal/rpcgen":        {"bff/rpcbff"},

	"bff/tools/schema-matrix/rpc":      {"bff/rpcbff", "bff/tools/schema-matrix/rpc/base"},
	"bff/tools/schema-matrix/rpc/base": {"bff/rpcbff"},
	"bff/internal/zktest":              nil,
	"bff/web/browsertest":              nil,
}

func TestArrowsPointOneWay(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); decoder.More(); {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&pkg); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(pkg.ImportPath, "bff/cmd/") || strings.HasPrefix(pkg.ImportPath, "bff/e2e") {
			continue
		}
		allowed, known := rooms[pkg.ImportPath]
		if !known {
			t.Errorf("%s is not in the table: say what it may import", pkg.ImportPath)
		}
		for _, imported := range pkg.Imports {
			if (imported == "bff" || strings.HasPrefix(imported, "bff/")) && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s", pkg.ImportPath, imported)
			}
		}
	}
}
