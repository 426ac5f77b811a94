package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"bff/backends"
	"bff/cmd/internal/program"
	"bff/cmd/internal/server"
	"bff/cmd/internal/service"
	"bff/discovery"
)

type config struct {
	server       server.Config
	service      service.Config
	userd, postd string // where the services listen
}

func parse(args []string, env program.Env, stderr io.Writer) (config, error) {
	var c config
	flags := program.NewFlags("dev", stderr)
	c.server.Define(flags, server.Servers{})
	c.service.DataFlags(flags, "sqlite::memory:")
	flags.String(&c.userd, "userd-addr", "BFF_USERD_ADDR", "127.0.0.1:0", "where the gRPC of users listens; port 0 picks one")
	flags.String(&c.postd, "postd-addr", "BFF_POSTD_ADDR", "127.0.0.1:0", "where the gRPC of posts listens; port 0 picks one")
	if err := flags.Parse(args, env); err != nil {
		return c, err
	}
	if !flags.Given("discovery-dir") {
		c.server.DiscoveryDir = ""
	}
	c.service.ZooKeeper = c.server.ZooKeeper
	return c, errors.Join(c.server.Validate(), c.service.ValidateData())
}

func run(ctx context.Context, args []string, env program.Env, stdout, stderr io.Writer) (err error) {
	config, err := parse(args, env, stderr)
	if err != nil {
		return err
	}
	logger := program.Logger("dev", stderr)
	logger.Info("starting", "config", config.server, "database", program.Redacted(config.service.Database))

	users, err := embed(ctx, "userd-addr", config.userd, backends.UserService, service.OpenUsers, config.service, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, users.Stop()) }()
	posts, err := embed(ctx, "postd-addr", config.postd, backends.PostService, service.OpenPosts, config.service, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, posts.Stop()) }()

	watcher, closeWatcher, err := watch(config, users.Addr, posts.Addr, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeWatcher()) }()

	program.TuneGC(env)
	return server.Run(ctx, config.server, watcher, logger, func(addr string) {
		_, _ = fmt.Fprintf(stdout, "Playground: http://%s/\n", addr)
	})
}

// embed starts one of the services in this process. An address that is wrong is told by the name of its flag here.
func embed(ctx context.Context, flag, addr, name string, open service.Open, config service.Config, logger *slog.Logger) (*service.Server, error) {
	config.Addr = addr
	started, err := service.Start(ctx, name, open, config, logger)
	var wrong *program.UsageError
	if errors.As(err, &wrong) && wrong.Flag == "addr" {
		return nil, program.Wrong(flag, "%w", wrong.Err)
	}
	return started, err
}

// watch returns the fixed list of the services in this process, or ZooKeeper if one is set.
func watch(config config, users, posts string, logger *slog.Logger) (discovery.Watcher, func() error, error) {
	if config.server.ZooKeeper == "" {
		fixed := discovery.Fixed(map[string][]string{backends.UserService: {users}, backends.PostService: {posts}})
		return fixed, func() error { return nil }, nil
	}
	return server.Watch(config.server, logger)
}
