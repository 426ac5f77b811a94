package discovery

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const aService = "bff.test.v1.TestService"

func TestSnapshotComesBack(t *testing.T) {
	s := snapshots(filepath.Join(t.TempDir(), "made", "when", "needed"))
	for _, list := range [][]Instance{
		{{Addr: "a:1", Version: "v1", Weight: 2, Started: time.Now()}, {Addr: "b:1", Weight: 1}},
		{{Addr: "c:1", Weight: 1}}, // replaces the first
	} {
		if err := s.save(aService, list); err != nil {
			t.Fatal(err)
		}
		got, err := s.load(aService)
		if err != nil || !slices.EqualFunc(got, list, Instance.equal) {
			t.Errorf("load = %+v, %v; want %+v", got, err, list)
		}
	}

	entries, err := os.ReadDir(string(s))
	if err != nil || len(entries) != 1 || entries[0].Name() != aService+".json" {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

func TestSnapshotsThatAreNoneAreNotUsed(t *testing.T) {
	tests := map[string]struct {
		content string
		want    int
		bad     bool
	}{
		"cut short":           {content: `{"service":"` + aService + `","instances":[{"addr":"a:1"`, bad: true},
		"empty":               {content: "", bad: true},
		"zeros after a crash": {content: strings.Repeat("\x00", 100), bad: true},
		"another service's":   {content: `{"service":"other","instances":[{"addr":"a:1"}]}`, bad: true},
		"one wrong address":   {content: `{"service":"` + aService + `","instances":[{"addr":"a"},{"addr":"b:1"}]}`, want: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := snapshots(t.TempDir())
			if err := os.WriteFile(s.path(aService), []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := s.load(aService)
			if len(got) != test.want || test.bad != (err != nil) {
				t.Errorf("load = %+v, %v", got, err)
			}
		})
	}

	for name, s := range map[string]snapshots{"switched off": "", "nothing saved yet": snapshots(t.TempDir())} {
		t.Run(name, func(t *testing.T) {
			if got, err := s.load(aService); len(got) > 0 || err != nil {
				t.Errorf("load = %+v, %v", got, err)
			}
		})
	}
}

func TestASnapshotThatCannotBeWrittenLeavesTheOldOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := snapshots(filepath.Join(dir, "file")).save(aService, []Instance{{Addr: "a:1"}}); err == nil {
		t.Error("wrote into a file as if it were a folder")
	}

	// A folder in the file's place: the last step fails, and nothing half-done stays.
	s := snapshots(filepath.Join(dir, "folder"))
	if err := os.MkdirAll(filepath.Join(s.path(aService), "x"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := s.save(aService, []Instance{{Addr: "a:1"}}); err == nil {
		t.Error("replaced a folder")
	}
	entries, err := os.ReadDir(string(s))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind %v, %v", entries, err)
	}
}
