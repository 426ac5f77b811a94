package transport

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

// worthCompressing is from how many bytes on an answer of known length is compressed.
const worthCompressing = 1024

const (
	brotliQuality = 4
	gzipLevel     = 5
)

// Compress returns a handler that compresses answers by br or gzip, whichever the client likes better. A stream is
// compressed, too, and flushed whenever next flushes. Secrets and what a stranger's page can have reflected do not meet
// in one answer here: who is asking is told by a header that no browser adds by itself.
func Compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		encoding := chooseEncoding(r.Header.Values("Accept-Encoding"))
		if encoding == "" || upgrades(r) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, encoding: encoding}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

// chooseEncoding returns "br", "gzip" or nothing.
func chooseEncoding(accept []string) string {
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
			if q > quality || q == quality && q > 0 && name == "br" {
				best, quality = name, q
			}
		}
	}
	return best
}

// flushWriter is what both encoders are.
type flushWriter interface {
	io.WriteCloser
	Flush() error
}

// compressor decides with the header whether the body is compressed.
type compressor struct {
	http.ResponseWriter
	encoding string
	encoder  flushWriter // nil: not compressed
	decided  bool
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
	header.Add("Vary", "Accept-Encoding")
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err == nil && length < worthCompressing || header.Get("Content-Encoding") != "" ||
		status == http.StatusNoContent || status == http.StatusNotModified || status < http.StatusOK {
		return
	}
	header.Del("Content-Length")
	header.Set("Content-Encoding", c.encoding)
	if c.encoding == "br" {
		c.encoder = brotli.NewWriterLevel(c.ResponseWriter, brotliQuality)
		return
	}
	c.encoder, _ = gzip.NewWriterLevel(c.ResponseWriter, gzipLevel) // fails only for a level that does not exist
}

// Write implements http.ResponseWriter.
func (c *compressor) Write(p []byte) (int, error) {
	if !c.decided {
		c.WriteHeader(http.StatusOK)
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
	if c.encoder != nil {
		_ = c.encoder.Close() // the client has gone
	}
}
