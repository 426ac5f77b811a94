// Package backends holds the typed clients of the gRPC services: protobuf on one side, the application's words on the
// other. Reads have the shape of fetch.Func. Every call has a deadline; reads are retried by gRPC itself within a
// budget; gRPC status becomes the application's kinds of error here and nowhere else.
//
//	conn, err := backends.Dial(backends.UserService, builder, backends.Options{})
//	users := backends.NewUsers(conn)
//	found, err := users.ByIDs(ctx, []int64{1, 2})
package backends

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // client-side health checking: an instance that says NOT_SERVING gets no calls
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// The full gRPC names of the services, which are also their names in discovery and in metrics.
const (
	UserService = "bff.user.v1.UserService"
	PostService = "bff.post.v1.PostService"
)

// MaxKeys is the longest list of keys that a service takes in one call.
const MaxKeys = 1000

// Options tune a connection. The zero value works.
type Options struct {
	Timeout time.Duration // of one call, retries included; default 2 s
	// Observe is told of each finished call: one call of ours, however often gRPC retried it. Default: nobody looks.
	Observe func(ctx context.Context, call Call)
	// Delay says how much longer a call takes than the service does, for experiments with a slow one. Default: not at all.
	Delay func(ctx context.Context) time.Duration
	// DialContext replaces TCP, for tests in one process.
	DialContext func(ctx context.Context, addr string) (net.Conn, error)
}

// Call is one finished call of a service.
type Call struct {
	Service, Method string // full name of the service, bare name of the method
	Code            string // gRPC status code, such as "OK"
	Keys            int    // how many rows or lists were asked for
	Took            time.Duration
}

// serviceConfig spreads calls over all instances and retries reads on UNAVAILABLE. The token bucket is the budget:
// each failure takes one token, each success gives a tenth back, and below half no retry is made, so a service that is
// down sees little more than its ordinary load. The format is that of gRPC's service_config.proto.
const serviceConfig = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"healthCheckConfig": {"serviceName": %[1]q},
	"methodConfig": [{
		"name": [{"service": %[1]q}],
		"timeout": "%.9[2]fs", "maxResponseMessageBytes": %[4]d
	}, {
		"name": [%[3]s],
		"timeout": "%.9[2]fs", "maxResponseMessageBytes": %[4]d,
		"retryPolicy": {
			"maxAttempts": 4, "initialBackoff": "0.02s", "maxBackoff": "0.2s", "backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE"]
		}
	}],
	"retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1}
}`

// maxAnswer bounds an answer of a service, in bytes: more than MaxKeys rows of the largest size.
const maxAnswer = 128 << 20

// Dial returns a connection to all instances of a service that builder (for the scheme "zk") knows of. It does not
// wait for any of them. Close it when no call is on its way.
func Dial(service string, builder resolver.Builder, options Options) (*grpc.ClientConn, error) {
	if options.Timeout <= 0 {
		options.Timeout = 2 * time.Second
	}

	dialOptions := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithResolvers(builder),
		grpc.WithDefaultServiceConfig(fmt.Sprintf(serviceConfig, service, options.Timeout.Seconds(), readsOf(service), maxAnswer)),
		grpc.WithDisableServiceConfig(),
		// A restarted instance must get calls again within seconds, so the backoff stays short.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 2 * time.Second}),
		grpc.WithIdleTimeout(0),
		grpc.WithUnaryInterceptor(options.intercept),
	}
	if options.DialContext != nil {
		dialOptions = append(dialOptions, grpc.WithContextDialer(options.DialContext))
	}

	conn, err := grpc.NewClient("zk:///"+service, dialOptions...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", service, err)
	}
	conn.Connect()
	return conn, nil
}

// readsOf lists the methods that change nothing, so that sending one twice does no harm, in the notation of a service
// config.
func readsOf(service string) string {
	reads := map[string][]string{
		UserService: {userv1.UserService_BatchGetUsers_FullMethodName, userv1.UserService_ListUsers_FullMethodName, userv1.UserService_VerifyPassword_FullMethodName},
		PostService: {
			postv1.PostService_BatchGetPosts_FullMethodName, postv1.PostService_ListPosts_FullMethodName,
			postv1.PostService_BatchListPostsByAuthor_FullMethodName, postv1.PostService_BatchCountPostsByAuthor_FullMethodName,
		},
	}
	var names []string
	for _, full := range reads[service] {
		_, method := split(full)
		names = append(names, fmt.Sprintf(`{"service": %q, "method": %q}`, service, method))
	}
	return strings.Join(names, ", ")
}

// split cuts "/package.Service/Method".
func split(full string) (service, method string) {
	service, method, _ = strings.Cut(strings.TrimPrefix(full, "/"), "/")
	return service, method
}

// intercept surrounds each call with the deadline, the observer and the delay, in this order. It is one interceptor
// because gRPC allocates a closure for each of several.
func (o *Options) intercept(ctx context.Context, full string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if o.Observe == nil {
		return o.bounded(ctx, full, req, reply, cc, invoke, opts)
	}

	start := time.Now()
	err := o.bounded(ctx, full, req, reply, cc, invoke, opts)
	service, method := split(full)
	o.Observe(ctx, Call{Service: service, Method: method, Code: status.Code(err).String(), Keys: keysOf(req), Took: time.Since(start)})
	return err
}

// bounded makes the call, after the delay if there is one, within the timeout. gRPC's own timeout, in the service
// config, costs one context fewer, but begins after the delay and only when the first addresses are known. A
// connection that is ready knows them.
func (o *Options) bounded(ctx context.Context, full string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts []grpc.CallOption) error {
	longer := o.delay(ctx)
	if longer <= 0 && cc.GetState() == connectivity.Ready {
		return invoke(ctx, full, req, reply, cc, opts...)
	}

	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if longer > 0 {
		select {
		case <-time.After(longer):
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	return invoke(ctx, full, req, reply, cc, opts...)
}

func (o *Options) delay(ctx context.Context) time.Duration {
	if o.Delay == nil {
		return 0
	}
	return o.Delay(ctx)
}

// keysOf counts what a request asks for: the length of its list of keys, one if it has none.
func keysOf(request any) int {
	switch r := request.(type) {
	case interface{ GetIds() []int64 }:
		return len(r.GetIds())
	case interface{ GetAuthorIds() []int64 }:
		return len(r.GetAuthorIds())
	default:
		return 1
	}
}
