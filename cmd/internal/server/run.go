package server

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"bff"
	"bff/accesslog"
	"bff/auth"
	"bff/backends"
	"bff/bus"
	"bff/cmd/internal/program"
	"bff/discovery"
	"bff/dispatch"
	"bff/engine"
	"bff/fetch"
	"bff/graph"
	"bff/limit"
	"bff/loaders"
	"bff/rpcbff"
	"bff/transport"
)

// maxAnswer bounds the data of one answer, in bytes.
const maxAnswer = 16 << 20

// maxWorkers bounds the idle goroutines that are kept for tasks of requests.
const maxWorkers = 1024

// stopTimeout bounds how long requests on their way hold up the end of the program.
const stopTimeout = 10 * time.Second

// Run serves the BFF until ctx ends. watcher tells where the backends are; it stays the caller's to close. started, if
// not nil, is told the public address once requests are accepted.
func Run(ctx context.Context, config Config, watcher discovery.Watcher, logger *slog.Logger, started func(addr string)) error {
	listener, admin, err := listen(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _, _ = listener.Close(), admin.Close() }() // closed already, unless a step below failed

	m := newMetrics()
	where := watch(watcher, m.registry)
	users, posts, closeConns, err := dial(config, where, m)
	if err != nil {
		return err
	}
	defer closeConns()

	private, err := signingKey(config, logger)
	if err != nil {
		return err
	}
	keys := auth.NewKeys(private, config.TokenLifetime)
	caches, err := newCaches(config, private.Seed(), m, logger)
	if err != nil {
		return err
	}
	defer caches.close()

	log, err := openAccessLog(config, m, logger)
	if err != nil {
		return err
	}
	defer closeAccessLog(log, logger) // when the last request has been answered

	public := config.Public.effective()
	keep := log.Add
	var trials *recent
	if public.Compare {
		trials = new(recent)
		keep = func(r accesslog.Record) {
			trials.keep(r)
			log.Add(r)
		}
	}
	var store limit.Store // of rates
	var wire bus.Wire
	if caches.redis != nil {
		store, wire = caches.redis, caches.redis
	}
	hub := bus.New(wire)
	sources := sources(users, posts, caches)
	schema := graph.NewSchema(&graph.Resolver{
		Accounts: writingUsers{users, caches}, Publisher: writingPosts{posts, caches, hub}, Tokens: keys, Logins: newLogins(store), AvatarBase: config.AvatarBase,
		News: hub, Posts: sources.Posts,
	}, engine.Options{MaxBytes: maxAnswer, TooLarge: bff.Errorf(bff.LimitExceeded, "the answer has more than %d bytes", maxAnswer)})
	domain := rpcbff.Domain{Publisher: writingPosts{posts, caches, hub}, AvatarBase: config.AvatarBase}

	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup // of the requests
	defer beside.Wait()
	defer stop()
	tokens, err := newVerifier(ctx, public, keys, &beside, logger)
	if err != nil {
		return err
	}
	workers := dispatch.NewWorkers(maxWorkers)
	defer workers.Close()
	batching := loaders.Options{Timeout: config.BackendTimeout, Observe: m.batch, Watch: watchLoaders, Logger: logger, Dispatch: dispatch.Options{Workers: workers, Observer: m.dispatch()}}
	factory := loaders.NewFactory(sources, batching)
	options := transport.Options{
		MaxBody: int64(public.MaxBody), Timeout: config.RequestTimeout, Limits: public.Limits, NoSuggestions: public.Production,
		PartialSuccess: public.PartialSuccess, TrustedMode: transport.TrustedMode(public.TrustedMode), Admit: admit(public.Rate, store), Logger: logger,
		Fresh: func(ctx context.Context) context.Context {
			ctx = afresh(ctx)
			return loaders.With(ctx, factory.New(ctx))
		},
		Explain:  explainTo(public.Production),
		Identify: identifyBy(tokens), Expires: func(ctx context.Context) time.Time { return auth.From(ctx).Expires }, Closing: ctx.Done(),
		Introspection: func(ctx context.Context) bool { return public.Introspection || auth.From(ctx).Admin },
	}
	if public.TrustedDocuments != "" {
		if options.Trusted, err = transport.ReadManifest(public.TrustedDocuments); err != nil {
			return program.Wrong("trusted-documents", "%w", err)
		}
		beside.Go(func() { options.Trusted.Watch(ctx, logger) })
	}
	if caches.redis != nil {
		options.Persisted = persisted{transport.NewPersistedMemory(), caches.redis}
	}

	return serve(ctx, logger, started,
		endpoint{listener, newServer(routes(surface{
			graphql: transport.New(schema, options), rpc: newRPC(domain, config, options), record: record(m, keep), trials: trials, tokens: tokens, config: public,
			sources: sources, loaders: batching,
		}))},
		endpoint{admin, newServer(adminRoutes(m, func() bool { return ctx.Err() == nil && where.ready() }))},
	)
}

