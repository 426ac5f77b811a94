package userd_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
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
	userv1 "bff/internal/gen/user/v1"
	"bff/internal/sqldb"
	"bff/internal/userd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, address string, options userd.Options) *userd.Service {
	t.Helper()
	s, err := userd.Open(t.Context(), address, options)
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

func usernames(users []*userv1.User) []string {
	var names []string
	for _, user := range users {
		names = append(names, user.GetUsername())
	}
	return names
}

func ptr[T any](v T) *T { return &v }

func TestSeeds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, userd.Options{})
		reply, err := s.BatchGetUsers(t.Context(), &userv1.BatchGetUsersRequest{Ids: []int64{2, 1, 1, 3}})
		if err != nil {
			t.Fatal(err)
		}
		users := reply.GetUsers()
		slices.SortFunc(users, func(a, b *userv1.User) int { return int(a.GetId() - b.GetId()) })
		if len(users) != 2 || users[0].GetUsername() != "lucus" || users[0].GetAvatar() != "avatar1.png" || users[0].GetPhone() != "13100000001" ||
			users[1].GetUsername() != "mars" || users[1].GetAvatar() != "avatar2.png" || users[1].GetPhone() != "13100000002" {
			t.Errorf("users = %v", usernames(users))
		}
		if !users[0].GetCreatedAt().AsTime().Before(users[1].GetCreatedAt().AsTime()) {
			t.Error("the second user is not younger")
		}
	})
}

func TestGeneratedUsersAreAddedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		if address == "sqlite::memory:" {
			t.Skip("each one is a database of its own")
		}
		var group sync.WaitGroup
		for range 3 { // instances that start at the same time
			group.Go(func() {
				s, err := userd.Open(t.Context(), address, userd.Options{SeedUsers: 700})
				if err != nil {
					t.Error(err)
					return
				}
				_ = s.Close()
			})
		}
		group.Wait()

		s := open(t, address, userd.Options{SeedUsers: 702})
		reply, err := s.ListUsers(t.Context(), &userv1.ListUsersRequest{Page: &pagev1.PageArgs{First: 2}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"user000704", "user000703"}, usernames(reply.GetUsers())); diff != "" {
			t.Errorf("newest (-want +got):\n%s", diff)
		}
		reply, err = s.ListUsers(t.Context(), &userv1.ListUsersRequest{Page: &pagev1.PageArgs{Last: 3}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"user000003", "mars", "lucus"}, usernames(reply.GetUsers())); diff != "" {
			t.Errorf("oldest (-want +got):\n%s", diff)
		}
	})
}

func TestPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, userd.Options{SeedUsers: 3}) // ids 5, 4, 3, 2, 1
		tests := map[string]struct {
			page       *pagev1.PageArgs
			ids        []int64
			next, prev bool
		}{
			"first":              {&pagev1.PageArgs{First: 2}, []int64{5, 4}, true, false},
			"next":               {&pagev1.PageArgs{First: 2, AfterId: 4}, []int64{3, 2}, true, true},
			"end":                {&pagev1.PageArgs{First: 2, AfterId: 2}, []int64{1}, false, true},
			"exactly all":        {&pagev1.PageArgs{First: 5}, []int64{5, 4, 3, 2, 1}, false, false},
			"last":               {&pagev1.PageArgs{Last: 2}, []int64{2, 1}, false, true},
			"previous":           {&pagev1.PageArgs{Last: 2, BeforeId: 2}, []int64{4, 3}, true, true},
			"beginning":          {&pagev1.PageArgs{Last: 2, BeforeId: 4}, []int64{5}, true, false},
			"a range":            {&pagev1.PageArgs{First: 9, AfterId: 5, BeforeId: 2}, []int64{4, 3}, false, true},
			"behind the end":     {&pagev1.PageArgs{First: 2, AfterId: 1}, nil, false, true},
			"after an absent id": {&pagev1.PageArgs{First: 1, AfterId: 1000}, []int64{5}, true, true},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				reply, err := s.ListUsers(t.Context(), &userv1.ListUsersRequest{Page: test.page})
				if err != nil {
					t.Fatal(err)
				}
				var ids []int64
				for _, user := range reply.GetUsers() {
					ids = append(ids, user.GetId())
				}
				if diff := cmp.Diff(test.ids, ids); diff != "" {
					t.Errorf("ids (-want +got):\n%s", diff)
				}
				if info := reply.GetPageInfo(); info.GetHasNext() != test.next || info.GetHasPrevious() != test.prev {
					t.Errorf("page info %v", info)
				}
			})
		}
	})
}

