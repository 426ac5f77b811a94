package main

import (
	"context"
	"io"
	"net"
	"strings"

	"bff/cmd/internal/program"
)

func run(ctx context.Context, args []string, env program.Env, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "report" {
		return report(args[1:], env, stdout, stderr)
	}

	var kafka, dir string
	flags := program.NewFlags("logwriter, or logwriter report deprecated, operations or days", stderr)
	flags.String(&kafka, "kafka", "BFF_KAFKA", "127.0.0.1:9092", "brokers that have the access records, comma-separated")
	dirFlag(flags, &dir)
	if err := flags.Parse(args, env); err != nil {
		return err
	}
	if dir == "" {
		return program.Wrong("dir", "missing")
	}
	brokers := strings.Split(kafka, ",")
	for _, broker := range brokers {
		if _, _, err := net.SplitHostPort(broker); err != nil {
			return program.Wrong("kafka", "not HOST:PORT, or several with commas between them")
		}
	}

	logger := program.Logger("logwriter", stderr)
	logger.Info("starting", "kafka", kafka, "dir", dir)
	w := writer{brokers: brokers, dir: dir, logger: logger}
	err := w.run(ctx)
	logger.Info("stopped")
	return err
}

func dirFlag(flags *program.Flags, dir *string) {
	flags.String(dir, "dir", "BFF_LOG_DIR", "var/access", "folder of the files")
}
