package transport

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

var errEnded = errors.New("the answer has ended")

// worthCompressing is from how many bytes on an answer of known length is compressed.
const worthCompressing = 512

// pools of encoders by encoding: to make one costs many times what it takes to compress an answer. A window of 64 KB is
// as much as an answer repeats itself in, and keeps an encoder of br below half a megabyte.
var pools = map[string]*sync.Pool{
	"br":   {New: func() any { return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: 3, LGWin: 16}) }},
	"gzip": {New: func() any { w, _ := gzip.NewWriterLevel(nil, 5); return w }}, // fails only for a level that does not exist
}

// Compress returns a handler that compresses answers by br or gzip, whichever the client likes better; if it likes both
// alike, whole answers by br, which is smaller, and streams by gzip, which takes a quarter of the time for lines. A stream
// is flushed whenever next flushes. Server-sent events are not compressed: they are short, rare, and would hold an encoder
// as long as somebody listens. Secrets and what a stranger's page can have reflected do not meet in one answer here: who is
// asking is told by a header that no browser adds by itself.
func Compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if upgrades(r) {
			next.ServeHTTP(w, r)
			return
		}
		varyByEncoding(w.Header()) // of answers that are not compressed, too: another client's could be
		accept := r.Header["Accept-Encoding"]
		if len(accept) == 0 || chooseEncoding(accept, "br") == "" {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, accept: accept, length: unknown}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

// chooseEncoding returns "br", "gzip" or nothing; preferred if both are equally welcome.
func chooseEncoding(accept []string, preferred string) string {
	best, quality := "", 0.0
	for _, header := range accept {
		for element := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(strings.TrimSpace(element), ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "br" && name != "gzip" {
				continue
			}
			q := 1.0
			if text, given := strings.CutPrefix(strings.TrimSpace(params), "q="); given {
				q, _ = strconv.ParseFloat(text, 64) // not a number: unwelcome
			}
			if q > quality || q == quality && q > 0 && name == preferred {
				best, quality = name, q
			}
		}
	}
	return best
}

// encoder is what both are.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(to io.Writer)
}

const unknown = -1

// compressor decides with the header whether the body is compressed.
type compressor struct {
	http.ResponseWriter
	accept   []string // what the client takes
	length   int      // of the body; unknown: it is in a header, or nowhere
	encoding string
	encoder  encoder // nil: not compressed
	decided  bool

	mu     sync.Mutex
	closed bool // the encoder is another answer's: who writes now, for the handler has ended, writes nothing
}

// WriteHeader implements http.ResponseWriter.
func (c *compressor) WriteHeader(status int) {
	if !c.decided {
		c.decided = true
		c.decide(status)
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressor) decide(status int) {
	header := c.Header()
	if text := header["Content-Length"]; c.length == unknown && len(text) > 0 {
		if length, err := strconv.Atoi(text[0]); err == nil {
			c.length = length
		}
	}
	if c.length != unknown && c.length < worthCompressing {
		return
	}
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	if media == mediaEvents || header.Get("Content-Encoding") != "" ||
		status == http.StatusNoContent || status == http.StatusNotModified || status < http.StatusOK {
		return
	}
	c.encoding = "br"
	if c.length == unknown { // a stream
		c.encoding = "gzip"
	}
	c.encoding = chooseEncoding(c.accept, c.encoding)
	header.Del("Content-Length")
	header.Set("Content-Encoding", c.encoding)
	c.encoder = pools[c.encoding].Get().(encoder)
	c.encoder.Reset(c.ResponseWriter)
}

// Write implements http.ResponseWriter.
func (c *compressor) Write(p []byte) (int, error) {
	if !c.decided {
		c.WriteHeader(http.StatusOK)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, errEnded
	}
	if c.encoder == nil {
		return c.ResponseWriter.Write(p)
	}
	return c.encoder.Write(p)
}

// FlushError implements what http.ResponseController flushes by.
func (c *compressor) FlushError() error {
	if !c.decided {
		c.WriteHeader(http.StatusOK)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errEnded
	}
	if c.encoder != nil {
		if err := c.encoder.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressor) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.encoder != nil {
		_ = c.encoder.Close() // the client has gone
		c.encoder.Reset(nil)  // keeps nothing of the request alive
		pools[c.encoding].Put(c.encoder)
	}
}
