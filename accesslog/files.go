package accesslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

const (
	fileBytes  = 64 << 20 // after which another file begins
	filePrefix = "access-"
	fileSuffix = ".jsonl"
)

// ErrTaken is the error of OpenFiles if another process, living or stopped, has the files open.
var ErrTaken = errors.New("another process writes these files")

// Files appends records to rotated files of JSON Lines, access-DAY-NAME-PART.jsonl: another file each day (UTC) and
// every 64 MB. One process at a time writes the files of one name. It is a Sink. It is used by one goroutine at a time.
type Files struct {
	dir, name string
	lock      *flock.Flock
	now       func() time.Time
	file      *os.File // nil: none is open
	day       string
	part      int
	size      int64
	limit     int64 // of size
}

// OpenFiles returns the files of a name in a folder, which is made if it does not exist. It answers ErrTaken while
// another process has them.
func OpenFiles(dir, name string) (*Files, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open log folder: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "."+name+".lock"))
	mine, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("open log folder: %w", err)
	}
	if !mine {
		return nil, ErrTaken
	}
	return &Files{dir: dir, name: name, lock: lock, now: time.Now, limit: fileBytes}, nil
}

// OpenHostFiles returns files with a name made of the host's and the first number that no living process has.
func OpenHostFiles(dir string) (*Files, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	for n := range maxProcesses {
		files, err := OpenFiles(dir, fmt.Sprintf("%s-%d", filepath.Base(host), n))
		if !errors.Is(err, ErrTaken) {
			return files, err
		}
	}
	return nil, ErrTaken
}

// Send appends entries. When it returns without an error they are on the disk.
func (f *Files) Send(_ context.Context, entries []Entry) error {
	if err := f.rotate(); err != nil {
		return err
	}
	var block bytes.Buffer
	size := 0
	for _, entry := range entries {
		size += len(entry.Line) + 1
	}
	block.Grow(size)
	for _, entry := range entries {
		block.Write(entry.Line)
		block.WriteByte('\n')
	}
	_, err := f.file.Write(block.Bytes())
	if err == nil {
		err = f.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("append records: %w", errors.Join(err, f.file.Truncate(f.size)))
	}
	f.size += int64(block.Len())
	return nil
}

// rotate opens the file to append to, another one if it is time for that.
func (f *Files) rotate() error {
	day := f.now().UTC().Format(time.DateOnly)
	if f.file != nil && f.day == day && f.size < f.limit {
		return nil
	}
	if f.file != nil {
		if err := f.file.Close(); err != nil {
			return fmt.Errorf("close log file: %w", err)
		}
		f.file = nil
	}
	if day != f.day {
		f.day, f.part = day, 0
	}
	for ; ; f.part++ {
		file, size, err := openToAppend(filepath.Join(f.dir, fmt.Sprintf("%s%s-%s-%04d%s", filePrefix, day, f.name, f.part, fileSuffix)))
		if err != nil {
			return fmt.Errorf("open log file: %w", err)
		}
		if size < f.limit {
			f.file, f.size = file, size
			return nil
		}
		_ = file.Close()
	}
}

// openToAppend opens a file and cuts off a last line that was not finished: by a process that was killed.
func openToAppend(path string) (*os.File, int64, error) {
	content, err := os.ReadFile(path) //nolint:gosec // below the folder that the operator named
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, 0, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640) //nolint:gosec // operators read it
	if err != nil {
		return nil, 0, err
	}
	whole := int64(bytes.LastIndexByte(content, '\n') + 1)
	if err := file.Truncate(whole); err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, whole, nil
}

// IDs calls take for the id of each record that these files got since a day, the oldest first.
func (f *Files) IDs(since time.Time, take func(id string)) error {
	paths, err := filepath.Glob(filepath.Join(f.dir, filePrefix+"????-??-??-"+f.name+"-*"+fileSuffix))
	if err != nil {
		return err
	}
	slices.Sort(paths)
	for _, path := range paths {
		if dayOf(path) < since.UTC().Format(time.DateOnly) {
			continue
		}
		if _, err := readFile(path, func(r Record) { take(r.ID) }); err != nil {
			return err
		}
	}
	return nil
}

// dayOf returns the day in a file's name.
func dayOf(path string) string {
	name := strings.TrimPrefix(filepath.Base(path), filePrefix)
	return name[:min(len(name), len(time.DateOnly))]
}

// Close closes the current file and lets other processes have the name.
func (f *Files) Close() error {
	var err error
	if f.file != nil {
		err = f.file.Close()
		f.file = nil
	}
	return errors.Join(err, f.lock.Unlock())
}
