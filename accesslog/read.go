package accesslog

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// recentIDs bounds the ids that are remembered to drop duplicates.
const recentIDs = 1 << 20

// Read calls take for each record that began on the days from and to or between them (UTC; zero: no bound), in the files
// of a folder, each id once. Lines that are no record are left out; bad says how many. A last line that is not finished is
// no line yet: its record is not on the disk, and is sent again. That duplicates are dropped is certain for those at most
// 1,048,576 records apart.
func Read(dir string, from, to time.Time, take func(Record)) (bad int, err error) {
	if _, err := os.Stat(dir); err != nil {
		return 0, fmt.Errorf("read records: %w", err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, filePrefix+"*"+fileSuffix))
	if err != nil {
		return 0, fmt.Errorf("read records: %w", err)
	}
	slices.Sort(paths)
	seen, err := lru.New[string, struct{}](recentIDs)
	if err != nil {
		return 0, err
	}
	for _, path := range paths {
		if !from.IsZero() && dayOf(path) < from.Format(time.DateOnly) {
			continue // a record is written after it began
		}
		n, err := readFile(path, func(r Record) {
			day := r.Time.UTC().Format(time.DateOnly)
			if !from.IsZero() && day < from.Format(time.DateOnly) || !to.IsZero() && day > to.Format(time.DateOnly) {
				return
			}
			if twice, _ := seen.ContainsOrAdd(r.ID, struct{}{}); !twice {
				take(r)
			}
		})
		bad += n
		if err != nil {
			return bad, err
		}
	}
	return bad, nil
}

func readFile(path string, take func(Record)) (bad int, err error) {
	file, err := os.Open(path) //nolint:gosec // found in the folder that the operator named
	if err != nil {
		return 0, fmt.Errorf("read records: %w", err)
	}
	defer func() { _ = file.Close() }()

	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var r Record
			switch {
			case json.Unmarshal(line, &r) == nil && r.ID != "":
				take(r)
			case err == nil:
				bad++
			}
		}
		if errors.Is(err, io.EOF) {
			return bad, nil
		}
		if err != nil {
			return bad, fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
	}
}
