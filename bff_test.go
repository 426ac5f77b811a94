package bff_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"bff"
)

func TestAPhoneCannotPrintItself(t *testing.T) {
	const digits = "13100000001"
	user := bff.User{ID: 1, Phone: bff.NewPhone(digits)}
	shown := bff.NewPhone(digits).Shown(digits)

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, user, &user, user.Phone, shown)
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("x", "user", user, "pointer", &user, "phone", user.Phone, "shown", shown)
	}
	if err := json.NewEncoder(&out).Encode([]any{user, &user, map[string]any{"phone": user.Phone}, shown}); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(&out, errors.Join(fmt.Errorf("user %v", user)), fmt.Sprintln(user.Phone))

	if strings.Contains(out.String(), digits) || strings.Contains(fmt.Sprintf("%x", digits), out.String()) {
		t.Errorf("the digits are printed: %s", out.String())
	}
}

func TestIDs(t *testing.T) {
	user := (&bff.User{ID: 42}).GlobalID()
	post := (&bff.Post{ID: 42}).GlobalID()
	if user == post {
		t.Error("a user and a post have the same global id")
	}
	tests := map[string]struct {
		kind bff.IDKind
		id   string
		want int64 // 0: refused
	}{
		"global":           {bff.UserKind, user, 42},
		"global, padded":   {bff.UserKind, "VXNlcjo0Mg==", 42},
		"bare":             {bff.UserKind, "42", 42},
		"the largest":      {bff.PostKind, "9223372036854775807", 9223372036854775807},
		"another kind":     {bff.UserKind, post, 0},
		"a word":           {bff.UserKind, "abc", 0},
		"empty":            {bff.UserKind, "", 0},
		"zero":             {bff.UserKind, "0", 0},
		"negative":         {bff.UserKind, "-1", 0},
		"signed":           {bff.UserKind, "+1", 0},
		"leading zero":     {bff.UserKind, "01", 0},
		"too large":        {bff.UserKind, "9223372036854775808", 0},
		"with blanks":      {bff.UserKind, " 1", 0},
		"SQL":              {bff.UserKind, "1 OR 1=1", 0},
		"global of zero":   {bff.UserKind, "VXNlcjow", 0},
		"global of a sign": {bff.UserKind, "VXNlcjorMQ", 0},
		"very long":        {bff.UserKind, strings.Repeat("A", 1<<20), 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := bff.ParseID(test.kind, test.id)
			if got != test.want || (err == nil) != (test.want > 0) || err != nil && bff.KindOf(err) != bff.Invalid {
				t.Errorf("ParseID = %d, %v, want %d", got, err, test.want)
			}
		})
	}
}

func TestPageArgs(t *testing.T) {
	n := func(n int) *int { return &n }
	s := func(s string) *string { return &s }
	cursor := bff.Cursor(bff.PostKind, 7)
	tests := map[string]struct {
		first  *int
		after  *string
		last   *int
		before *string
		want   bff.PageArgs // zero: refused
	}{
		"nothing said":    {want: bff.PageArgs{First: bff.DefaultPageSize}},
		"first":           {first: n(3), want: bff.PageArgs{First: 3}},
		"last":            {last: n(100), want: bff.PageArgs{Last: 100}},
		"a range":         {first: n(1), after: &cursor, before: s(bff.Cursor(bff.PostKind, 3)), want: bff.PageArgs{First: 1, After: 7, Before: 3}},
		"both ends":       {first: n(1), last: n(1)},
		"none":            {first: n(0)},
		"too many":        {first: n(101)},
		"negative first":  {first: n(-1)},
		"negative last":   {last: n(-5)},
		"too many, last":  {last: n(1000)},
		"no cursor":       {after: s("x")},
		"an id as cursor": {after: s((&bff.Post{ID: 7}).GlobalID())},
		"empty cursor":    {after: s("")},
		"another list's":  {after: s(bff.Cursor(bff.UserKind, 7))},
		"a very long one": {before: s(strings.Repeat("A", 1<<20))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := bff.NewPageArgs(bff.PostKind, test.first, test.after, test.last, test.before)
			if test.want == (bff.PageArgs{}) {
				if bff.KindOf(err) != bff.Invalid || err == nil {
					t.Errorf("err = %v, want Invalid", err)
				}
				return
			}
			if got != test.want || err != nil {
				t.Errorf("NewPageArgs = %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestKindOf(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7: refused")
	tests := map[string]struct {
		err     error
		kind    bff.Kind
		message string
	}{
		"unknown":          {secret, bff.Internal, "internal error"},
		"wrapped":          {fmt.Errorf("a: %w", &bff.Error{Kind: bff.Unavailable, Msg: "try again", Err: secret}), bff.Unavailable, "try again"},
		"internal":         {&bff.Error{Kind: bff.Internal, Msg: "detail", Err: secret}, bff.Internal, "internal error"},
		"deadline":         {fmt.Errorf("a: %w", context.DeadlineExceeded), bff.Deadline, "no answer in time"},
		"cancelled":        {context.Canceled, bff.Deadline, "no answer in time"},
		"joined with kind": {errors.Join(secret, bff.Errorf(bff.Conflict, "taken")), bff.Conflict, "taken"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if kind, message := bff.KindOf(test.err), bff.MessageOf(test.err); kind != test.kind || message != test.message {
				t.Errorf("got %s %q, want %s %q", kind, message, test.kind, test.message)
			}
		})
	}
}

func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"1", "VXNlcjox", "UG9zdDox", "", "=", "YWZ0ZXI6VUc5emREb3g"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		n, err := bff.ParseID(bff.UserKind, id)
		if (err == nil) != (n > 0) {
			t.Errorf("ParseID(%q) = %d, %v", id, n, err)
		}
		args, err := bff.NewPageArgs(bff.PostKind, nil, &id, nil, nil)
		if err == nil && bff.Cursor(bff.PostKind, args.After) != id {
			t.Errorf("cursor %q is read as %d", id, args.After)
		}
	})
}
