// Command gqlgen makes the graph's Go code from the schema: gqlgen's own, and the table of fields that package engine
// executes by. It is run from the root of the project, or gets a directory with a gqlgen.yml of its own.
package main

import (
	"fmt"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"

	"bff/engine/plugin"
)

func main() {
	if err := generate(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gqlgen:", err)
		os.Exit(1)
	}
}

func generate(dirs []string) error {
	for _, dir := range dirs {
		if err := os.Chdir(dir); err != nil {
			return err
		}
	}
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		return err
	}
	return api.Generate(cfg, api.AddPlugin(plugin.New()))
}