func TestInvalidRequests(t *testing.T) {
	s := open(t, "sqlite::memory:", userd.Options{})
	ctx := t.Context()
	get := func(ids ...int64) func() error {
		return func() error { _, err := s.BatchGetUsers(ctx, &userv1.BatchGetUsersRequest{Ids: ids}); return err }
	}
	list := func(page *pagev1.PageArgs) func() error {
		return func() error { _, err := s.ListUsers(ctx, &userv1.ListUsersRequest{Page: page}); return err }
	}
	update := func(request *userv1.UpdateProfileRequest) func() error {
		return func() error { _, err := s.UpdateProfile(ctx, request); return err }
	}
	tests := map[string]func() error{
		"no ids":             get(),
		"too many ids":       get(make([]int64, 1001)...),
		"id zero":            get(1, 0),
		"negative id":        get(-1),
		"no page":            list(nil),
		"both ends":          list(&pagev1.PageArgs{First: 1, Last: 1}),
		"page too large":     list(&pagev1.PageArgs{First: 101}),
		"negative page":      list(&pagev1.PageArgs{First: -1}),
		"mixed signs":        list(&pagev1.PageArgs{First: -1, Last: 1}),
		"negative cursor":    list(&pagev1.PageArgs{First: 1, AfterId: -1}),
		"update of nobody":   update(&userv1.UpdateProfileRequest{}),
		"empty name":         update(&userv1.UpdateProfileRequest{Id: 1, Username: ptr("")}),
		"name with blanks":   update(&userv1.UpdateProfileRequest{Id: 1, Username: ptr("a b")}),
		"name too long":      update(&userv1.UpdateProfileRequest{Id: 1, Username: ptr(strings.Repeat("a", 65))}),
		"phone with letters": update(&userv1.UpdateProfileRequest{Id: 1, Phone: ptr("secret131")}),
		"avatar as path":     update(&userv1.UpdateProfileRequest{Id: 1, Avatar: ptr("../secret131")}),
		"avatar with NUL":    update(&userv1.UpdateProfileRequest{Id: 1, Avatar: ptr("a\x00secret131")}),
		"key too long":       update(&userv1.UpdateProfileRequest{Id: 1, IdempotencyKey: strings.Repeat("k", 129)}),
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			err := call()
			if status.Code(err) != codes.InvalidArgument || strings.Contains(err.Error(), "secret131") {
				t.Errorf("err = %v, want INVALID_ARGUMENT that repeats no value", err)
			}
		})
	}
}

func TestVerifyPassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, userd.Options{SeedUsers: 1})
		tests := map[string]struct {
			username, password string
			ok                 bool
		}{
			"right":                     {"lucus", "111111", true},
			"right, second":             {"mars", "222222", true},
			"wrong":                     {"lucus", "222222", false},
			"nobody":                    {"nobody", "111111", false},
			"empty":                     {"lucus", "", false},
			"empty name":                {"", "111111", false},
			"generated, cannot sign in": {"user000003", "", false},
			"generated, any password":   {"user000003", "111111", false},
			"SQL in the name":           {"lucus' OR '1'='1", "111111", false},
			"SQL in the password":       {"lucus", "' OR '1'='1", false},
			"very long":                 {"lucus", strings.Repeat("1", 10000), false},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				reply, err := s.VerifyPassword(t.Context(), &userv1.VerifyPasswordRequest{Username: test.username, Password: test.password})
				if test.ok && (err != nil || reply.GetUser().GetUsername() != test.username) {
					t.Errorf("VerifyPassword = %v", err)
				}
				if !test.ok && (status.Code(err) != codes.Unauthenticated || status.Convert(err).Message() != "wrong username or password") {
					t.Errorf("err = %v", err)
				}
			})
		}
	})
}

func TestPasswordsAreStoredAsArgon2id(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		if address == "sqlite::memory:" {
			t.Skip("cannot be opened twice")
		}
		open(t, address, userd.Options{})
		db, err := sqldb.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()

		var hash string
		if err := db.QueryRowContext(t.Context(), "SELECT password_hash FROM users WHERE id = 1").Scan(&hash); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("hash = %.40s…", hash)
		}
	})
}

