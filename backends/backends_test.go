package backends_test

import (
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"bff"
	"bff/backends"
	"bff/discovery"
	postv1 "bff/internal/gen/post/v1"
	"bff/internal/postd"
	"bff/internal/userd"
)

func TestMain(m *testing.M) {
	if os.Getenv("BACKENDS_BENCH_SERVER") != "" {
		serveCanned()
		return
	}
	goleak.VerifyTestMain(m)
}

// instance is a real service on a listener of its own, with faults put before it.
type instance struct {
	addr  string
	calls atomic.Int64
	fault func(ctx context.Context, call int64) error // nil: none
}

func serve(t *testing.T, fault func(ctx context.Context, call int64) error) *instance {
	t.Helper()
	i := &instance{fault: fault}
	users, err := userd.Open(t.Context(), "sqlite::memory:", userd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	posts, err := postd.Open(t.Context(), "sqlite::memory:", postd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		call := i.calls.Add(1)
		if i.fault != nil {
			if err := i.fault(ctx, call); err != nil {
				return nil, err
			}
		}
		return handle(ctx, request)
	}))
	users.Register(server)
	posts.Register(server)
	healthy := health.NewServer()
	for _, service := range []string{backends.UserService, backends.PostService} {
		healthy.SetServingStatus(service, healthv1.HealthCheckResponse_SERVING)
	}
	healthv1.RegisterHealthServer(server, healthy)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i.addr = listener.Addr().String()
	var group sync.WaitGroup
	group.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { server.Stop(); group.Wait(); _, _ = users.Close(), posts.Close() })
	return i
}

func dial(t *testing.T, options backends.Options, instances ...*instance) (*backends.Users, *backends.Posts) {
	t.Helper()
	var addrs []string
	for _, i := range instances {
		addrs = append(addrs, i.addr)
	}
	builder := discovery.NewBuilder(discovery.Fixed(map[string][]string{backends.UserService: addrs, backends.PostService: addrs}))
	userConn, err := backends.Dial(backends.UserService, builder, options)
	if err != nil {
		t.Fatal(err)
	}
	postConn, err := backends.Dial(backends.PostService, builder, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = userConn.Close(), postConn.Close() })
	return backends.NewUsers(userConn), backends.NewPosts(postConn)
}

func down(context.Context, int64) error { return status.Error(codes.Unavailable, "down at 10.0.0.7") }

func TestReads(t *testing.T) {
	users, posts := dial(t, backends.Options{}, serve(t, nil))
	ctx := t.Context()

	found, err := users.ByIDs(ctx, []int64{1, 2, 3})
	if err != nil || len(found) != 2 || found[1].Username != "lucus" || found[2].Avatar != "avatar2.png" || found[1].CreatedAt.IsZero() {
		t.Errorf("users %v, %v", found, err)
	}
	var phone string
	found[1].Phone.Reveal(func(digits string) { phone = digits })
	if phone != "13100000001" {
		t.Error("another phone")
	}

	one, two := bff.PageArgs{First: 1}, bff.PageArgs{Last: 2}
	pages, err := users.Pages(ctx, []bff.PageArgs{one, two})
	if err != nil || len(pages) != 2 || !pages[one].HasNext || pages[one].Items[0].ID != 2 || len(pages[two].Items) != 2 {
		t.Errorf("pages %v, %v", pages, err)
	}
	byAuthor, err := posts.PagesByAuthor(ctx, []bff.AuthorPage{{AuthorID: 1, Args: one}, {AuthorID: 2, Args: one}, {AuthorID: 1, Args: two}})
	if err != nil || len(byAuthor) != 3 || byAuthor[bff.AuthorPage{AuthorID: 1, Args: one}].Items[0].Title != "文章3" ||
		len(byAuthor[bff.AuthorPage{AuthorID: 2, Args: one}].Items) != 0 || len(byAuthor[bff.AuthorPage{AuthorID: 1, Args: two}].Items) != 2 {
		t.Errorf("posts by author %v, %v", byAuthor, err)
	}
	counts, err := posts.CountsByAuthor(ctx, []int64{1, 2})
	if diff := cmp.Diff(map[int64]int64{1: 3, 2: 0}, counts); diff != "" || err != nil {
		t.Errorf("counts (-want +got):\n%s%v", diff, err)
	}
}

