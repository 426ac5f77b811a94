package backends_test

import (
	"bytes"
	"context"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"bff"
	"bff/backends"
	pagev1 "bff/internal/gen/page/v1"
	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// sameRows compares rows with their phones, which cmp could not read.
var sameRows = cmp.Comparer(func(a, b bff.Phone) bool { return digits(a) == digits(b) })

func digits(phone bff.Phone) (all string) {
	phone.Reveal(func(digits string) { all = digits })
	return all
}

// stockUsers decodes an answer of BatchGetUsers with the stock code.
func stockUsers(data []byte) (map[int64]*bff.User, error) {
	var reply userv1.BatchGetUsersResponse
	if err := proto.Unmarshal(data, &reply); err != nil {
		return nil, err
	}
	found := map[int64]*bff.User{}
	for _, user := range reply.GetUsers() {
		found[user.GetId()] = &bff.User{
			ID: user.GetId(), Username: user.GetUsername(), Avatar: user.GetAvatar(), Phone: bff.NewPhone(user.GetPhone()),
			CreatedAt: user.GetCreatedAt().AsTime(),
		}
	}
	return found, nil
}

// stockPosts decodes an answer of BatchListPostsByAuthor with the stock code.
func stockPosts(data []byte) (map[bff.AuthorPage]*bff.Page[*bff.Post], error) {
	var reply postv1.BatchListPostsByAuthorResponse
	if err := proto.Unmarshal(data, &reply); err != nil {
		return nil, err
	}
	found := map[bff.AuthorPage]*bff.Page[*bff.Post]{}
	for _, author := range reply.GetAuthors() {
		info := author.GetPageInfo()
		page := &bff.Page[*bff.Post]{Items: []*bff.Post{}, HasNext: info.GetHasNext(), HasPrevious: info.GetHasPrevious()}
		for _, post := range author.GetPosts() {
			page.Items = append(page.Items, &bff.Post{
				ID: post.GetId(), AuthorID: post.GetAuthorId(), Title: post.GetTitle(), Body: post.GetBody(), CreatedAt: post.GetCreatedAt().AsTime(),
			})
		}
		found[bff.AuthorPage{AuthorID: author.GetAuthorId()}] = page
	}
	return found, nil
}

// differentUsers are answers that leave something behind in reused memory if it is not emptied.
func differentUsers() []*userv1.BatchGetUsersResponse {
	return []*userv1.BatchGetUsersResponse{
		manyUsers(100),
		{Users: []*userv1.User{{Id: 1}, {Id: 2, Username: "a", CreatedAt: &timestamppb.Timestamp{}}}},
		{},
		{Users: []*userv1.User{{Id: 3, Username: strings.Repeat("长", 100), Phone: "1", CreatedAt: &timestamppb.Timestamp{Nanos: 1}}, {}}},
		manyUsers(17),
	}
}

func differentPosts() []*postv1.BatchListPostsByAuthorResponse {
	hundred := manyPosts(100).GetPosts()
	return []*postv1.BatchListPostsByAuthorResponse{
		{Authors: []*postv1.AuthorPosts{{AuthorId: 1, Posts: hundred, PageInfo: &pagev1.PageInfo{HasNext: true, HasPrevious: true}}, {AuthorId: 2, Posts: hundred[:3]}}},
		{Authors: []*postv1.AuthorPosts{{AuthorId: 3}, {AuthorId: 4, Posts: []*postv1.Post{{}, {Id: 5, Body: strings.Repeat("b", 1000)}}}}},
		{},
		{Authors: []*postv1.AuthorPosts{{Posts: hundred[:20], PageInfo: &pagev1.PageInfo{HasPrevious: true}}, {AuthorId: 9, Posts: []*postv1.Post{{Id: 1}}}, {AuthorId: 8}}},
	}
}

func TestReusedMemoryHoldsNothingOfEarlierAnswers(t *testing.T) {
	decodeUsers, decodePosts := backends.UsersDecoder(), backends.PostsByAuthorDecoder()
	for range 3 {
		for i, reply := range differentUsers() {
			data := marshalled(t, reply)
			want, _ := stockUsers(data)
			got, err := decodeUsers(data)
			if diff := cmp.Diff(want, got, sameRows); diff != "" || err != nil {
				t.Errorf("users %d (-want +got):\n%s%v", i, diff, err)
			}
			_, _ = decodeUsers(data[:len(data)/2]) // leaves a half behind
		}
		for i, reply := range differentPosts() {
			data := marshalled(t, reply)
			want, _ := stockPosts(data)
			got, err := decodePosts(data)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("posts %d (-want +got):\n%s%v", i, diff, err)
			}
			_, _ = decodePosts(data[:len(data)/2])
		}
	}
}

