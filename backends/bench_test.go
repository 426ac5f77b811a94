//go:build unix

package backends_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"bff"
	"bff/backends"
	"bff/discovery"
	pagev1 "bff/internal/gen/page/v1"
	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// asServer is the variable that makes this test binary the services of the benchmarks: in a process of their own, so
// that the CPU time of this process is the client's alone.
const asServer = "BACKENDS_BENCH_SERVER"

// manyUsers returns the answer with the users 1 to n.
func manyUsers(n int) *userv1.BatchGetUsersResponse {
	reply := &userv1.BatchGetUsersResponse{}
	for i := range n {
		reply.Users = append(reply.Users, &userv1.User{
			Id: int64(i + 1), Username: fmt.Sprintf("user-%d", i+1), Avatar: fmt.Sprintf("avatar%d.png", i+1),
			Phone: fmt.Sprintf("131%08d", i+1), CreatedAt: &timestamppb.Timestamp{Seconds: 1_700_000_000 + int64(i), Nanos: 123_456_000},
		})
	}
	return reply
}

// manyPosts returns a page of n posts.
func manyPosts(n int) *postv1.ListPostsResponse {
	reply := &postv1.ListPostsResponse{PageInfo: &pagev1.PageInfo{HasNext: true}}
	for i := range n {
		reply.Posts = append(reply.Posts, &postv1.Post{
			Id: int64(i + 1), AuthorId: int64(i%50 + 1), Title: fmt.Sprintf("文章 number %d", i+1),
			Body: strings.Repeat("text ", 20), CreatedAt: &timestamppb.Timestamp{Seconds: 1_700_000_000 + int64(i)},
		})
	}
	return reply
}

// cannedUsers and cannedPosts answer with prepared rows.
type cannedUsers struct {
	userv1.UnimplementedUserServiceServer
	many, one *userv1.BatchGetUsersResponse
}

func (c *cannedUsers) BatchGetUsers(_ context.Context, request *userv1.BatchGetUsersRequest) (*userv1.BatchGetUsersResponse, error) {
	switch len(request.GetIds()) {
	case 1:
		return c.one, nil
	case 100:
		return c.many, nil
	default:
		return nil, status.Error(codes.InvalidArgument, "1 or 100 users")
	}
}

type cannedPosts struct {
	postv1.UnimplementedPostServiceServer
	page *postv1.ListPostsResponse
}

func (c *cannedPosts) ListPosts(context.Context, *postv1.ListPostsRequest) (*postv1.ListPostsResponse, error) {
	return c.page, nil
}

// serveCanned is the program of the other process: it prints its address and serves until its input ends.
func serveCanned() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	userv1.RegisterUserServiceServer(server, &cannedUsers{many: manyUsers(100), one: manyUsers(1)})
	postv1.RegisterPostServiceServer(server, &cannedPosts{page: manyPosts(100)})
	healthy := health.NewServer()
	for _, service := range []string{backends.UserService, backends.PostService} {
		healthy.SetServingStatus(service, healthv1.HealthCheckResponse_SERVING)
	}
	healthv1.RegisterHealthServer(server, healthy)

	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	_, _ = fmt.Println(listener.Addr())
	_ = server.Serve(listener)
}

// canned starts the services of the benchmarks and returns clients of them.
func canned(b *testing.B) (*backends.Users, *backends.Posts) {
	b.Helper()
	command := exec.CommandContext(b.Context(), os.Args[0])
	command.Env = append(os.Environ(), asServer+"=1")
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = input.Close(), command.Wait() })
	addr, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}

	addrs := []string{strings.TrimSpace(addr)}
	builder := discovery.NewBuilder(discovery.Fixed(map[string][]string{backends.UserService: addrs, backends.PostService: addrs}))
	options := backends.Options{Observe: func(context.Context, backends.Call) {}}
	userConn, err := backends.Dial(backends.UserService, builder, options)
	if err != nil {
		b.Fatal(err)
	}
	postConn, err := backends.Dial(backends.PostService, builder, options)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = userConn.Close(), postConn.Close() })
	return backends.NewUsers(userConn), backends.NewPosts(postConn)
}

// heap allocates what a server holds in its caches, so that the collector runs as seldom as there.
func heap(b *testing.B) {
	held := make([]byte, 64<<20)
	b.Cleanup(func() { runtime.KeepAlive(held) })
}

// spent returns the CPU time of this process in nanoseconds.
func spent() int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// BenchmarkCall makes calls of real services in another process, 32 at once, and reports the CPU time of this process:
//
//	go test -run '^$' -bench Call -benchmem -benchtime 20000x -count 5 ./backends
func BenchmarkCall(b *testing.B) {
	heap(b)
	users, posts := canned(b)
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(i + 1)
	}

	calls := map[string]func(ctx context.Context) error{
		"UsersByID100": func(ctx context.Context) error { _, err := users.ByIDs(ctx, hundred); return err },
		"UsersByID1":   func(ctx context.Context) error { _, err := users.ByIDs(ctx, hundred[:1]); return err },
		"PostsPage100": func(ctx context.Context) error {
			_, err := posts.Pages(ctx, []bff.PageArgs{{First: 100}})
			return err
		},
	}
	for _, name := range []string{"PostsPage100", "UsersByID100", "UsersByID1"} {
		b.Run(name, func(b *testing.B) {
			if err := calls[name](b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetParallelism(16)
			before := spent()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					ctx, cancel := context.WithCancel(context.Background()) // as a request's
					if err := calls[name](ctx); err != nil {
						b.Error(err)
					}
					cancel()
				}
			})
			b.ReportMetric(float64(spent()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkDecode decodes answers as a call does, without the call, beside what the stock code needs for the messages
// alone.
func BenchmarkDecode(b *testing.B) {
	heap(b)
	users, posts := marshalled(b, manyUsers(100)), marshalled(b, manyPosts(100))
	decodeUsers, decodePosts := backends.UsersDecoder(), backends.PostsPageDecoder()
	for _, bench := range []struct {
		name   string
		decode func() error
	}{
		{"Users100", func() error { _, err := decodeUsers(users); return err }},
		{"Users100/stock", func() error { return proto.Unmarshal(users, &userv1.BatchGetUsersResponse{}) }},
		{"Posts100", func() error { _, err := decodePosts(posts); return err }},
		{"Posts100/stock", func() error { return proto.Unmarshal(posts, &postv1.ListPostsResponse{}) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.decode(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func marshalled(t testing.TB, message proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