// newVerifier returns who verifies tokens: our own keys, and those of an issuer if there is one.
func newVerifier(ctx context.Context, config Public, own *auth.Keys, beside *sync.WaitGroup, logger *slog.Logger) (verifier, error) {
	if config.JWKS == "" {
		return own, nil
	}
	issuer, err := auth.NewIssuer(ctx, config.JWKS, config.JWTIssuer, config.JWTAudience, logger)
	if err != nil {
		return nil, program.Wrong("jwks", "%w", err)
	}
	beside.Go(func() { issuer.Run(ctx) })
	return auth.Either{Own: own, Issuer: issuer}, nil
}

func listen(ctx context.Context, config Config) (public, admin net.Listener, err error) {
	var listener net.ListenConfig
	if public, err = listener.Listen(ctx, "tcp", config.Addr); err != nil {
		return nil, nil, program.Wrong("addr", "%w", err)
	}
	if admin, err = listener.Listen(ctx, "tcp", config.AdminAddr); err != nil {
		return nil, nil, errors.Join(program.Wrong("admin-addr", "%w", err), public.Close())
	}
	return public, admin, nil
}

// dial returns the clients of the services and what closes their connections.
func dial(config Config, watcher discovery.Watcher, m *metrics) (*backends.Users, *backends.Posts, func(), error) {
	options := backends.Options{Timeout: config.BackendTimeout, Observe: m.backend}
	builder := discovery.NewBuilder(watcher)

	userConn, err := backends.Dial(backends.UserService, builder, options)
	if err != nil {
		return nil, nil, nil, err
	}
	options.Delay = delayed
	postConn, err := backends.Dial(backends.PostService, builder, options)
	if err != nil {
		return nil, nil, nil, errors.Join(err, userConn.Close())
	}
	closeConns := func() { _, _ = userConn.Close(), postConn.Close() }
	return backends.NewUsers(userConn), backends.NewPosts(postConn), closeConns, nil
}

// sources is the chain behind each loader: what is asked first stands first.
func sources(users *backends.Users, posts *backends.Posts, c *caches) loaders.Sources {
	return loaders.Sources{
		Users:         fetch.Through(users.ByIDs, fetch.Unless(uncached, c.users.Layers()...), fetch.AtMost[int64, *bff.User](backends.MaxKeys)),
		UserPages:     users.Pages,
		Posts:         fetch.Through(posts.ByIDs, fetch.Unless(uncached, c.posts.Layers()...), fetch.AtMost[int64, *bff.Post](backends.MaxKeys)),
		PostPages:     posts.Pages,
		PostsByAuthor: fetch.Through(posts.PagesByAuthor, fetch.AtMost[bff.AuthorPage, *bff.Page[*bff.Post]](backends.MaxKeys)),
		PostCounts:    fetch.Through(posts.CountsByAuthor, fetch.Unless(uncached, c.counts.Layers()...), fetch.AtMost[int64, int64](backends.MaxKeys)),
	}
}

func signingKey(config Config, logger *slog.Logger) (ed25519.PrivateKey, error) {
	if config.SigningKey != "" {
		private, err := auth.ReadKey(config.SigningKey)
		if err != nil {
			return nil, program.Wrong("signing-key", "%w", err)
		}
		return private, nil
	}

	private, err := auth.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("generate signing key: %w", err)
	}
	logger.Warn("tokens are signed with a key of this process: they end with it, and no other replica takes them; see -signing-key")
	return private, nil
}

type endpoint struct {
	listener net.Listener
	server   *http.Server
}

func newServer(handler http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		Protocols:         protocols,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // clients that break off are no news
	}
}

// serve accepts requests until ctx ends or a listener fails, then answers those on their way.
func serve(ctx context.Context, logger *slog.Logger, started func(string), endpoints ...endpoint) error {
	failed := make(chan error, len(endpoints))
	for _, e := range endpoints {
		go func() { failed <- e.server.Serve(e.listener) }()
	}
	addr := endpoints[0].listener.Addr().String()
	logger.Info("serving", "addr", addr, "admin-addr", endpoints[1].listener.Addr().String())
	if started != nil {
		started(addr)
	}

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}

	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	for _, e := range endpoints {
		if e.server.Shutdown(stopping) != nil {
			logger.Warn("requests that took too long were broken off")
			_ = e.server.Close()
		}
	}
	logger.Info("stopped")
	return err
}

// Watch returns the watcher of the ensemble in config and what closes it. It works while ZooKeeper is down.
func Watch(config Config, logger *slog.Logger) (discovery.Watcher, func() error, error) {
	zookeeper, err := discovery.NewZooKeeper(discovery.Servers(config.ZooKeeper), discovery.Options{Logger: logger, SnapshotDir: config.DiscoveryDir})
	if err != nil {
		return nil, nil, program.Wrong("zookeeper", "%w", err)
	}
	return zookeeper, zookeeper.Close, nil
}