func TestCallsAreObserved(t *testing.T) {
	var calls []backends.Call
	users, posts := dial(t, backends.Options{Observe: func(_ context.Context, c backends.Call) { c.Took = 0; calls = append(calls, c) }}, serve(t, nil))
	_, _ = users.ByIDs(t.Context(), []int64{1, 2, 3})
	_, _ = posts.CountsByAuthor(t.Context(), []int64{1, 2})
	_, _ = posts.Create(t.Context(), bff.NewPost{})

	want := []backends.Call{
		{Service: "bff.user.v1.UserService", Method: "BatchGetUsers", Code: "OK", Keys: 3},
		{Service: "bff.post.v1.PostService", Method: "BatchCountPostsByAuthor", Code: "OK", Keys: 2},
		{Service: "bff.post.v1.PostService", Method: "CreatePost", Code: "InvalidArgument", Keys: 1},
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestReadsAreRetriedAndWritesAreNot(t *testing.T) {
	failing := func(times int64) func(context.Context, int64) error {
		return func(ctx context.Context, call int64) error {
			if call <= times {
				return down(ctx, call)
			}
			return nil
		}
	}
	t.Run("read, down for three calls", func(t *testing.T) {
		i := serve(t, failing(3))
		users, _ := dial(t, backends.Options{}, i)
		if found, err := users.ByIDs(t.Context(), []int64{1}); err != nil || len(found) != 1 || i.calls.Load() != 4 {
			t.Errorf("%v, %v, %d calls", found, err, i.calls.Load())
		}
	})
	t.Run("read, down for good", func(t *testing.T) {
		i := serve(t, down)
		users, _ := dial(t, backends.Options{}, i)
		_, err := users.ByIDs(t.Context(), []int64{1})
		if bff.KindOf(err) != bff.Unavailable || strings.Contains(bff.MessageOf(err), "10.0.0.7") || i.calls.Load() != 4 {
			t.Errorf("%v, %d calls", err, i.calls.Load())
		}
	})
	t.Run("write", func(t *testing.T) {
		i := serve(t, failing(1))
		_, posts := dial(t, backends.Options{}, i)
		if _, err := posts.Create(t.Context(), bff.NewPost{AuthorID: 1, Title: "x"}); bff.KindOf(err) != bff.Unavailable || i.calls.Load() != 1 {
			t.Errorf("%v, %d calls", err, i.calls.Load())
		}
	})
}

func TestRetriesHaveABudget(t *testing.T) {
	i := serve(t, down)
	users, _ := dial(t, backends.Options{}, i)
	const requests = 100
	for range requests {
		_, _ = users.ByIDs(t.Context(), []int64{1})
	}
	// Without a budget there would be four calls for each request.
	if calls := i.calls.Load(); calls > 2*requests {
		t.Errorf("%d calls for %d requests", calls, requests)
	}
	t.Logf("%d calls for %d requests", i.calls.Load(), requests)
}

func TestCallsAreSpreadOverAllInstances(t *testing.T) {
	a, b := serve(t, nil), serve(t, nil)
	users, _ := dial(t, backends.Options{}, a, b)
	for deadline := time.Now().Add(5 * time.Second); (a.calls.Load() < 20 || b.calls.Load() < 20) && time.Now().Before(deadline); {
		if _, err := users.ByIDs(t.Context(), []int64{1}); err != nil {
			t.Fatal(err)
		}
	}
	if a.calls.Load() < 20 || b.calls.Load() < 20 {
		t.Errorf("%d and %d calls", a.calls.Load(), b.calls.Load())
	}
}

func TestACallHasADeadline(t *testing.T) {
	i := serve(t, func(ctx context.Context, _ int64) error { <-ctx.Done(); return ctx.Err() })
	users, _ := dial(t, backends.Options{Timeout: 50 * time.Millisecond}, i)
	if _, err := users.ByIDs(t.Context(), []int64{1}); bff.KindOf(err) != bff.Deadline {
		t.Errorf("err = %v", err)
	}
}

func TestStatusBecomesKind(t *testing.T) {
	// A read's arguments are the BFF's own: what the service says of them is for the log.
	reads := map[codes.Code]bff.Kind{
		codes.InvalidArgument: bff.Internal, codes.NotFound: bff.Internal, codes.Internal: bff.Internal, codes.Unknown: bff.Internal,
		codes.PermissionDenied: bff.Internal, codes.Unimplemented: bff.Internal, codes.DeadlineExceeded: bff.Deadline, codes.Canceled: bff.Deadline,
		codes.ResourceExhausted: bff.Unavailable, codes.Unavailable: bff.Unavailable,
	}
	writes := map[codes.Code]bff.Kind{
		codes.InvalidArgument: bff.Invalid, codes.NotFound: bff.NotFound, codes.PermissionDenied: bff.Forbidden, codes.AlreadyExists: bff.Conflict,
		codes.Unauthenticated: bff.Unauthenticated, codes.Aborted: bff.Conflict, codes.Internal: bff.Internal, codes.DataLoss: bff.Internal,
		codes.DeadlineExceeded: bff.Deadline, codes.Unavailable: bff.Unavailable,
	}
	conn := &answering{}
	for code, kind := range reads {
		conn.err = status.Error(code, "in the service's words")
		if _, err := backends.NewPosts(conn).ByIDs(t.Context(), []int64{1}); bff.KindOf(err) != kind || strings.Contains(bff.MessageOf(err), "service's words") {
			t.Errorf("read, %s: %v is %s, want %s", code, err, bff.KindOf(err), kind)
		}
	}
	for code, kind := range writes {
		conn.err = status.Error(code, "in the service's words")
		_, err := backends.NewPosts(conn).Update(t.Context(), bff.PostChange{})
		own := kind != bff.Internal && kind != bff.Deadline && kind != bff.Unavailable
		if bff.KindOf(err) != kind || strings.Contains(bff.MessageOf(err), "service's words") != own {
			t.Errorf("write, %s: %v is %s, want %s", code, err, bff.KindOf(err), kind)
		}
	}
}

// answering is a connection that answers every call with one error.
type answering struct {
	grpc.ClientConnInterface
	err error
}

func (a *answering) Invoke(context.Context, string, any, any, ...grpc.CallOption) error { return a.err }

// TestEveryMethodIsAReadOrAWrite keeps a new method from being forgotten among those that are retried.
func TestEveryMethodIsAReadOrAWrite(t *testing.T) {
	for _, method := range postv1.PostService_ServiceDesc.Methods {
		read := strings.HasPrefix(method.MethodName, "BatchGet") || strings.HasPrefix(method.MethodName, "List") ||
			strings.HasPrefix(method.MethodName, "BatchList") || strings.HasPrefix(method.MethodName, "BatchCount")
		if retried := backends.Retried(backends.PostService, method.MethodName); retried != read {
			t.Errorf("%s: retried %t", method.MethodName, retried)
		}
	}
}