// TestEachFieldIsEmptied fails if a message gets a field that the functions that empty messages do not know.
func TestEachFieldIsEmptied(t *testing.T) {
	for _, reply := range differentUsers() {
		if left := backends.EmptiedUsers(reply); len(left) > 0 {
			t.Errorf("left in a user: %x", left)
		}
	}
	for _, reply := range differentPosts() {
		if left := backends.EmptiedPosts(reply); len(left) > 0 {
			t.Errorf("left in a post: %x", left)
		}
	}
	for message, fields := range map[proto.Message]int{
		&userv1.User{}: 5, &postv1.Post{}: 5, &timestamppb.Timestamp{}: 2, &pagev1.PageInfo{}: 2, &postv1.AuthorPosts{}: 3,
	} {
		if descriptor := message.ProtoReflect().Descriptor(); descriptor.Fields().Len() != fields {
			t.Errorf("%s has another number of fields: convert and empty the new one", descriptor.FullName())
		}
	}
}

// TestRowsDoNotPointIntoTheReceiveBuffer overwrites the buffer, as gRPC does with the next answer.
func TestRowsDoNotPointIntoTheReceiveBuffer(t *testing.T) {
	for _, message := range differentUsers() {
		data := marshalled(t, message)
		want, _ := stockUsers(data)
		got, err := backends.UsersDecoder()(data)
		clear(data)
		if diff := cmp.Diff(want, got, sameRows); diff != "" || err != nil {
			t.Errorf("users (-want +got):\n%s%v", diff, err)
		}
		for _, user := range got {
			for _, s := range []string{user.Username, user.Avatar, digits(user.Phone)} {
				if within(s, data) {
					t.Errorf("a string of user %d is in the buffer", user.ID)
				}
			}
		}
	}
	for _, message := range differentPosts() {
		data := marshalled(t, message)
		want, _ := stockPosts(data)
		got, err := backends.PostsByAuthorDecoder()(data)
		clear(data)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("posts (-want +got):\n%s%v", diff, err)
		}
	}
}

func within(s string, data []byte) bool {
	if s == "" || len(data) == 0 {
		return false
	}
	at, start := uintptr(unsafe.Pointer(unsafe.StringData(s))), uintptr(unsafe.Pointer(&data[0]))
	return at >= start && at < start+uintptr(len(data))
}

// TestACachedRowKeepsLittleMemory holds one row of many answers, as a cache may, and looks what else stays.
func TestACachedRowKeepsLittleMemory(t *testing.T) {
	reply := manyPosts(100)
	for _, post := range reply.GetPosts() {
		post.Body = strings.Repeat("x", 60_000)
	}
	data := marshalled(t, reply)
	decode := backends.PostsPageDecoder()
	var held []*bff.Post

	before := live()
	for range 20 {
		page, err := decode(data)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, page.Items[0])
	}
	if kept := (live() - before) / int64(len(held)); kept > 80_000 {
		t.Errorf("a row of 60,000 bytes keeps %d", kept)
	}
	if len(held[0].Body) != 60_000 {
		t.Error("another row")
	}
}

// live returns how many bytes of the heap are in use.
func live() int64 {
	runtime.GC()
	runtime.GC() // what was pooled is let go by the second
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// Allocations by answer, whatever the machine does. Reused memory is lost when the collector runs, so these are averages.
func TestDecodingAllocatesLittle(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	users, posts := marshalled(t, manyUsers(100)), marshalled(t, manyPosts(100))
	decodeUsers, decodePosts := backends.UsersDecoder(), backends.PostsPageDecoder()
	for _, test := range []struct {
		name    string
		most    float64
		decoded func() error
	}{
		{"100 users by id", 20, func() error { _, err := decodeUsers(users); return err }},
		{"a page of 100 posts", 18, func() error { _, err := decodePosts(posts); return err }},
	} {
		allocations := testing.AllocsPerRun(200, func() {
			if err := test.decoded(); err != nil {
				t.Fatal(err)
			}
		})
		if allocations > test.most {
			t.Errorf("%s: %v allocations, at most %v", test.name, allocations, test.most)
		}
	}
}

// TestGarbageIsAnError: what a service sends is not trusted.
func TestGarbageIsAnError(t *testing.T) {
	user := func(fields ...byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), fields)
	}
	for name, data := range map[string][]byte{
		"half a message":      marshalled(t, manyUsers(3))[:50],
		"not UTF-8":           user(2<<3|2, 2, 0xe6, 0x96),
		"UTF-8 of two fields": user(2<<3|2, 2, 0xe6, 0x96, 3<<3|2, 1, 0x87),
		"a length of 2^63":    {1<<3 | 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"an endless varint":   user(bytes.Repeat([]byte{0xff}, 20)...),
		"a field 0":           {0, 0},
		"an end of a group":   {1<<3 | 4},
		"another wire type":   user(1<<3|2, 0),
		"a wrong timestamp":   user(5<<3|2, 1, 0xff),
		"text":                []byte("<html>502 Bad Gateway</html>"),
	} {
		if found, err := backends.UsersDecoder()(data); err == nil {
			t.Errorf("%s: no error, %v", name, found)
		}
	}
}

// TestAnUnknownFieldIsIgnored: a newer service may send fields that this client does not know.
func TestAnUnknownFieldIsIgnored(t *testing.T) {
	unknown := protowire.AppendString(protowire.AppendTag(nil, 99, protowire.BytesType), "new")
	row := append(marshalled(t, manyUsers(1).GetUsers()[0]), unknown...)
	data := append(protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), row), unknown...)
	found, err := backends.UsersDecoder()(data)
	if err != nil || len(found) != 1 || found[1].Username != "user-1" {
		t.Errorf("%v, %v", found, err)
	}
}

