// Package program holds what every program of the project does the same way: signals, exit codes and settings from
// flags and the environment.
package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Env looks up an environment variable, as os.LookupEnv does.
type Env func(name string) (value string, set bool)

// Run is a whole program as a function: it returns when the program has ended and everything it started with it.
type Run func(ctx context.Context, args []string, env Env, stdout, stderr io.Writer) error

// Main runs a program until it ends or the process is asked to stop, and exits. A second signal ends it at once.
func Main(name string, run Run) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)

	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case errors.As(err, new(*UsageError)):
		fmt.Fprintf(os.Stderr, "%s: %v\nRun with -h for all flags.\n", name, err)
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
