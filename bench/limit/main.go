// Command limit measures the server against a hand-written handler that answers the same queries with the fewest
// possible gRPC calls and appends the JSON by hand. README.md describes the method.
//
//	go run ./bench/limit -rounds 5 -seconds 4 -only Q1,Q3   # measures
//	limit serve -addr … -admin-addr … -users … -posts …     # is the hand-written handler
//	limit backends -users … -posts …                        # is both services, in memory
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "limit:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "serve" {
		return runLimit(ctx, args[1:])
	}
	if len(args) > 0 && args[0] == "backends" {
		return runBackends(ctx, args[1:])
	}
	return runBench(ctx, args, stdout, stderr)
}
