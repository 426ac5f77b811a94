package postd_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"bff/internal/dbtest"
	pagev1 "bff/internal/gen/page/v1"
	postv1 "bff/internal/gen/post/v1"
	"bff/internal/postd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, address string, options postd.Options) *postd.Service {
	t.Helper()
	s, err := postd.Open(t.Context(), address, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func titles(posts []*postv1.Post) []string {
	var titles []string
	for _, post := range posts {
		titles = append(titles, post.GetTitle())
	}
	return titles
}

func ptr[T any](v T) *T { return &v }

var (
	lucus = &postv1.Actor{UserId: 1}
	mars  = &postv1.Actor{UserId: 2}
	admin = &postv1.Actor{UserId: 2, Admin: true}
)

func list(t *testing.T, s *postd.Service, page *pagev1.PageArgs) ([]string, *pagev1.PageInfo) {
	t.Helper()
	reply, err := s.ListPosts(t.Context(), &postv1.ListPostsRequest{Page: page})
	if err != nil {
		t.Fatal(err)
	}
	return titles(reply.GetPosts()), reply.GetPageInfo()
}

func TestSeeds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, postd.Options{})
		got, info := list(t, s, &pagev1.PageArgs{First: 100})
		if diff := cmp.Diff([]string{"文章3", "文章2", "文章1"}, got); diff != "" || info.GetHasNext() || info.GetHasPrevious() {
			t.Errorf("posts (-want +got):\n%s%v", diff, info)
		}
		counts, err := s.BatchCountPostsByAuthor(t.Context(), &postv1.BatchCountPostsByAuthorRequest{AuthorIds: []int64{1, 2, 2, 77}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int64]int64{1: 3, 2: 0, 77: 0}, counts.GetCounts()); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestGeneratedPostsAreAddedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		if address == "sqlite::memory:" {
			t.Skip("each one is a database of its own")
		}
		var group sync.WaitGroup
		for range 3 { // instances that start at the same time
			group.Go(func() {
				s, err := postd.Open(t.Context(), address, postd.Options{SeedUsers: 10, SeedPosts: 1200})
				if err != nil {
					t.Error(err)
					return
				}
				_ = s.Close()
			})
		}
		group.Wait()

		s := open(t, address, postd.Options{SeedUsers: 10, SeedPosts: 1205})
		counts, err := s.BatchCountPostsByAuthor(t.Context(), &postv1.BatchCountPostsByAuthorRequest{AuthorIds: []int64{1, 3, 7, 8, 12, 13}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int64]int64{1: 3, 3: 121, 7: 121, 8: 120, 12: 120, 13: 0}, counts.GetCounts()); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestSeedPostsNeedUsers(t *testing.T) {
	if _, err := postd.Open(t.Context(), "sqlite::memory:", postd.Options{SeedPosts: 1}); err == nil {
		t.Error("opened")
	}
}

func TestPagesOfManyAuthors(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, postd.Options{SeedUsers: 2, SeedPosts: 5}) // author 3: posts 4, 6, 8; author 4: posts 5, 7
		type page struct {
			IDs        []int64
			Next, Prev bool
		}
		tests := map[string]struct {
			args *pagev1.PageArgs
			want map[int64]page
		}{
			"first two": {&pagev1.PageArgs{First: 2}, map[int64]page{
				1: {[]int64{3, 2}, true, false}, 2: {nil, false, false}, 3: {[]int64{8, 6}, true, false}, 4: {[]int64{7, 5}, false, false},
			}},
			"after": {&pagev1.PageArgs{First: 2, AfterId: 7}, map[int64]page{
				1: {[]int64{3, 2}, true, true}, 2: {nil, false, true}, 3: {[]int64{6, 4}, false, true}, 4: {[]int64{5}, false, true},
			}},
			"last one": {&pagev1.PageArgs{Last: 1}, map[int64]page{
				1: {[]int64{1}, false, true}, 2: {nil, false, false}, 3: {[]int64{4}, false, true}, 4: {[]int64{5}, false, true},
			}},
			"last two before": {&pagev1.PageArgs{Last: 2, BeforeId: 4}, map[int64]page{
				1: {nil, true, false}, 2: {nil, true, false}, 3: {[]int64{8, 6}, true, false}, 4: {[]int64{7, 5}, true, false},
			}},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				reply, err := s.BatchListPostsByAuthor(t.Context(), &postv1.BatchListPostsByAuthorRequest{AuthorIds: []int64{4, 1, 2, 3, 1}, Page: test.args})
				if err != nil {
					t.Fatal(err)
				}
				got := map[int64]page{}
				for _, author := range reply.GetAuthors() {
					p := page{Next: author.GetPageInfo().GetHasNext(), Prev: author.GetPageInfo().GetHasPrevious()}
					for _, post := range author.GetPosts() {
						p.IDs = append(p.IDs, post.GetId())
					}
					got[author.GetAuthorId()] = p
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("pages (-want +got):\n%s", diff)
				}
			})
		}
	})
}