// FuzzDecodeUsers compares with the stock code. Whatever both accept is the same, also in memory that another answer
// was in. The generated code refuses a known field of another wire type, which the stock code skips, and does not look
// at the inside of unknown fields.
func FuzzDecodeUsers(f *testing.F) {
	earlier := marshalled(f, manyUsers(3))
	f.Add(earlier)
	f.Add(marshalled(f, differentUsers()[1]))
	f.Add([]byte{1<<3 | 2, 4, 2<<3 | 2, 2, 0xe6, 0x96})
	f.Fuzz(func(t *testing.T, data []byte) {
		decode := backends.UsersDecoder()
		_, _ = decode(earlier)
		want, refused := stockUsers(data)
		got, err := decode(data)
		if refused == nil && err == nil && !reflect.DeepEqual(want, got) {
			t.Errorf("%x (-want +got):\n%s", data, cmp.Diff(want, got, sameRows))
		}
	})
}

// FuzzDecodePostsByAuthor compares with the stock code, as FuzzDecodeUsers does.
func FuzzDecodePostsByAuthor(f *testing.F) {
	earlier := marshalled(f, &postv1.BatchListPostsByAuthorResponse{Authors: []*postv1.AuthorPosts{
		{AuthorId: 1, Posts: manyPosts(2).GetPosts(), PageInfo: &pagev1.PageInfo{HasNext: true, HasPrevious: true}}, {AuthorId: 2},
	}})
	f.Add(earlier)
	f.Add(marshalled(f, differentPosts()[1])[:60])
	f.Fuzz(func(t *testing.T, data []byte) {
		decode := backends.PostsByAuthorDecoder()
		_, _ = decode(earlier)
		want, refused := stockPosts(data)
		got, err := decode(data)
		if refused == nil && err == nil && !reflect.DeepEqual(want, got) {
			t.Errorf("%x (-want +got):\n%s", data, cmp.Diff(want, got))
		}
	})
}

// TestManyReadersShareTheMemory decodes at once what differs, under the race detector.
func TestManyReadersShareTheMemory(t *testing.T) {
	users, _ := dial(t, backends.Options{}, serve(t, nil))
	done := make(chan map[int64]*bff.User)
	for worker := range 8 {
		go func() {
			all := map[int64]*bff.User{}
			for range 20 {
				found, _ := users.ByIDs(t.Context(), []int64{int64(worker%2 + 1)})
				maps.Copy(all, found)
			}
			done <- all
		}()
	}
	for range 8 {
		for id, user := range <-done {
			if want := map[int64]string{1: "lucus", 2: "mars"}[id]; user.Username != want || user.ID != id {
				t.Errorf("user %d is %s, want %s", id, user.Username, want)
			}
		}
	}
}

// TestAReadyConnectionHasADeadline: then the timeout is gRPC's, with and without a delay.
func TestAReadyConnectionHasADeadline(t *testing.T) {
	slow := func(ctx context.Context, call int64) error {
		if call > 1 {
			<-ctx.Done()
		}
		return ctx.Err()
	}
	for name, delay := range map[string]time.Duration{"a slow service": 0, "a delay": time.Minute} {
		t.Run(name, func(t *testing.T) {
			var codes []string
			calls := 0
			options := backends.Options{
				Timeout: 200 * time.Millisecond,
				Observe: func(_ context.Context, call backends.Call) { codes = append(codes, call.Code) },
				Delay: func(context.Context) time.Duration {
					calls++
					if calls == 1 {
						return 0
					}
					return delay
				},
			}
			users, _ := dial(t, options, serve(t, slow))
			if _, err := users.ByIDs(t.Context(), []int64{1}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			if _, err := users.ByIDs(ctx, []int64{1}); bff.KindOf(err) != bff.Deadline || time.Since(start) > 5*time.Second {
				t.Errorf("err = %v after %s", err, time.Since(start))
			}
			if !slices.Equal(codes, []string{"OK", "DeadlineExceeded"}) {
				t.Errorf("observed %v", codes)
			}
		})
	}
}

// TestALongAnswerIsRead: gRPC's own bound would be 4 MB.
func TestALongAnswerIsRead(t *testing.T) {
	_, posts := dial(t, backends.Options{Timeout: 30 * time.Second}, serve(t, nil))
	for range 90 {
		if _, err := posts.Create(t.Context(), bff.NewPost{AuthorID: 7, Title: "long", Body: strings.Repeat("x", 60_000)}); err != nil {
			t.Fatal(err)
		}
	}
	args := bff.PageArgs{First: 100}
	pages, err := posts.Pages(t.Context(), []bff.PageArgs{args})
	if err != nil || len(pages[args].Items) < 90 || len(pages[args].Items[0].Body) != 60_000 {
		t.Errorf("%v, %v", len(pages), err)
	}
}
