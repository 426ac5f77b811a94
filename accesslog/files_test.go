package accesslog

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func entries(ids ...string) []Entry {
	var list []Entry
	for _, id := range ids {
		list = append(list, Entry{Line: []byte(`{"id":"` + id + `","time":"2026-01-01T00:00:00Z"}`)})
	}
	return list
}

func openFiles(t *testing.T, dir string, now time.Time) *Files {
	t.Helper()
	f, err := OpenFiles(dir, "p0")
	if err != nil {
		t.Fatal(err)
	}
	f.now = func() time.Time { return now }
	return f
}

func send(t *testing.T, f *Files, ids ...string) {
	t.Helper()
	if err := f.Send(t.Context(), entries(ids...)); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "access-*"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range paths {
		found = append(found, filepath.Base(path))
	}
	return found
}

func TestFilesGoOnWhereTheyEndedAndBeginAnotherEachDay(t *testing.T) {
	dir := t.TempDir()
	first := time.Date(2026, 1, 1, 23, 59, 59, 0, time.UTC)
	f := openFiles(t, dir, first)
	send(t, f, "a", "b")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	file, err := os.OpenFile(filepath.Join(dir, "access-2026-01-01-p0-0000.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.WriteString(`{"id":"cut"`)
	_ = file.Close()

	f = openFiles(t, dir, first)
	send(t, f, "c")
	f.now = func() time.Time { return first.Add(time.Second) }
	send(t, f, "d", "a")
	f.limit = f.size
	send(t, f, "e")
	defer func() { _ = f.Close() }()

	if _, err := OpenFiles(dir, "p0"); err != ErrTaken { //nolint:errorlint,err113 // the very value is promised
		t.Errorf("opened twice: %v", err)
	}
	if got, want := names(t, dir), []string{"access-2026-01-01-p0-0000.jsonl", "access-2026-01-02-p0-0000.jsonl", "access-2026-01-02-p0-0001.jsonl"}; !slices.Equal(got, want) {
		t.Errorf("files %v", got)
	}

	var ids []string
	bad, err := Read(dir, time.Time{}, time.Time{}, func(r Record) { ids = append(ids, r.ID) })
	if err != nil || bad != 0 || !slices.Equal(ids, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("read %v, %d bad, %v", ids, bad, err)
	}
	ids = nil
	if err := f.IDs(first.Add(time.Second), func(id string) { ids = append(ids, id) }); err != nil || !slices.Equal(ids, []string{"d", "a", "e"}) {
		t.Errorf("ids of the second day: %v, %v", ids, err)
	}
}

func TestReadChoosesDaysAndLeavesOutWhatIsNoRecord(t *testing.T) {
	dir := t.TempDir()
	content := `{"id":"1","time":"2026-01-01T12:00:00Z"}
not json
{"time":"2026-01-02T12:00:00Z"}

{"id":"2","time":"2026-01-02T12:00:00Z"}
{"id":"3","time":"2026-01-03T12:00:00Z"}
{"id":"4"`
	if err := os.WriteFile(filepath.Join(dir, "access-2026-01-03-x-0000.jsonl"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		from, to time.Time
		want     []string
	}{{want: []string{"1", "2", "3"}}, {from: day(2), want: []string{"2", "3"}}, {to: day(2), want: []string{"1", "2"}}, {from: day(2), to: day(2), want: []string{"2"}}, {from: day(4)}} {
		var ids []string
		bad, err := Read(dir, test.from, test.to, func(r Record) { ids = append(ids, r.ID) })
		if err != nil || !slices.Equal(ids, test.want) || test.from.Before(day(4)) && bad != 3 {
			t.Errorf("from %v to %v: %v, %d bad, %v", test.from, test.to, ids, bad, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "missing"), time.Time{}, time.Time{}, func(Record) {}); err == nil {
		t.Error("a folder that is missing is no error")
	}
}
