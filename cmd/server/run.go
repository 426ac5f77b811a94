package main

import (
	"context"
	"errors"
	"io"

	"bff/cmd/internal/program"
	"bff/cmd/internal/server"
)

func run(ctx context.Context, args []string, env program.Env, _, stderr io.Writer) (err error) {
	var config server.Config
	flags := program.NewFlags("server", stderr)
	config.Define(flags, server.Servers{ZooKeeper: "127.0.0.1:2181", Redis: "127.0.0.1:6379", Kafka: "127.0.0.1:9092"})
	if err := flags.Parse(args, env); err != nil {
		return err
	}
	if config.ZooKeeper == "" {
		return program.Wrong("zookeeper", "missing")
	}
	if err := config.Validate(); err != nil {
		return err
	}
	logger := program.Logger("server", stderr)
	logger.Info("starting", "config", config)

	watcher, closeWatcher, err := server.Watch(config, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeWatcher()) }()
	program.TuneGC(env)
	return server.Run(ctx, config, watcher, logger, nil)
}
