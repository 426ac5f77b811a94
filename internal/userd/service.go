// Package userd is the inside of the user service: gRPC handlers over one SQL table. It owns the password hashes, and
// no value of it ever leaves with one.
//
//	users, err := userd.Open(ctx, "sqlite::memory:", userd.Options{})
//	users.Register(grpcServer)
package userd

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	userv1 "bff/internal/gen/user/v1"
	"bff/internal/sqldb"
)

// Options tune the service. The zero value works.
type Options struct {
	SeedUsers int          // how many generated users there shall be
	Logger    *slog.Logger // for faults; default: discarded
}

// Service serves bff.user.v1.UserService. Safe for concurrent use.
type Service struct {
	userv1.UnimplementedUserServiceServer
	store     *store
	passwords *passwords
	logger    *slog.Logger
}

// Open opens the database, brings its tables up to date and seeds it. Close the service when no call is on its way.
func Open(ctx context.Context, address string, options Options) (*Service, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	db, err := sqldb.Open(ctx, address)
	if err != nil {
		return nil, err
	}

	s := &Service{store: &store{db}, passwords: newPasswords(), logger: options.Logger}
	if err := db.Prepare(ctx, "users", migrations, func(ctx context.Context) error { return s.seed(ctx, options.SeedUsers) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Register makes the service known to a gRPC server.
func (s *Service) Register(server grpc.ServiceRegistrar) { userv1.RegisterUserServiceServer(server, s) }

// Close closes the database.
func (s *Service) Close() error { return s.store.db.Close() }

// BatchGetUsers implements the contract.
func (s *Service) BatchGetUsers(ctx context.Context, request *userv1.BatchGetUsersRequest) (*userv1.BatchGetUsersResponse, error) {
	if err := sqldb.CheckIDs("ids", request.GetIds()); err != nil {
		return nil, err
	}
	users, err := s.store.byIDs(ctx, request.GetIds())
	return &userv1.BatchGetUsersResponse{Users: users}, sqldb.Status(ctx, s.logger, err)
}

// ListUsers implements the contract.
func (s *Service) ListUsers(ctx context.Context, request *userv1.ListUsersRequest) (*userv1.ListUsersResponse, error) {
	users, info, err := s.store.page(ctx, request.GetPage())
	return &userv1.ListUsersResponse{Users: users, PageInfo: info}, sqldb.Status(ctx, s.logger, err)
}

const maxPassword = 256

// VerifyPassword implements the contract. A user that does not exist takes as long as a password that is wrong.
func (s *Service) VerifyPassword(ctx context.Context, request *userv1.VerifyPasswordRequest) (*userv1.VerifyPasswordResponse, error) {
	wrong := status.Error(codes.Unauthenticated, "wrong username or password")
	if !usernamePattern.MatchString(request.GetUsername()) || len(request.GetPassword()) < 1 || len(request.GetPassword()) > maxPassword {
		return nil, wrong
	}

	found, err := s.store.credentials(ctx, request.GetUsername())
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, sqldb.Status(ctx, s.logger, err)
	}
	ok, err := s.passwords.match(ctx, request.GetPassword(), found.hash)
	if err != nil {
		return nil, sqldb.Status(ctx, s.logger, err)
	}
	if !ok {
		return nil, wrong
	}
	return &userv1.VerifyPasswordResponse{User: found.user, Roles: found.roles}, nil
}

// UpdateProfile implements the contract.
func (s *Service) UpdateProfile(ctx context.Context, request *userv1.UpdateProfileRequest) (*userv1.UpdateProfileResponse, error) {
	if err := checkProfile(request); err != nil {
		return nil, err
	}
	user, err := s.store.update(ctx, request)
	return &userv1.UpdateProfileResponse{User: user}, sqldb.Status(ctx, s.logger, err)
}

var (
	usernamePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	phonePattern    = regexp.MustCompile(`^\+?[0-9]{5,20}$`)
)

func checkProfile(request *userv1.UpdateProfileRequest) error {
	invalid := func(message string) error { return status.Error(codes.InvalidArgument, message) }
	avatar := request.GetAvatar()
	switch {
	case request.GetId() < 1:
		return invalid("id: must be above 0")
	case request.Username != nil && !usernamePattern.MatchString(request.GetUsername()):
		return invalid("username: must be 1 to 64 letters, digits, '_', '-' and '.'")
	case len(avatar) > 255 || strings.ContainsAny(avatar, "/\\\x00") || avatar == "." || avatar == ".." || !utf8.ValidString(avatar):
		return invalid("avatar: must be a file name of at most 255 bytes")
	case request.GetPhone() != "" && !phonePattern.MatchString(request.GetPhone()):
		return invalid("phone: must be 5 to 20 digits with an optional leading '+'")
	}
	return sqldb.CheckKey(request.GetIdempotencyKey())
}