func TestUpdateProfile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, userd.Options{})
		ctx := t.Context()

		reply, err := s.UpdateProfile(ctx, &userv1.UpdateProfileRequest{Id: 1, Username: ptr("luke"), Phone: ptr("+8613199999999")})
		if err != nil || reply.GetUser().GetUsername() != "luke" || reply.GetUser().GetPhone() != "+8613199999999" || reply.GetUser().GetAvatar() != "avatar1.png" {
			t.Errorf("update: %v", err)
		}
		if reply, err = s.UpdateProfile(ctx, &userv1.UpdateProfileRequest{Id: 1, Phone: ptr(""), Avatar: ptr("头像 😀.png")}); err != nil || reply.GetUser().GetPhone() != "" || reply.GetUser().GetAvatar() != "头像 😀.png" {
			t.Errorf("update to none: %v", err)
		}
		if _, err := s.UpdateProfile(ctx, &userv1.UpdateProfileRequest{Id: 1}); err != nil {
			t.Errorf("a change of nothing: %v", err)
		}
		if _, err := s.UpdateProfile(ctx, &userv1.UpdateProfileRequest{Id: 1, Username: ptr("MARS")}); status.Code(err) != codes.AlreadyExists {
			t.Errorf("a name that is taken: %v", err)
		}
		if _, err := s.UpdateProfile(ctx, &userv1.UpdateProfileRequest{Id: 999, Username: ptr("x")}); status.Code(err) != codes.NotFound {
			t.Errorf("an unknown user: %v", err)
		}
	})
}

func TestTheSameKeyChangesOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, userd.Options{})
		first := &userv1.UpdateProfileRequest{Id: 1, Username: ptr("luke"), IdempotencyKey: "k"}
		if _, err := s.UpdateProfile(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UpdateProfile(t.Context(), &userv1.UpdateProfileRequest{Id: 1, Username: ptr("lucas")}); err != nil {
			t.Fatal(err)
		}
		if reply, err := s.UpdateProfile(t.Context(), first); err != nil || reply.GetUser().GetUsername() != "lucas" {
			t.Errorf("again: %v, %v; the change was made twice", reply.GetUser().GetUsername(), err)
		}
		other := &userv1.UpdateProfileRequest{Id: 1, Username: ptr("other"), IdempotencyKey: "k"}
		if _, err := s.UpdateProfile(t.Context(), other); status.Code(err) != codes.AlreadyExists {
			t.Errorf("another change with the key: %v", err)
		}
	})
}

func TestDeadlinesAreHonoured(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, address string) {
		s := open(t, address, userd.Options{})
		past, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err := s.BatchGetUsers(past, &userv1.BatchGetUsersRequest{Ids: []int64{1}})
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("read: %v", err)
		}
		_, err = s.VerifyPassword(past, &userv1.VerifyPasswordRequest{Username: "lucus", Password: "111111"})
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("verify: %v", err)
		}
	})
}

func TestFaultsTellNothing(t *testing.T) {
	var log bytes.Buffer
	s, err := userd.Open(t.Context(), "sqlite::memory:", userd.Options{Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close() // every statement fails from here on

	_, err = s.UpdateProfile(t.Context(), &userv1.UpdateProfileRequest{Id: 1, Phone: ptr("13177777777")})
	if status.Code(err) != codes.Internal || status.Convert(err).Message() != "internal error" {
		t.Errorf("err = %v", err)
	}
	if !strings.Contains(log.String(), "statement failed") || strings.Contains(log.String(), "13177777777") {
		t.Errorf("log = %s", log.String())
	}
}

func TestWrongAddressesTellNoPassword(t *testing.T) {
	for _, address := range []string{
		"", "mysql", "mysql://", "mysql://root:hunter2@", "postgres://root:hunter2@host/db", "sqlite:", "mysql://root:hunter2@127.0.0.1:1/bff",
		"mysql://root:hunter2@127.0.0.1:port/bff", "mysql://root:hunter2@[::1/bff", "sqlite:/no/such/folder/x.db",
	} {
		_, err := userd.Open(t.Context(), address, userd.Options{})
		if err == nil || strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("Open(%q) = %v", address, err)
		}
	}
}
