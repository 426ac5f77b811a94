package accesslog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

const (
	segmentBytes = 1 << 20 // after which a new segment begins
	maxProcesses = 64      // that share a folder
)

// spool is records on disk that wait for Kafka, in order of age: numbered segments of JSON Lines, the lowest first. It
// is used by one goroutine at a time.
type spool struct {
	dir      string
	lock     *flock.Flock
	maxBytes int64
	segments []*segment
	file     *os.File // the last segment, to append to; nil: begin another
}

type segment struct {
	number      int
	bytes       int64
	lines       int
	read, taken int64 // how far the drain has come: bytes, lines
}

const segmentSuffix = ".spool.jsonl"

// openSpool finds what an earlier process left. Each process has a numbered folder of its own below root: the first that
// no living process has locked. A last line that was cut by a crash is left out.
func openSpool(root string, maxBytes int64) (*spool, error) {
	dir, lock, err := claim(root)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &spool{dir: dir, lock: lock, maxBytes: maxBytes}
	if err := s.find(); err != nil {
		return nil, errors.Join(fmt.Errorf("open spool: %w", err), lock.Unlock())
	}
	return s, nil
}

func claim(root string) (string, *flock.Flock, error) {
	for n := range maxProcesses {
		dir := filepath.Join(root, strconv.Itoa(n))
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return "", nil, err
		}
		lock := flock.New(filepath.Join(dir, "lock"))
		mine, err := lock.TryLock()
		if mine || err != nil {
			return dir, lock, err
		}
	}
	return "", nil, fmt.Errorf("%d processes use it", maxProcesses)
}

func (s *spool) find() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		text, is := strings.CutSuffix(entry.Name(), segmentSuffix)
		number, err := strconv.Atoi(text)
		if !is || err != nil {
			continue
		}
		content, err := os.ReadFile(filepath.Join(s.dir, entry.Name()))
		if err != nil {
			return err
		}
		whole := int64(bytes.LastIndexByte(content, '\n') + 1)
		s.segments = append(s.segments, &segment{number: number, bytes: whole, lines: bytes.Count(content[:whole], []byte{'\n'})})
	}
	slices.SortFunc(s.segments, func(a, b *segment) int { return a.number - b.number })
	return nil
}

func (s *spool) empty() bool { return len(s.segments) == 0 }

func (s *spool) path(g *segment) string {
	return filepath.Join(s.dir, fmt.Sprintf("%010d%s", g.number, segmentSuffix))
}

// waiting returns how many records wait.
func (s *spool) waiting() int {
	n := 0
	for _, g := range s.segments {
		n += g.lines - int(g.taken)
	}
	return n
}

// append adds lines at the end. If the spool is full, the oldest segments leave; dropped says how many records left
// with them.
func (s *spool) append(lines [][]byte) (dropped int, err error) {
	if s.file == nil || s.segments[len(s.segments)-1].bytes > segmentBytes {
		if err := s.begin(); err != nil {
			return 0, err
		}
	}

	last := s.segments[len(s.segments)-1]
	block := append(bytes.Join(lines, []byte{'\n'}), '\n')
	if _, err := s.file.Write(block); err != nil {
		_ = s.file.Truncate(last.bytes) // a cut line would spoil what follows
		return 0, fmt.Errorf("write spool: %w", err)
	}
	last.bytes += int64(len(block))
	last.lines += len(lines)

	for s.size() > s.maxBytes && len(s.segments) > 1 {
		dropped += s.segments[0].lines - int(s.segments[0].taken)
		s.remove()
	}
	return dropped, nil
}

func (s *spool) begin() error {
	number := 1
	if len(s.segments) > 0 {
		number = s.segments[len(s.segments)-1].number + 1
	}
	g := &segment{number: number}
	file, err := os.OpenFile(s.path(g), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o640) //nolint:gosec // operators read it
	if err != nil {
		return fmt.Errorf("begin spool segment: %w", err)
	}
	if s.file != nil {
		_ = s.file.Close()
	}
	s.file = file
	s.segments = append(s.segments, g)
	return nil
}

func (s *spool) size() int64 {
	var size int64
	for _, g := range s.segments {
		size += g.bytes
	}
	return size
}

// oldest returns up to n of the oldest lines. They stay until taken.
func (s *spool) oldest(n int) (lines [][]byte, err error) {
	g := s.segments[0]
	file, err := os.Open(s.path(g))
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	defer func() { _ = file.Close() }()

	reader := bufio.NewReader(io.NewSectionReader(file, g.read, g.bytes-g.read))
	for len(lines) < n {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read spool: %w", err)
		}
		lines = append(lines, line[:len(line)-1])
	}
	return lines, nil
}

// take removes lines that oldest returned from segment g; false: the segment left meanwhile.
func (s *spool) take(g *segment, lines [][]byte) bool {
	if s.empty() || s.segments[0] != g {
		return false
	}
	for _, line := range lines {
		g.read += int64(len(line)) + 1
		g.taken++
	}
	if g.read >= g.bytes {
		s.remove()
	}
	return true
}

// remove gives the oldest segment up. If its file stays, another process sends it again; readers drop duplicates.
func (s *spool) remove() {
	g := s.segments[0]
	s.segments = s.segments[1:]
	if s.empty() && s.file != nil {
		_ = s.file.Close()
		s.file = nil
	}
	_ = os.Remove(s.path(g))
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
	_ = s.lock.Unlock()
}
