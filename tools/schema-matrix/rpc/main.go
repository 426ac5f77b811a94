// Command rpc serves procedures in several versions, each under a path of its own, for the matrix of schema changes: see
// docs/comparison/changes.md. It prints their descriptions and its address as one JSON object, and ends when its input
// does.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"bff/rpcbff"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to serve")
	flag.Parse()
	if err := run(*addr, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rpc:", err)
		os.Exit(1)
	}
}

func run(addr string, stdin io.Reader, stdout io.Writer) error {
	started := struct {
		URL          string                     `json:"url"`
		Descriptions map[string]json.RawMessage `json:"descriptions"`
	}{Descriptions: map[string]json.RawMessage{}}
	mux := http.NewServeMux()
	for name, procedures := range variants {
		app := rpcbff.NewApp(procedures()...)
		started.Descriptions[name] = app.Description()
		mux.Handle("/"+name+"/rpc", rpcbff.NewHandler(app, rpcbff.Options{}))
	}

	listener, err := net.Listen("tcp", addr) //nolint:noctx // at the start
	if err != nil {
		return err
	}
	started.URL = "http://" + listener.Addr().String()
	if err := json.NewEncoder(stdout).Encode(started); err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}
