package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// connection is one HTTP/1.1 connection that is kept alive. It reads no more of an answer than where it ends, because it
// shares its core with the services. It is for one goroutine.
type connection struct {
	conn   net.Conn
	reader *bufio.Reader
}

func connect(ctx context.Context, addr string) (*connection, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{conn, bufio.NewReaderSize(conn, 32<<10)}, nil
}

// exchangeTimeout bounds one exchange, so that a server that hangs ends the measurement.
const exchangeTimeout = 30 * time.Second

// exchange sends a request and reads the answer to its end. The body is appended to keep, if that is not nil.
func (c *connection) exchange(request []byte, keep *bytes.Buffer) error {
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	length, err := c.header()
	if err != nil {
		return err
	}
	if length >= 0 {
		return c.body(length, keep)
	}
	return c.chunks(keep)
}

var (
	statusOK      = []byte("HTTP/1.1 200")
	contentLength = []byte("Content-Length: ")
)

// header reads the status and the header and returns the length of the body, -1 if it comes in chunks.
func (c *connection) header() (length int, err error) {
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	if !bytes.HasPrefix(line, statusOK) {
		return 0, fmt.Errorf("the answer is %s", line)
	}
	for length = -1; ; {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return length, err
		}
		if text, found := bytes.CutPrefix(line, contentLength); found {
			if length, err = strconv.Atoi(string(text)); err != nil {
				return 0, err
			}
		}
	}
}

func (c *connection) line() ([]byte, error) {
	line, err := c.reader.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

func (c *connection) body(length int, keep *bytes.Buffer) error {
	if keep != nil {
		_, err := io.CopyN(keep, c.reader, int64(length))
		return err
	}
	_, err := c.reader.Discard(length)
	return err
}

func (c *connection) chunks(keep *bytes.Buffer) error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		length, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return fmt.Errorf("chunk: %w", err)
		}
		if err := c.body(int(length), keep); err != nil {
			return err
		}
		line, err = c.line() // each chunk ends with an empty line, and so does the last
		if err != nil {
			return err
		}
		if len(line) > 0 {
			return errors.New("chunk: longer than it says")
		}
		if length == 0 {
			return nil
		}
	}
}

// requests returns the bytes of a query's requests as a contender gets them, by units.
func (q query) requests(addr string, cached bool) [][][]byte {
	header := "POST /graphql HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/json\r\nAccept: " + q.accept + "\r\n"
	if !cached {
		header += "Compare-Cache: off\r\n"
	}
	units := make([][][]byte, len(q.units))
	for i, unit := range q.units {
		for _, body := range unit {
			units[i] = append(units[i], []byte(header+"Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body))
		}
	}
	return units
}
