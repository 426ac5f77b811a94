// Package stream writes an answer of several messages, each a JSON object, so that every message reaches its reader as
// soon as it is there: as JSON Lines, as the parts of a multipart answer, or as server-sent events.
//
//	out := stream.Open(w, stream.Lines("application/jsonl"), 10*time.Second, cancel)
//	out.Send(message)
//	out.Close()
package stream

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Framing is how messages, each a JSON object, follow each other in one answer.
type Framing struct {
	media            string // of the whole answer
	frame            func(message []byte) []byte
	begin, idle, end []byte // what stands first, what keeps an idle answer alive, what stands last
}

const (
	mediaParts  = "multipart/mixed"
	mediaEvents = "text/event-stream"
)

// Lines is JSON Lines (https://jsonlines.org); clients skip blank ones.
func Lines(media string) Framing {
	return Framing{media: media, frame: func(message []byte) []byte { return append(message, '\n') }, idle: []byte("\n")}
}

// Parts is multipart (RFC 2046) as clients of incremental delivery read it: the boundary stands right behind each part,
// so that nobody waits for the next one to know that a part is whole. spec is a parameter of the media type.
func Parts(spec string) Framing {
	media := mediaParts + `; boundary="-"`
	if spec != "" {
		media += "; " + spec
	}
	return Framing{
		media: media,
		begin: []byte("\r\n---"),
		frame: func(message []byte) []byte {
			return fmt.Appendf(nil, "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n%s\r\n---", message)
		},
		end: []byte("--\r\n"),
	}
}

// Events is server-sent events in the distinct connections mode of https://github.com/enisdenjo/graphql-sse.
func Events() Framing {
	return Framing{
		media: mediaEvents,
		frame: func(message []byte) []byte { return fmt.Appendf(nil, "event: next\ndata: %s\n\n", message) },
		idle:  []byte(":\n\n"),
		end:   []byte("event: complete\ndata:\n\n"),
	}
}

// writeTimeout is how long a reader may take to make room for a message before it is given up.
const writeTimeout = 10 * time.Second

// Stream is an answer of several messages. Safe for concurrent use.
type Stream struct {
	Framing
	writer  http.ResponseWriter
	control *http.ResponseController
	cancel  func()        // ends what the answer is made of, when nobody reads it
	ended   chan struct{} // closed by Close
	idling  sync.WaitGroup

	mu     sync.Mutex
	last   time.Time // of a write
	broken bool
}

// Open writes the header of an answer in messages. cancel is called when the reader has gone. Close it.
func Open(w http.ResponseWriter, f Framing, keepAlive time.Duration, cancel func()) *Stream {
	header := w.Header()
	header.Set("Content-Type", f.media)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // proxies hand on what comes
	header.Set("X-Content-Type-Options", "nosniff")
	header.Add("Vary", "Accept")
	header.Add("Vary", "Authorization")
	s := &Stream{Framing: f, writer: w, control: http.NewResponseController(w), cancel: cancel, ended: make(chan struct{})}
	_ = s.control.SetReadDeadline(time.Time{}) // the request has been read; the server's deadline would end the answer
	w.WriteHeader(http.StatusOK)
	s.write(f.begin)
	if f.idle != nil {
		s.idling.Go(func() { s.keepAlive(keepAlive) })
	}
	return s
}

// Send writes one message, and returns how many bytes that took.
func (s *Stream) Send(message []byte) int {
	framed := s.frame(message)
	s.write(framed)
	return len(framed)
}

func (s *Stream) write(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return
	}
	s.last = time.Now()
	_ = s.control.SetWriteDeadline(s.last.Add(writeTimeout)) // what cannot have one is a test's
	_, err := s.writer.Write(p)
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		s.broken = true
		s.cancel()
	}
}

// keepAlive writes something that means nothing whenever nothing was written for a while.
func (s *Stream) keepAlive(interval time.Duration) {
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

// Close writes the end of the answer.
func (s *Stream) Close() {
	close(s.ended)
	s.idling.Wait()
	if s.end != nil {
		s.write(s.end)
	}
}
