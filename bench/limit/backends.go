package main

import (
	"context"
	"flag"
	"net"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	pagev1 "bff/internal/gen/page/v1"
	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// memoryUsers serves the reads of bff.user.v1.UserService from memory.
type memoryUsers struct {
	userv1.UnimplementedUserServiceServer
	*rows
}

// memoryPosts serves the reads of bff.post.v1.PostService from memory.
type memoryPosts struct {
	postv1.UnimplementedPostServiceServer
	*rows
}

// backends is both services, each on an address of its own.
type backends struct {
	users, posts string // the addresses
	servers      []*grpc.Server
}

// startBackends serves both services until they are stopped. Options are for both gRPC servers.
func startBackends(ctx context.Context, users, posts string, options ...grpc.ServerOption) (*backends, error) {
	b, all := &backends{}, newRows()
	var err error
	if b.users, err = b.start(ctx, users, &userv1.UserService_ServiceDesc, memoryUsers{rows: all}, options); err != nil {
		return nil, err
	}
	if b.posts, err = b.start(ctx, posts, &postv1.PostService_ServiceDesc, memoryPosts{rows: all}, options); err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

func (b *backends) start(ctx context.Context, addr string, service *grpc.ServiceDesc, inside any, options []grpc.ServerOption) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	server := grpc.NewServer(append(options, grpc.KeepaliveEnforcementPolicy(
		keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}))...)
	server.RegisterService(service, inside)
	healthy := health.NewServer()
	healthy.SetServingStatus(service.ServiceName, healthv1.HealthCheckResponse_SERVING)
	healthv1.RegisterHealthServer(server, healthy)
	b.servers = append(b.servers, server)
	go func() { _ = server.Serve(listener) }() // it ends by stop, without an error
	return listener.Addr().String(), nil
}

func (b *backends) stop() {
	for _, server := range b.servers {
		server.Stop()
	}
}

// runBackends is the program of both services.
func runBackends(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("limit backends", flag.ContinueOnError)
	users := flags.String("users", "127.0.0.1:0", "where users are served")
	posts := flags.String("posts", "127.0.0.1:0", "where posts are served")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := startBackends(ctx, *users, *posts)
	if err != nil {
		return err
	}
	<-ctx.Done()
	b.stop()
	return nil
}

// firstOf reads the arguments of a page. The benchmark needs the first rows only.
func firstOf(page *pagev1.PageArgs) (int, error) {
	if n := int(page.GetFirst()); n >= 1 && n <= maxPage && page.GetLast() == 0 && page.GetAfterId() == 0 && page.GetBeforeId() == 0 {
		return n, nil
	}
	return 0, status.Error(codes.Unimplemented, "only first, from 1 to 100")
}

// firstRows cuts the first n rows of a list.
func firstRows[T any](list []T, n int) ([]T, *pagev1.PageInfo) {
	if len(list) <= n {
		return list, &pagev1.PageInfo{}
	}
	return list[:n], &pagev1.PageInfo{HasNext: true}
}

// maxKeys is the longest list of ids of the contract.
const maxKeys = 1000

func checkIDs(ids []int64) error {
	if len(ids) < 1 || len(ids) > maxKeys || slices.Min(ids) < 1 {
		return status.Error(codes.InvalidArgument, "1 to 1,000 ids, each above 0")
	}
	return nil
}

// byIDs finds the rows with these ids.
func byIDs[T any](list []T, ids []int64) ([]T, error) {
	if err := checkIDs(ids); err != nil {
		return nil, err
	}
	found := make([]T, 0, len(ids))
	for _, id := range ids {
		if id <= int64(len(list)) {
			found = append(found, list[id-1])
		}
	}
	return found, nil
}

// BatchGetUsers implements the contract.
func (m memoryUsers) BatchGetUsers(_ context.Context, request *userv1.BatchGetUsersRequest) (*userv1.BatchGetUsersResponse, error) {
	users, err := byIDs(m.users, request.GetIds())
	return &userv1.BatchGetUsersResponse{Users: users}, err
}

// ListUsers implements the contract for pages from the start.
func (m memoryUsers) ListUsers(_ context.Context, request *userv1.ListUsersRequest) (*userv1.ListUsersResponse, error) {
	n, err := firstOf(request.GetPage())
	if err != nil {
		return nil, err
	}
	users, info := firstRows(m.newUsers, n)
	return &userv1.ListUsersResponse{Users: users, PageInfo: info}, nil
}

// BatchGetPosts implements the contract.
func (m memoryPosts) BatchGetPosts(_ context.Context, request *postv1.BatchGetPostsRequest) (*postv1.BatchGetPostsResponse, error) {
	posts, err := byIDs(m.posts, request.GetIds())
	return &postv1.BatchGetPostsResponse{Posts: posts}, err
}

// ListPosts implements the contract for pages from the start.
func (m memoryPosts) ListPosts(_ context.Context, request *postv1.ListPostsRequest) (*postv1.ListPostsResponse, error) {
	n, err := firstOf(request.GetPage())
	if err != nil {
		return nil, err
	}
	posts, info := firstRows(m.newPosts, n)
	return &postv1.ListPostsResponse{Posts: posts, PageInfo: info}, nil
}

// BatchListPostsByAuthor implements the contract for pages from the start.
func (m memoryPosts) BatchListPostsByAuthor(_ context.Context, request *postv1.BatchListPostsByAuthorRequest) (*postv1.BatchListPostsByAuthorResponse, error) {
	n, err := firstOf(request.GetPage())
	if err != nil {
		return nil, err
	}
	if err := checkIDs(request.GetAuthorIds()); err != nil {
		return nil, err
	}
	response := &postv1.BatchListPostsByAuthorResponse{Authors: make([]*postv1.AuthorPosts, len(request.GetAuthorIds()))}
	for i, id := range request.GetAuthorIds() {
		posts, info := firstRows(m.byAuthor[id], n)
		response.Authors[i] = &postv1.AuthorPosts{AuthorId: id, Posts: posts, PageInfo: info}
	}
	return response, nil
}

// BatchCountPostsByAuthor implements the contract.
func (m memoryPosts) BatchCountPostsByAuthor(_ context.Context, request *postv1.BatchCountPostsByAuthorRequest) (*postv1.BatchCountPostsByAuthorResponse, error) {
	if err := checkIDs(request.GetAuthorIds()); err != nil {
		return nil, err
	}
	counts := make(map[int64]int64, len(request.GetAuthorIds()))
	for _, id := range request.GetAuthorIds() {
		counts[id] = int64(len(m.byAuthor[id]))
	}
	return &postv1.BatchCountPostsByAuthorResponse{Counts: counts}, nil
}
