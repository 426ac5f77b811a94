package stream

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// reader is a response writer that remembers what was flushed together. It can have gone.
type reader struct {
	mu      sync.Mutex
	header  http.Header
	status  int
	waiting []byte
	flushed []string
	writes  int
	gone    bool
}

func (r *reader) Header() http.Header    { return r.header }
func (r *reader) WriteHeader(status int) { r.status = status }

func (r *reader) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return 0, errors.New("gone")
	}
	r.writes++
	r.waiting = append(r.waiting, p...)
	return len(p), nil
}

func (r *reader) FlushError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flushed = append(r.flushed, string(r.waiting))
	r.waiting = r.waiting[:0]
	return nil
}

func (r *reader) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
}

func (r *reader) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.flushed)
}

func expect(t *testing.T, r *reader, want ...string) {
	t.Helper()
	if got := r.got(); !slices.Equal(got, want) {
		t.Errorf("flushed %q, want %q", got, want)
	}
}

func TestEachMessageIsFlushedAlone(t *testing.T) {
	for name, test := range map[string]struct {
		framing Framing
		media   string
		want    []string
	}{
		"lines": {Lines("application/jsonl"), "application/jsonl", []string{"{1}\n", "{2}\n"}},
		"parts": {Parts("deferSpec=20220824"), `multipart/mixed; boundary="-"; deferSpec=20220824`, []string{
			"\r\n---\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{1}\r\n---",
			"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{2}\r\n---", "--\r\n",
		}},
		"events": {Events(), "text/event-stream", []string{"", "event: next\ndata: {1}\n\n", "event: next\ndata: {2}\n\n", "event: complete\ndata:\n\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &reader{header: http.Header{"Vary": {"Accept-Encoding"}}}
			s := Open(r, test.framing, time.Hour, func() { t.Error("cancelled") })
			n := s.Send([]byte("{1}")) + s.Send([]byte("{2}"))
			s.Close()
			s.Send([]byte("too late"))
			expect(t, r, test.want...)
			if framed := len(test.framing.before+test.framing.after) * 2; n != framed+6 {
				t.Errorf("%d bytes", n)
			}
			if r.writes != len(test.want) || r.status != http.StatusOK || r.header.Get("Content-Type") != test.media ||
				!slices.Equal(r.header["Vary"], []string{"Accept-Encoding", "Accept", "Authorization"}) {
				t.Errorf("%d writes, status %d, %v", r.writes, r.status, r.header)
			}
		})
	}
}

func TestTheHeaderDoesNotWaitForALateMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{header: http.Header{}}
		s := Open(r, Parts(""), time.Hour, func() {})
		synctest.Wait()
		expect(t, r)
		time.Sleep(2 * headerWithin)
		expect(t, r, "\r\n---")
		s.Close()
		expect(t, r, "\r\n---", "--\r\n")
	})
}

func TestAnIdleAnswerIsKeptAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{header: http.Header{}}
		s := Open(r, Lines("application/jsonl"), time.Second, func() {})
		s.Send([]byte("{1}"))
		time.Sleep(900 * time.Millisecond)
		s.Send([]byte("{2}"))
		time.Sleep(900 * time.Millisecond) // less than a second since the last
		expect(t, r, "{1}\n", "{2}\n")
		time.Sleep(2200 * time.Millisecond)
		expect(t, r, "{1}\n", "{2}\n", "\n", "\n", "\n")
		s.Close()
		time.Sleep(time.Minute)
		expect(t, r, "{1}\n", "{2}\n", "\n", "\n", "\n")
	})
}

func TestAReaderThatHasGoneEndsTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, cancelled := &reader{header: http.Header{}}, 0
		s := Open(r, Lines("application/jsonl"), time.Second, func() { cancelled++ })
		r.leave()
		time.Sleep(time.Minute)
		s.Send([]byte("{1}"))
		s.Close()
		if cancelled != 1 {
			t.Errorf("cancelled %d times", cancelled)
		}
	})
}

// TestManySend has several goroutines send while the answer is kept alive and closed: no two messages mix.
func TestManySend(t *testing.T) {
	r := &reader{header: http.Header{}}
	s := Open(r, Lines("application/jsonl"), time.Millisecond, func() {})
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 200 {
				s.Send([]byte(`{"a":1}`))
			}
		})
	}
	senders.Wait()
	s.Close()
	n := 0
	for _, text := range r.got() {
		switch text {
		case "{\"a\":1}\n":
			n++
		case "\n", "":
		default:
			t.Fatalf("flushed %q", text)
		}
	}
	if n != 1600 {
		t.Errorf("%d messages", n)
	}
}

// TestAMessageAllocatesNothing holds the allocations of a message, and of a whole stream.
func TestAMessageAllocatesNothing(t *testing.T) {
	message := bytes.Repeat([]byte("m"), 1000)
	for _, f := range []Framing{Lines("application/jsonl"), Parts(""), Events()} {
		w := &forgetful{header: http.Header{}}
		s := Open(w, f, time.Hour, func() {})
		if n := testing.AllocsPerRun(100, func() { s.Send(message) }); n > 0 {
			t.Errorf("%s: %v allocations for a message", f.media, n)
		}
		s.Close()
	}
	w := &forgetful{header: http.Header{}}
	const most = 7 // stream, control, timer, its function, media type, Vary, and the frame, which grows once
	if n := testing.AllocsPerRun(100, func() {
		clear(w.header)
		s := Open(w, Lines("application/jsonl"), time.Hour, func() {})
		s.Send(message)
		s.Close()
	}); n > most {
		t.Errorf("%v allocations for a stream, at most %d", n, most)
	}
}

// forgetful takes deadlines, as a connection does, and forgets what is written.
type forgetful struct{ header http.Header }

func (f *forgetful) Header() http.Header              { return f.header }
func (f *forgetful) Write(p []byte) (int, error)      { return len(p), nil }
func (f *forgetful) WriteHeader(int)                  {}
func (f *forgetful) FlushError() error                { return nil }
func (f *forgetful) SetReadDeadline(time.Time) error  { return nil }
func (f *forgetful) SetWriteDeadline(time.Time) error { return nil }

func BenchmarkMessage(b *testing.B) {
	message := bytes.Repeat([]byte("m"), 200)
	b.Run("stream of ten", func(b *testing.B) {
		w := &forgetful{header: http.Header{}}
		b.ReportAllocs()
		for b.Loop() {
			clear(w.header)
			s := Open(w, Lines("application/jsonl"), 10*time.Second, func() {})
			for range 10 {
				s.Send(message)
			}
			s.Close()
		}
	})
	b.Run("served", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			s := Open(w, Lines("application/jsonl"), 10*time.Second, func() {})
			for range 10 {
				s.Send(message)
			}
			s.Close()
		}))
		defer server.Close()
		var buffer bytes.Buffer
		for b.Loop() {
			response, err := http.Get(server.URL)
			if err != nil {
				b.Fatal(err)
			}
			buffer.Reset()
			_, _ = buffer.ReadFrom(response.Body)
			_ = response.Body.Close()
		}
	})
}
