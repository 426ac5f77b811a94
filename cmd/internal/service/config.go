package service

import (
	"context"
	"io"
	"net"

	"bff/cmd/internal/program"
)

// Config holds the settings of userd and postd.
type Config struct {
	Addr      string
	Advertise string
	ZooKeeper string
	Database  string
	SeedUsers int
	SeedPosts int
}

// Defaults say what differs between the two programs.
type Defaults struct {
	Program string // "userd"
	AddrEnv string // "BFF_USERD_ADDR"
	Addr    string // "127.0.0.1:10000"
}

// Parse reads the settings of a program and refuses wrong ones, naming the flag.
func Parse(defaults Defaults, args []string, env program.Env, stderr io.Writer) (Config, error) {
	var c Config
	flags := program.NewFlags(defaults.Program, stderr)
	flags.String(&c.Addr, "addr", defaults.AddrEnv, defaults.Addr, "where gRPC listens; port 0 picks one")
	flags.String(&c.Advertise, "advertise", "BFF_ADVERTISE", "", "address to register, if it is not the one listened on")
	flags.String(&c.ZooKeeper, "zookeeper", "BFF_ZOOKEEPER", "127.0.0.1:2181", "ZooKeeper ensemble, comma-separated; empty: register nowhere")
	c.DataFlags(flags, "mysql://root@127.0.0.1:3306/bff")
	if err := flags.Parse(args, env); err != nil {
		return c, err
	}
	return c, c.validate()
}

// DataFlags defines the settings of the rows.
func (c *Config) DataFlags(flags *program.Flags, database string) {
	flags.String(&c.Database, "database", "BFF_DATABASE", database, "mysql://USER:PASSWORD@HOST:PORT/NAME, sqlite:PATH or sqlite::memory:")
	flags.Int(&c.SeedUsers, "seed-users", "BFF_SEED_USERS", 0, "how many generated users there shall be")
	flags.Int(&c.SeedPosts, "seed-posts", "BFF_SEED_POSTS", 0, "how many generated posts there shall be, by the generated users")
}

func (c *Config) validate() error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return program.Wrong("addr", "not HOST:PORT")
	}
	if c.Advertise != "" {
		if _, _, err := net.SplitHostPort(c.Advertise); err != nil {
			return program.Wrong("advertise", "not HOST:PORT")
		}
	}
	if ip := net.ParseIP(host); (host == "" || ip != nil && ip.IsUnspecified()) && c.Advertise == "" && c.ZooKeeper != "" {
		return program.Wrong("advertise", "needed, because -addr names no address that others can call")
	}
	return c.ValidateData()
}

// ValidateData refuses wrong settings of the rows.
func (c *Config) ValidateData() error {
	switch {
	case c.SeedUsers < 0:
		return program.Wrong("seed-users", "below 0")
	case c.SeedPosts < 0:
		return program.Wrong("seed-posts", "below 0")
	case c.SeedPosts > 0 && c.SeedUsers == 0:
		return program.Wrong("seed-posts", "needs -seed-users: generated posts are by generated users")
	}
	return nil
}

func (c *Config) advertised(listening string) string {
	if c.Advertise != "" {
		return c.Advertise
	}
	return listening
}

// Program returns a whole program that serves one service until it is asked to stop.
func Program(defaults Defaults, name string, open Open) program.Run {
	return func(ctx context.Context, args []string, env program.Env, _, stderr io.Writer) error {
		config, err := Parse(defaults, args, env, stderr)
		if err != nil {
			return err
		}
		logger := program.Logger(defaults.Program, stderr)
		logger.Info("starting", "addr", config.Addr, "advertise", config.Advertise, "zookeeper", config.ZooKeeper,
			"database", program.Redacted(config.Database), "seed-users", config.SeedUsers, "seed-posts", config.SeedPosts)

		server, err := Start(ctx, name, open, config, logger)
		if err != nil {
			return err
		}
		err = server.Wait(ctx)
		if stopErr := server.Stop(); err == nil {
			err = stopErr
		}
		return err
	}
}
