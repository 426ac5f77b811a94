// Command rpcgen writes rpc.json, the description of the procedures: what the introspection of a server answers, for
// people to review, and for tools that need no server.
//
//	go run ./internal/rpcgen
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"bff/rpcbff"
)

const target = "rpc.json"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "rpcgen:", err)
		os.Exit(1)
	}
}

func run() error {
	description := rpcbff.NewApp(rpcbff.Domain{}.Procedures()...).Description()
	var text bytes.Buffer
	if err := json.Indent(&text, description, "", "  "); err != nil {
		return err
	}
	text.WriteByte('\n')
	return os.WriteFile(target, text.Bytes(), 0o644) //nolint:gosec // a file of the repository
}