func TestPagesSurviveInsertsAndDeletes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, postd.Options{})
		first, _ := list(t, s, &pagev1.PageArgs{First: 1})

		if _, err := s.CreatePost(t.Context(), &postv1.CreatePostRequest{AuthorId: 2, Title: "new"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DeletePost(t.Context(), &postv1.DeletePostRequest{Actor: lucus, Id: 3}); err != nil { // the cursor's own row
			t.Fatal(err)
		}
		rest, info := list(t, s, &pagev1.PageArgs{First: 10, AfterId: 3})
		if diff := cmp.Diff([]string{"文章3", "文章2", "文章1"}, append(first, rest...)); diff != "" || info.GetHasNext() {
			t.Errorf("posts (-want +got):\n%s%v", diff, info)
		}
	})
}

func TestWrites(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, postd.Options{})
		ctx := t.Context()
		text := "'; DROP TABLE posts; -- \" \\ %s ? 文 😀 \u202e"

		made, err := s.CreatePost(ctx, &postv1.CreatePostRequest{AuthorId: 1, Title: text, Body: text})
		if err != nil || made.GetPost().GetTitle() != text || made.GetPost().GetBody() != text || made.GetPost().GetAuthorId() != 1 {
			t.Fatalf("create: %v", err)
		}
		id := made.GetPost().GetId()
		if age := time.Since(made.GetPost().GetCreatedAt().AsTime()); age < -time.Minute || age > time.Minute {
			t.Errorf("made %s ago", age)
		}
		read, err := s.BatchGetPosts(ctx, &postv1.BatchGetPostsRequest{Ids: []int64{id}})
		if err != nil || len(read.GetPosts()) != 1 || !read.GetPosts()[0].GetCreatedAt().AsTime().Equal(made.GetPost().GetCreatedAt().AsTime()) {
			t.Errorf("read back: %v, %v", read.GetPosts(), err)
		}

		steps := []struct {
			name string
			call func() (*postv1.Post, error)
			code codes.Code
		}{
			{"another's update", func() (*postv1.Post, error) {
				r, err := s.UpdatePost(ctx, &postv1.UpdatePostRequest{Actor: mars, Id: id, Title: ptr("x")})
				return r.GetPost(), err
			}, codes.PermissionDenied},
			{"another's delete", func() (*postv1.Post, error) {
				r, err := s.DeletePost(ctx, &postv1.DeletePostRequest{Actor: mars, Id: id})
				return r.GetPost(), err
			}, codes.PermissionDenied},
			{"own update", func() (*postv1.Post, error) {
				r, err := s.UpdatePost(ctx, &postv1.UpdatePostRequest{Actor: lucus, Id: id, Title: ptr("new")})
				return r.GetPost(), err
			}, codes.OK},
			{"an administrator's update", func() (*postv1.Post, error) {
				r, err := s.UpdatePost(ctx, &postv1.UpdatePostRequest{Actor: admin, Id: id, Body: ptr("")})
				return r.GetPost(), err
			}, codes.OK},
			{"update of nothing there", func() (*postv1.Post, error) {
				r, err := s.UpdatePost(ctx, &postv1.UpdatePostRequest{Actor: lucus, Id: 999, Title: ptr("x")})
				return r.GetPost(), err
			}, codes.NotFound},
			{"own delete", func() (*postv1.Post, error) {
				r, err := s.DeletePost(ctx, &postv1.DeletePostRequest{Actor: lucus, Id: id})
				return r.GetPost(), err
			}, codes.OK},
			{"delete again", func() (*postv1.Post, error) {
				r, err := s.DeletePost(ctx, &postv1.DeletePostRequest{Actor: lucus, Id: id})
				return r.GetPost(), err
			}, codes.NotFound},
		}
		for _, step := range steps {
			post, err := step.call()
			if status.Code(err) != step.code {
				t.Errorf("%s: %v, want %s", step.name, err, step.code)
			}
			if err == nil && (post.GetTitle() != "new" || step.name != "own update" && post.GetBody() != "") {
				t.Errorf("%s: %v", step.name, post)
			}
		}
	})
}

func TestTheSameKeyWritesOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, postd.Options{})
		ctx := t.Context()

		const calls = 20
		ids := make([]int64, calls)
		var group sync.WaitGroup
		for i := range calls {
			group.Go(func() {
				reply, err := s.CreatePost(ctx, &postv1.CreatePostRequest{AuthorId: 1, Title: "once", IdempotencyKey: "k"})
				if err != nil {
					t.Error(err)
				}
				ids[i] = reply.GetPost().GetId()
			})
		}
		group.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("ids %v", ids)
				break
			}
		}
		if got, _ := list(t, s, &pagev1.PageArgs{First: 10}); len(got) != 4 {
			t.Errorf("posts %v", got)
		}

		if _, err := s.CreatePost(ctx, &postv1.CreatePostRequest{AuthorId: 1, Title: "twice", IdempotencyKey: "k"}); status.Code(err) != codes.AlreadyExists {
			t.Errorf("another post with the key: %v", err)
		}
		if _, err := s.CreatePost(ctx, &postv1.CreatePostRequest{AuthorId: 2, Title: "once", IdempotencyKey: "k"}); err != nil {
			t.Errorf("another author's key: %v", err)
		}
		for range 2 {
			reply, err := s.DeletePost(ctx, &postv1.DeletePostRequest{Actor: lucus, Id: ids[0], IdempotencyKey: "d"})
			if err != nil || reply.GetPost().GetTitle() != "once" {
				t.Errorf("delete: %v, %v", reply.GetPost(), err)
			}
		}
		if _, err := s.UpdatePost(ctx, &postv1.UpdatePostRequest{Actor: lucus, Id: 999, Title: ptr("x"), IdempotencyKey: "u"}); status.Code(err) != codes.NotFound {
			t.Errorf("a failed write: %v", err)
		}
		if _, err := s.UpdatePost(ctx, &postv1.UpdatePostRequest{Actor: lucus, Id: 1, Title: ptr("x"), IdempotencyKey: "u"}); err != nil {
			t.Errorf("its key again: %v", err)
		}
	})
}

func TestInvalidRequests(t *testing.T) {
	s := open(t, "sqlite::memory:", postd.Options{})
	ctx := t.Context()
	create := func(request *postv1.CreatePostRequest) func() error {
		return func() error { _, err := s.CreatePost(ctx, request); return err }
	}
	update := func(request *postv1.UpdatePostRequest) func() error {
		return func() error { _, err := s.UpdatePost(ctx, request); return err }
	}
	tests := map[string]func() error{
		"no ids": func() error { _, err := s.BatchGetPosts(ctx, &postv1.BatchGetPostsRequest{}); return err },
		"no authors": func() error {
			_, err := s.BatchCountPostsByAuthor(ctx, &postv1.BatchCountPostsByAuthorRequest{})
			return err
		},
		"too many authors": func() error {
			_, err := s.BatchCountPostsByAuthor(ctx, &postv1.BatchCountPostsByAuthorRequest{AuthorIds: make([]int64, 1001)})
			return err
		},
		"no page": func() error {
			_, err := s.BatchListPostsByAuthor(ctx, &postv1.BatchListPostsByAuthorRequest{AuthorIds: []int64{1}})
			return err
		},
		"no author":      create(&postv1.CreatePostRequest{Title: "x"}),
		"no title":       create(&postv1.CreatePostRequest{AuthorId: 1}),
		"title too long": create(&postv1.CreatePostRequest{AuthorId: 1, Title: strings.Repeat("文", 201)}),
		"body too long":  create(&postv1.CreatePostRequest{AuthorId: 1, Title: "x", Body: strings.Repeat("x", 65536)}),
		"key too long":   create(&postv1.CreatePostRequest{AuthorId: 1, Title: "x", IdempotencyKey: strings.Repeat("k", 129)}),
		"no actor":       update(&postv1.UpdatePostRequest{Id: 1}),
		"no post":        update(&postv1.UpdatePostRequest{Actor: lucus}),
		"empty title":    update(&postv1.UpdatePostRequest{Actor: lucus, Id: 1, Title: ptr("")}),
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			if err := call(); status.Code(err) != codes.InvalidArgument {
				t.Errorf("err = %v", err)
			}
		})
	}
	if _, err := s.CreatePost(ctx, &postv1.CreatePostRequest{AuthorId: 1, Title: strings.Repeat("文", 200), Body: strings.Repeat("x", 65535)}); err != nil {
		t.Errorf("the largest post: %v", err)
	}
}

func TestAThousandKeysInOneCall(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, postd.Options{SeedUsers: 100, SeedPosts: 1000})
		ids := make([]int64, 1000)
		for i := range ids {
			ids[i] = int64(i + 1)
		}
		reply, err := s.BatchGetPosts(t.Context(), &postv1.BatchGetPostsRequest{Ids: ids})
		if err != nil || len(reply.GetPosts()) != 1000 {
			t.Errorf("%d posts, %v", len(reply.GetPosts()), err)
		}
		authors, err := s.BatchListPostsByAuthor(t.Context(), &postv1.BatchListPostsByAuthorRequest{AuthorIds: ids, Page: &pagev1.PageArgs{First: 100}})
		if err != nil || len(authors.GetAuthors()) != 1000 {
			t.Errorf("%d authors, %v", len(authors.GetAuthors()), err)
		}
	})
}

func TestDeadlinesAreHonoured(t *testing.T) {
	s := open(t, "sqlite::memory:", postd.Options{})
	past, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := s.ListPosts(past, &postv1.ListPostsRequest{Page: &pagev1.PageArgs{First: 1}}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("err = %v", err)
	}
}
