// Package postd is the inside of the post service: gRPC handlers over one SQL table.
//
//	posts, err := postd.Open(ctx, "sqlite::memory:", postd.Options{})
//	posts.Register(grpcServer)
package postd

import (
	"context"
	"errors"
	"log/slog"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	postv1 "bff/internal/gen/post/v1"
	"bff/internal/sqldb"
)

// Options tune the service. The zero value works.
type Options struct {
	SeedUsers int          // how many generated users share the generated posts
	SeedPosts int          // how many generated posts there shall be
	Logger    *slog.Logger // for faults; default: discarded
}

// Service serves bff.post.v1.PostService. Safe for concurrent use.
type Service struct {
	postv1.UnimplementedPostServiceServer
	store  *store
	logger *slog.Logger
}

// Open opens the database, brings its tables up to date and seeds it. Close the service when no call is on its way.
func Open(ctx context.Context, address string, options Options) (*Service, error) {
	if options.SeedPosts > 0 && options.SeedUsers < 1 {
		return nil, errors.New("generated posts need generated users to be by")
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	db, err := sqldb.Open(ctx, address)
	if err != nil {
		return nil, err
	}

	s := &Service{store: &store{db}, logger: options.Logger}
	seed := func(ctx context.Context) error { return s.seed(ctx, options.SeedUsers, options.SeedPosts) }
	if err := db.Prepare(ctx, "posts", migrations, seed); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Register makes the service known to a gRPC server.
func (s *Service) Register(server grpc.ServiceRegistrar) { postv1.RegisterPostServiceServer(server, s) }

// Close closes the database.
func (s *Service) Close() error { return s.store.db.Close() }

// BatchGetPosts implements the contract.
func (s *Service) BatchGetPosts(ctx context.Context, request *postv1.BatchGetPostsRequest) (*postv1.BatchGetPostsResponse, error) {
	if err := sqldb.CheckIDs("ids", request.GetIds()); err != nil {
		return nil, err
	}
	posts, err := s.store.byIDs(ctx, request.GetIds())
	return &postv1.BatchGetPostsResponse{Posts: posts}, sqldb.Status(ctx, s.logger, err)
}

// ListPosts implements the contract.
func (s *Service) ListPosts(ctx context.Context, request *postv1.ListPostsRequest) (*postv1.ListPostsResponse, error) {
	posts, info, err := s.store.page(ctx, request.GetPage())
	return &postv1.ListPostsResponse{Posts: posts, PageInfo: info}, sqldb.Status(ctx, s.logger, err)
}

// BatchListPostsByAuthor implements the contract.
func (s *Service) BatchListPostsByAuthor(ctx context.Context, request *postv1.BatchListPostsByAuthorRequest) (*postv1.BatchListPostsByAuthorResponse, error) {
	if err := sqldb.CheckIDs("authorIds", request.GetAuthorIds()); err != nil {
		return nil, err
	}
	authors, err := s.store.pagesByAuthor(ctx, request.GetAuthorIds(), request.GetPage())
	return &postv1.BatchListPostsByAuthorResponse{Authors: authors}, sqldb.Status(ctx, s.logger, err)
}

// BatchCountPostsByAuthor implements the contract.
func (s *Service) BatchCountPostsByAuthor(ctx context.Context, request *postv1.BatchCountPostsByAuthorRequest) (*postv1.BatchCountPostsByAuthorResponse, error) {
	if err := sqldb.CheckIDs("authorIds", request.GetAuthorIds()); err != nil {
		return nil, err
	}
	counts, err := s.store.countsByAuthor(ctx, request.GetAuthorIds())
	return &postv1.BatchCountPostsByAuthorResponse{Counts: counts}, sqldb.Status(ctx, s.logger, err)
}

// CreatePost implements the contract.
func (s *Service) CreatePost(ctx context.Context, request *postv1.CreatePostRequest) (*postv1.CreatePostResponse, error) {
	if request.GetAuthorId() < 1 {
		return nil, status.Error(codes.InvalidArgument, "authorId: must be above 0")
	}
	if err := checkText(&request.Title, &request.Body, request.GetIdempotencyKey()); err != nil { //nolint:protogetter // checkText takes nil for unchanged
		return nil, err
	}
	post, err := s.store.create(ctx, request)
	return &postv1.CreatePostResponse{Post: post}, sqldb.Status(ctx, s.logger, err)
}

// UpdatePost implements the contract.
func (s *Service) UpdatePost(ctx context.Context, request *postv1.UpdatePostRequest) (*postv1.UpdatePostResponse, error) {
	if err := checkTarget(request.GetActor(), request.GetId()); err != nil {
		return nil, err
	}
	if err := checkText(request.Title, request.Body, request.GetIdempotencyKey()); err != nil { //nolint:protogetter // nil means unchanged
		return nil, err
	}
	post, err := s.store.update(ctx, request)
	return &postv1.UpdatePostResponse{Post: post}, sqldb.Status(ctx, s.logger, err)
}

// DeletePost implements the contract.
func (s *Service) DeletePost(ctx context.Context, request *postv1.DeletePostRequest) (*postv1.DeletePostResponse, error) {
	if err := checkTarget(request.GetActor(), request.GetId()); err != nil {
		return nil, err
	}
	if err := sqldb.CheckKey(request.GetIdempotencyKey()); err != nil {
		return nil, err
	}
	post, err := s.store.remove(ctx, request)
	return &postv1.DeletePostResponse{Post: post}, sqldb.Status(ctx, s.logger, err)
}

const (
	maxTitle = 200   // characters
	maxBody  = 65535 // bytes
)

// checkText refuses texts outside the contract; nil ones are not looked at.
func checkText(title, body *string, key string) error {
	if title != nil && (utf8.RuneCountInString(*title) < 1 || utf8.RuneCountInString(*title) > maxTitle) {
		return status.Errorf(codes.InvalidArgument, "title: must be 1 to %d characters", maxTitle)
	}
	if body != nil && len(*body) > maxBody {
		return status.Errorf(codes.InvalidArgument, "body: longer than %d bytes", maxBody)
	}
	return sqldb.CheckKey(key)
}

func checkTarget(actor *postv1.Actor, id int64) error {
	if actor.GetUserId() < 1 {
		return status.Error(codes.InvalidArgument, "actor: must be a user")
	}
	if id < 1 {
		return status.Error(codes.InvalidArgument, "id: must be above 0")
	}
	return nil
}
