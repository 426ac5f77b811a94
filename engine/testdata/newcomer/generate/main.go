// Command generate makes the Go code of the schema. It is run in the folder of gqlgen.yml.
package main

import (
	"log"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"

	"bff/engine/plugin"
)

func main() {
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err == nil {
		err = api.Generate(cfg, api.AddPlugin(plugin.New()))
	}
	if err != nil {
		log.Fatal(err)
	}
}
