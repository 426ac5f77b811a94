// Package stream writes an answer of several messages, each a JSON object, so that every message reaches its reader as
// soon as it is there: as JSON Lines, as the parts of a multipart answer, or as server-sent events.
//
//	out := stream.Open(w, stream.Lines("application/jsonl"), 10*time.Second, cancel)
//	out.Send(message)
//	out.Close()
package stream

import (
	"net/http"
	"sync"
	"time"
)

// Framing is how messages, each a JSON object, follow each other in one answer. Making one costs nothing.
type Framing struct {
	media         string // of the whole answer
	before, after string // a message
	begin, end    string // of the answer
	idle          string // what keeps an idle answer alive; empty: nothing does
}

const (
	mediaParts  = "multipart/mixed"
	mediaEvents = "text/event-stream"
)

// Lines is JSON Lines (https://jsonlines.org); clients skip blank ones.
func Lines(media string) Framing {
	return Framing{media: media, after: "\n", idle: "\n"}
}

// Parts is multipart (RFC 2046) as clients of incremental delivery read it: the boundary stands right behind each part,
// so that nobody waits for the next one to know that a part is whole. spec is a parameter of the media type.
func Parts(spec string) Framing {
	media := mediaParts + `; boundary="-"`
	if spec != "" {
		media += "; " + spec
	}
	return Framing{
		media:  media,
		begin:  "\r\n---",
		before: "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n",
		after:  "\r\n---",
		end:    "--\r\n",
	}
}

// Events is server-sent events in the distinct connections mode of https://github.com/enisdenjo/graphql-sse.
func Events() Framing {
	return Framing{media: mediaEvents, before: "event: next\ndata: ", after: "\n\n", idle: ":\n\n", end: "event: complete\ndata:\n\n"}
}

const (
	// writeTimeout is how long a reader may take to make room for a message before it is given up.
	writeTimeout = 10 * time.Second
	// headerWithin is how long the header waits for the first message, to travel in one packet with it.
	headerWithin = 5 * time.Millisecond
	// keptBytes is the largest buffer that a stream keeps for its next message.
	keptBytes = 64 << 10
)

// Values of headers that are the same in all answers. Nobody writes into them.
var (
	noStore   = []string{"no-store"}
	unbuffer  = []string{"no"}
	nosniff   = []string{"nosniff"}
	varyNames = []string{"Accept", "Authorization"}
)

// Stream is an answer of several messages. Safe for concurrent use.
type Stream struct {
	Framing
	writer   http.ResponseWriter
	control  *http.ResponseController
	cancel   func() // ends what the answer is made of, when nobody reads it
	interval time.Duration

	mu     sync.Mutex
	timer  *time.Timer
	opened bool      // the header and what stands first were flushed
	frame  []byte    // messages that are not written yet
	last   time.Time // of a write
	broken bool
	closed bool
}

// Open begins an answer in messages. Its header leaves with the first message, or alone if that takes longer; the header
// of server-sent events leaves at once, for their first message can be hours away. cancel is called when the reader has
// gone. Close the stream.
func Open(w http.ResponseWriter, f Framing, keepAlive time.Duration, cancel func()) *Stream {
	header := w.Header()
	header.Set("Content-Type", f.media)
	header["Cache-Control"] = noStore
	header["X-Accel-Buffering"] = unbuffer // proxies hand on what comes
	header["X-Content-Type-Options"] = nosniff
	header["Vary"] = append(header["Vary"], varyNames...)
	s := &Stream{Framing: f, writer: w, control: http.NewResponseController(w), cancel: cancel, interval: keepAlive}
	_ = s.control.SetReadDeadline(time.Time{}) // the request has been read; the server's deadline would end the answer
	w.WriteHeader(http.StatusOK)

	s.mu.Lock()
	defer s.mu.Unlock()
	if f.media == mediaEvents {
		s.write("", nil, "")
		s.timer = time.AfterFunc(keepAlive, s.keepAlive)
		return s
	}
	s.timer = time.AfterFunc(min(headerWithin, keepAlive), s.keepAlive)
	return s
}

// Send writes one message, and returns how many bytes that took.
func (s *Stream) Send(message []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(s.before, message, s.after)
	return s.size(message)
}

// Add is Send without flushing: the message leaves with the next Flush, Send or Close, or when much has gathered.
func (s *Stream) Add(message []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(s.before, message, s.after)
	if len(s.frame) > keptBytes {
		s.flush()
	}
	return s.size(message)
}

// Flush writes what Add has gathered, in one piece.
func (s *Stream) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frame) > 0 {
		s.flush()
	}
}

func (s *Stream) size(message []byte) int { return len(s.before) + len(message) + len(s.after) }

// put gathers a message and what stands around it. s.mu is held.
func (s *Stream) put(before string, message []byte, after string) {
	if s.broken || s.closed {
		return
	}
	if !s.opened {
		s.frame, s.opened = append(s.frame, s.begin...), true
	}
	s.frame = append(append(append(s.frame, before...), message...), after...)
}

// write writes and flushes a message and what stands around it, with all that has gathered. s.mu is held.
func (s *Stream) write(before string, message []byte, after string) {
	s.put(before, message, after)
	s.flush()
}

// flush writes and flushes what has gathered. s.mu is held.
func (s *Stream) flush() {
	if s.broken || s.closed {
		return
	}
	s.last = time.Now()
	_ = s.control.SetWriteDeadline(s.last.Add(writeTimeout)) // what cannot have one is a test's
	_, err := s.writer.Write(s.frame)
	s.frame = s.frame[:0]
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		s.broken = true
		s.cancel()
	}
	if cap(s.frame) > keptBytes {
		s.frame = nil
	}
}

// keepAlive sends the header if it still waits, and then something that means nothing whenever nothing was written for a
// while. The timer calls it; it sets the timer again, so that a message costs the timer nothing.
func (s *Stream) keepAlive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.broken {
		return
	}
	if !s.opened {
		s.write("", nil, "")
	}
	if s.idle == "" {
		return
	}
	if time.Since(s.last) >= s.interval {
		s.write("", nil, s.idle)
	}
	s.timer.Reset(s.interval - time.Since(s.last))
}

// Close writes the end of the answer. Nothing is written after it: not by keepAlive, which may be waiting for its turn.
func (s *Stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop()
	if s.end != "" || !s.opened || len(s.frame) > 0 {
		s.write("", nil, s.end)
	}
	s.closed = true
}
