package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"

	"bff/mask"
)

// services is both services in this process, with an interceptor before them.
func services(t *testing.T, before grpc.UnaryServerInterceptor) *backends {
	t.Helper()
	b, err := startBackends(t.Context(), "127.0.0.1:0", "127.0.0.1:0", grpc.UnaryInterceptor(before))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

func pass(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	return handle(ctx, request)
}

// limitBefore is the limit in this process, before services.
func limitBefore(t *testing.T, b *backends) target {
	t.Helper()
	h, closeConns, err := dial(b.users, b.posts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeConns)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return target{strings.TrimPrefix(server.URL, "http://")}
}

func TestTheLimitAnswersAsTheServer(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "server")
	var said bytes.Buffer
	if err := build(t.Context(), program, &said); err != nil {
		t.Fatalf("%v\n%s", err, said.Bytes())
	}
	b := services(t, pass)
	server, err := startServer(t.Context(), anyCore, program, dir, b.users, b.posts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.stop)

	both := targets{limit: limitBefore(t, b), server: target{server.addr}}
	for _, q := range queries() {
		t.Run(q.name, func(t *testing.T) {
			if err := verify(t.Context(), q, both); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestVerifyFindsOtherData(t *testing.T) {
	b := services(t, pass)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":{"__typename":"Other"}}`)
	}))
	t.Cleanup(other.Close)
	q, err := named("Q4")
	if err != nil {
		t.Fatal(err)
	}
	err = verify(t.Context(), q[0], targets{limitBefore(t, b), target{strings.TrimPrefix(other.URL, "http://")}})
	if err == nil || !strings.Contains(err.Error(), "other data") {
		t.Errorf("verify: %v", err)
	}
}

func TestTheLimitMakesTheFewestCalls(t *testing.T) {
	fewest := map[string]map[string]int{
		"Q1": {"ListPosts": 1, "BatchGetUsers": 1},
		"Q2": {"ListPosts": 1},
		"Q3": {"BatchGetUsers": 1, "BatchCountPostsByAuthor": 1, "BatchListPostsByAuthor": 1},
		"Q4": {},

		"Home":     {"BatchGetUsers": 1, "BatchCountPostsByAuthor": 1},
		"Users":    {"ListUsers": 1, "BatchCountPostsByAuthor": 1, "BatchListPostsByAuthor": 1},
		"Composed": {"ListPosts": 1, "BatchGetPosts": 1, "BatchGetUsers": 2, "BatchCountPostsByAuthor": 1, "BatchListPostsByAuthor": 1},
		"Stream":   {"ListPosts": 1, "BatchGetPosts": 1, "BatchGetUsers": 2, "BatchCountPostsByAuthor": 1, "BatchListPostsByAuthor": 1},
		"Levels1":  {"ListPosts": 1},
		"Levels2":  {"ListPosts": 1, "BatchGetUsers": 1},
		"Levels3":  {"ListPosts": 1, "BatchGetUsers": 1, "BatchListPostsByAuthor": 1},
		"Levels4":  {"ListPosts": 1, "BatchGetUsers": 1, "BatchListPostsByAuthor": 1},
	}
	var mu sync.Mutex
	calls := map[string]int{}
	b := services(t, func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		mu.Lock()
		calls[filepath.Base(info.FullMethod)]++
		mu.Unlock()
		return handle(ctx, request)
	})
	limit := limitBefore(t, b)

	for name, wanted := range fewest {
		q, err := named(name)
		if err != nil {
			t.Fatal(err)
		}
		clear(calls)
		got, err := answers(t.Context(), q[0], limit, contender{limit: true})
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(calls, wanted) {
			t.Errorf("%s: calls %v, not %v", name, calls, wanted)
		}
		for _, data := range got {
			if text := fmt.Sprint(data); strings.Contains(text, "null") || strings.Contains(text, "[]") {
				t.Errorf("%s: something is missing: %s", name, text)
			}
		}
	}
}

func TestWarmCachesLeavePagesOnly(t *testing.T) {
	var mu sync.Mutex
	var calls []string
	b := services(t, func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		mu.Lock()
		calls = append(calls, filepath.Base(info.FullMethod))
		mu.Unlock()
		return handle(ctx, request)
	})
	limit := limitBefore(t, b)
	q, err := named("Stream")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		calls = nil
		if _, err := answers(t.Context(), q[0], limit, contender{limit: true, cached: true}); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(calls)
	if got := strings.Join(calls, " "); got != "BatchListPostsByAuthor ListPosts" {
		t.Errorf("calls with warm caches: %s", got)
	}
}

// TestLinesLeaveWhenTheirDataIsThere holds the list of posts back until the first lines were read.
func TestLinesLeaveWhenTheirDataIsThere(t *testing.T) {
	release := make(chan struct{})
	b := services(t, func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		if strings.HasSuffix(info.FullMethod, "/ListPosts") {
			<-release
		}
		return handle(ctx, request)
	})
	limit := limitBefore(t, b)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+limit.addr, strings.NewReader(streamed().units[0][0]))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()

	lines := bufio.NewScanner(response.Body)
	const early = 8 // all but the latest posts, and the article whose author travels with theirs
	for i := range len(components()) {
		if i == early {
			close(release)
		}
		if !lines.Scan() {
			t.Fatalf("%d lines: %v", i, lines.Err())
		}
		line := lines.Text()
		if late := strings.HasPrefix(line, `{"requestIndex":2,`) || strings.HasPrefix(line, `{"requestIndex":8,`); late != (i >= early) {
			t.Errorf("line %d: %s", i, line)
		}
	}
}

func TestTextIsWrittenAsTheServerWritesIt(t *testing.T) {
	for _, text := range []string{"", "plain", "文章1", "\"quoted\" \\ / <b>&", "a\tb\nc\rd\x00e\x1f", "\u2028", "🙂"} {
		var wanted bytes.Buffer
		graphql.MarshalString(text).MarshalGQL(&wanted)
		if got := string(appendText(nil, text)); got != wanted.String() {
			t.Errorf("%q is written %s, not %s", text, got, wanted.String())
		}
		wanted.Reset()
		graphql.MarshalString(mask.Phone.Apply(text)).MarshalGQL(&wanted)
		if got := string(appendPhone(nil, text)); text != "" && got != wanted.String() {
			t.Errorf("the phone %q is written %s, not %s", text, got, wanted.String())
		}
	}
	for phone, wanted := range map[string]string{"": "null", "13100000001": `"131****0001"`, "1234567": `"***"`, "12345678": `"123*5678"`} {
		if got := string(appendPhone(nil, phone)); got != wanted {
			t.Errorf("the phone %q is written %s, not %s", phone, got, wanted)
		}
	}
}

// TestTheLimitDecodesByStockCode fails when a package that the limit imports replaces gRPC's own codec.
func TestTheLimitDecodesByStockCode(t *testing.T) {
	if name := fmt.Sprintf("%T", encoding.GetCodecV2("proto")); name != "*proto.codecV2" {
		t.Errorf("messages are decoded by %s: give the limit a frozen copy of the stubs", name)
	}
}
