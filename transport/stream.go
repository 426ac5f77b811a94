package transport

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// framing is how messages, each a JSON object, follow each other in one answer.
type framing struct {
	media            string // of the whole answer
	frame            func(message []byte) []byte
	begin, idle, end []byte // what stands first, what keeps an idle answer alive, what stands last
}

const (
	mediaLines    = "application/graphql-response+jsonl"
	mediaAnyLines = "application/jsonl"
	mediaParts    = "multipart/mixed"
	mediaEvents   = "text/event-stream"
)

// lines is JSON Lines (https://jsonlines.org); clients skip blank ones.
func lines(media string) framing {
	return framing{media: media, frame: func(message []byte) []byte { return append(message, '\n') }, idle: []byte("\n")}
}

// parts is multipart (RFC 2046) as clients of incremental delivery read it: the boundary stands right behind each part,
// so that nobody waits for the next one to know that a part is whole. spec is a parameter of the media type.
func parts(spec string) framing {
	media := mediaParts + `; boundary="-"`
	if spec != "" {
		media += "; " + spec
	}
	return framing{
		media: media,
		begin: []byte("\r\n---"),
		frame: func(message []byte) []byte {
			return fmt.Appendf(nil, "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n%s\r\n---", message)
		},
		end: []byte("--\r\n"),
	}
}

// events is server-sent events in the distinct connections mode of https://github.com/enisdenjo/graphql-sse.
func events() framing {
	return framing{
		media: mediaEvents,
		frame: func(message []byte) []byte { return fmt.Appendf(nil, "event: next\ndata: %s\n\n", message) },
		idle:  []byte(":\n\n"),
		end:   []byte("event: complete\ndata:\n\n"),
	}
}

// writeTimeout is how long a reader may take to make room for a message before it is given up.
const writeTimeout = 10 * time.Second

// stream is an answer of several messages. Safe for concurrent use.
type stream struct {
	framing
	writer  http.ResponseWriter
	control *http.ResponseController
	cancel  func()        // ends what the answer is made of, when nobody reads it
	ended   chan struct{} // closed by close
	idling  sync.WaitGroup

	mu     sync.Mutex
	last   time.Time // of a write
	broken bool
}

// openStream writes the header of an answer in messages. cancel is called when the reader has gone. Close it.
func openStream(w http.ResponseWriter, f framing, keepAlive time.Duration, cancel func()) *stream {
	header := w.Header()
	header.Set("Content-Type", f.media)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // proxies hand on what comes
	header.Set("X-Content-Type-Options", "nosniff")
	header.Add("Vary", "Accept")
	header.Add("Vary", "Authorization")
	s := &stream{framing: f, writer: w, control: http.NewResponseController(w), cancel: cancel, ended: make(chan struct{})}
	_ = s.control.SetReadDeadline(time.Time{}) // the request has been read; the server's deadline would end the answer
	w.WriteHeader(http.StatusOK)
	s.write(f.begin)
	if f.idle != nil {
		s.idling.Go(func() { s.keepAlive(keepAlive) })
	}
	return s
}

// send writes one message, and returns how many bytes that took.
func (s *stream) send(message []byte) int {
	framed := s.frame(message)
	s.write(framed)
	return len(framed)
}

func (s *stream) write(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return
	}
	s.last = time.Now()
	_ = s.control.SetWriteDeadline(s.last.Add(writeTimeout)) // what cannot have one is a test's
	_, err := s.writer.Write(p)                              //nolint:gosec // JSON under nosniff is no page
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		s.broken = true
		s.cancel()
	}
}

// keepAlive writes something that means nothing whenever nothing was written for a while.
func (s *stream) keepAlive(interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-s.ended:
			return
		case <-tick.C:
		}
		s.mu.Lock()
		idle := time.Since(s.last) >= interval
		s.mu.Unlock()
		if idle {
			s.write(s.idle)
		}
	}
}

// close writes the end of the answer.
func (s *stream) close() {
	close(s.ended)
	s.idling.Wait()
	if s.end != nil {
		s.write(s.end)
	}
}
