// Package server is the BFF as a program: its settings, the wiring of its rooms, its HTTP surface and its metrics.
package server

import (
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"bff/cmd/internal/program"
)

// Config holds the settings of the BFF.
type Config struct {
	Addr           string
	AdminAddr      string
	ZooKeeper      string
	DiscoveryDir   string
	Redis          string
	MemoryTTL      time.Duration
	MemoryBytes    int
	RedisTTL       time.Duration
	Kafka          string
	LogDir         string
	SpoolDir       string
	SpoolBytes     int
	AvatarBase     string
	SigningKey     string
	TokenLifetime  time.Duration
	RequestTimeout time.Duration
	BackendTimeout time.Duration
	Public         Public
}

// Servers is where the others are if nothing is set; an empty address stands for the embedded part.
type Servers struct{ ZooKeeper, Redis, Kafka string }

// Define defines the settings.
func (c *Config) Define(flags *program.Flags, where Servers) {
	flags.String(&c.Addr, "addr", "BFF_ADDR", "127.0.0.1:8080", "public HTTP")
	flags.String(&c.AdminAddr, "admin-addr", "BFF_ADMIN_ADDR", "127.0.0.1:8081", "/livez, /readyz, /metrics and /debug/pprof")
	flags.String(&c.ZooKeeper, "zookeeper", "BFF_ZOOKEEPER", where.ZooKeeper, "ZooKeeper ensemble, comma-separated")
	flags.String(&c.DiscoveryDir, "discovery-dir", "BFF_DISCOVERY_DIR", "var/discovery", "where the last good addresses are kept for a start without ZooKeeper; empty: nowhere")
	flags.String(&c.Redis, "redis", "BFF_REDIS", where.Redis, "second cache level: one address, or several of a cluster, comma-separated; empty: memory only")
	flags.Duration(&c.MemoryTTL, "memory-ttl", "BFF_MEMORY_TTL", time.Second, "how long the first cache level keeps a value")
	flags.Int(&c.MemoryBytes, "memory-bytes", "BFF_MEMORY_BYTES", 64<<20, "bound of the first cache level, for each kind of value")
	flags.Duration(&c.RedisTTL, "redis-ttl", "BFF_REDIS_TTL", time.Minute, "how long the second cache level keeps a value")
	flags.String(&c.Kafka, "kafka", "BFF_KAFKA", where.Kafka, "brokers that take the access records, comma-separated; empty: they go to files")
	flags.String(&c.LogDir, "log-dir", "BFF_LOG_DIR", "var/access", "files of access records, when there is no Kafka")
	flags.String(&c.SpoolDir, "spool-dir", "BFF_SPOOL_DIR", "var/spool", "where access records wait while Kafka is down")
	flags.Int(&c.SpoolBytes, "spool-bytes", "BFF_SPOOL_BYTES", 256<<20, "most that waits there; then the oldest are dropped")
	flags.String(&c.AvatarBase, "avatar-base", "BFF_AVATAR_BASE", "http://www.chemputer.top/", "what stands before a stored file name in avatarUrl")
	flags.String(&c.SigningKey, "signing-key", "BFF_SIGNING_KEY", "", "PEM file with the Ed25519 key that signs tokens, the same for all replicas; empty: a new key at each start")
	flags.Duration(&c.TokenLifetime, "token-lifetime", "BFF_TOKEN_LIFETIME", 24*time.Hour, "how long a token of signIn is valid")
	flags.Duration(&c.RequestTimeout, "request-timeout", "BFF_REQUEST_TIMEOUT", 10*time.Second, "of one operation")
	flags.Duration(&c.BackendTimeout, "backend-timeout", "BFF_BACKEND_TIMEOUT", 2*time.Second, "of one call of a backend, retries included")
	c.Public.define(flags)
}

// Validate refuses wrong settings, naming the flag.
func (c *Config) Validate() error {
	for _, addr := range []struct{ flag, value string }{{"addr", c.Addr}, {"admin-addr", c.AdminAddr}} {
		if _, _, err := net.SplitHostPort(addr.value); err != nil {
			return program.Wrong(addr.flag, "not HOST:PORT")
		}
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{{"memory-ttl", c.MemoryTTL}, {"redis-ttl", c.RedisTTL}, {"token-lifetime", c.TokenLifetime}, {"request-timeout", c.RequestTimeout}, {"backend-timeout", c.BackendTimeout}} {
		if d.value <= 0 {
			return program.Wrong(d.flag, "not above 0")
		}
	}
	if c.MemoryBytes <= 0 {
		return program.Wrong("memory-bytes", "not above 0")
	}
	if c.SpoolBytes <= 0 {
		return program.Wrong("spool-bytes", "not above 0")
	}
	for _, list := range []struct{ flag, value string }{{"redis", c.Redis}, {"kafka", c.Kafka}} {
		for _, addr := range addresses(list.value) {
			if _, _, err := net.SplitHostPort(addr); err != nil {
				return program.Wrong(list.flag, "not HOST:PORT, or several with commas between them")
			}
		}
	}
	base, err := url.Parse(c.AvatarBase)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || !strings.HasSuffix(c.AvatarBase, "/") {
		return program.Wrong("avatar-base", "not an absolute http address that ends in /")
	}
	return c.Public.validate()
}

// addresses splits a list with commas; nil if it is empty.
func addresses(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// LogValue prints the settings in force. None of them is a secret: of the signing key it is the file's name.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("addr", c.Addr), slog.String("admin-addr", c.AdminAddr), slog.String("zookeeper", c.ZooKeeper),
		slog.String("discovery-dir", c.DiscoveryDir), slog.String("redis", c.Redis), slog.Duration("memory-ttl", c.MemoryTTL),
		slog.Int("memory-bytes", c.MemoryBytes), slog.Duration("redis-ttl", c.RedisTTL),
		slog.String("kafka", c.Kafka), slog.String("log-dir", c.LogDir), slog.String("spool-dir", c.SpoolDir), slog.Int("spool-bytes", c.SpoolBytes),
		slog.String("avatar-base", c.AvatarBase), slog.String("signing-key", c.SigningKey),
		slog.Duration("token-lifetime", c.TokenLifetime),
		slog.Duration("request-timeout", c.RequestTimeout), slog.Duration("backend-timeout", c.BackendTimeout),
		slog.Any("public", c.Public),
	)
}
