// Package service runs one gRPC service of the project as a program: it listens, serves, registers with ZooKeeper and
// leaves in the reverse order. userd and postd differ only in what they serve.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"bff"
	"bff/cmd/internal/program"
	"bff/discovery"
)

// Service is what is served: the inside of userd or postd.
type Service interface {
	Register(grpc.ServiceRegistrar)
	Close() error
}

// Open opens the service with the settings of its program.
type Open func(ctx context.Context, config Config, logger *slog.Logger) (Service, error)

const (
	stopTimeout  = 10 * time.Second // for the calls on their way when the program is asked to stop
	leaveTimeout = 2 * time.Second  // for ZooKeeper to confirm that the address is gone
)

// Server is a service that accepts calls.
type Server struct {
	Addr string // where it listens, with the real port

	name         string
	logger       *slog.Logger
	inside       Service
	grpc         *grpc.Server
	health       *health.Server
	zookeeper    *discovery.ZooKeeper    // nil: not registered anywhere
	registration *discovery.Registration // nil likewise
	served       chan error
}

// Start opens the service and accepts calls on config.Addr; with config.ZooKeeper it is registered there under its
// full gRPC name. Stop it when done.
func Start(ctx context.Context, name string, open Open, config Config, logger *slog.Logger) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Addr)
	if err != nil {
		return nil, program.Wrong("addr", "%w", err)
	}
	inside, err := open(ctx, config, logger)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}

	s := &Server{
		Addr: listener.Addr().String(), name: name, logger: logger, inside: inside,
		health: health.NewServer(), served: make(chan error, 1),
		grpc: grpc.NewServer(
			grpc.ChainUnaryInterceptor(contain(logger)),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
			grpc.ConnectionTimeout(5*time.Second),
		),
	}
	inside.Register(s.grpc)
	healthv1.RegisterHealthServer(s.grpc, s.health)
	s.health.SetServingStatus(name, healthv1.HealthCheckResponse_SERVING)
	reflection.Register(s.grpc)
	go func() { s.served <- s.grpc.Serve(listener) }()

	if err := s.register(ctx, config); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	logger.Info("serving", "service", name, "addr", s.Addr)
	return s, nil
}

// register makes the address known, only now that calls are accepted.
func (s *Server) register(ctx context.Context, config Config) error {
	if config.ZooKeeper == "" {
		return nil
	}

	var err error
	s.zookeeper, err = discovery.NewZooKeeper(discovery.Servers(config.ZooKeeper), discovery.Options{Logger: s.logger})
	if err != nil {
		return program.Wrong("zookeeper", "%w", err)
	}
	s.registration, err = s.zookeeper.Register(ctx, s.name, discovery.Instance{
		Addr: config.advertised(s.Addr), Version: program.Version(), Weight: 1, Started: time.Now().UTC(),
	})
	if err != nil {
		return fmt.Errorf("register %s: %w", s.name, err)
	}
	return nil
}

// Wait returns when the service has stopped accepting calls by itself, or when ctx ends.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.served:
		return fmt.Errorf("serve %s: %w", s.name, err)
	}
}

// Stop leaves ZooKeeper first, so that no new caller comes, then says so to the callers that are there, answers the
// calls on their way and closes the database.
func (s *Server) Stop() error {
	var errs []error
	if s.registration != nil {
		ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
		errs = append(errs, s.registration.Close(ctx))
		cancel()
	}
	s.health.Shutdown()

	forced := time.AfterFunc(stopTimeout, s.grpc.Stop)
	s.grpc.GracefulStop()
	forced.Stop()

	if s.zookeeper != nil {
		errs = append(errs, s.zookeeper.Close())
	}
	errs = append(errs, s.inside.Close())
	s.logger.Info("stopped", "service", s.name)
	return errors.Join(errs...)
}

// contain turns a panic into an error of its call. The panic's value may hold a row, so the log gets only its type.
func contain(logger *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (reply any, err error) {
		defer func() {
			if cause := recover(); cause != nil {
				logger.ErrorContext(ctx, "call panicked", slog.String("method", info.FullMethod), bff.Panic(cause))
				reply, err = nil, status.Error(codes.Internal, "internal error")
			}
		}()
		return handle(ctx, request)
	}
}
