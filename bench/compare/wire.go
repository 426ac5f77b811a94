package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// line is a network as the client sees it.
type line struct {
	name      string
	roundTrip time.Duration
	rate      int // bytes per second in each direction; 0: without bound
}

// wire is a TCP proxy before the server that makes a line of the loopback and counts what passes.
type wire struct {
	listener net.Listener
	server   string
	line     atomic.Pointer[line]
	up, down atomic.Int64 // bytes
	conns    sync.WaitGroup
}

func newWire(ctx context.Context, server string) (*wire, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &wire{listener: listener, server: server}
	w.line.Store(&line{})
	go w.accept()
	return w, nil
}

func (w *wire) url() string { return "http://" + w.listener.Addr().String() }

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		w.conns.Go(func() { w.carry(server, client, &w.up) })
		w.conns.Go(func() { w.carry(client, server, &w.down) })
	}
}

type packet struct {
	bytes []byte
	at    time.Time
}

// carry hands on what it reads, half a round trip later and no faster than the line.
func (w *wire) carry(to, from net.Conn, count *atomic.Int64) {
	defer func() { _ = to.Close() }()
	packets := make(chan packet, 1024)
	go func() {
		defer close(packets)
		for {
			buffer := make([]byte, 16<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				count.Add(int64(n))
				packets <- packet{buffer[:n], time.Now()}
			}
			if err != nil {
				return
			}
		}
	}()

	var free time.Time // when the line has sent what it was given
	for p := range packets {
		l := w.line.Load()
		if l.rate > 0 {
			if free.Before(p.at) {
				free = p.at
			}
			free = free.Add(time.Duration(float64(len(p.bytes)) / float64(l.rate) * float64(time.Second)))
			p.at = free
		}
		if wait := time.Until(p.at.Add(l.roundTrip / 2)); wait > 0 {
			<-time.After(wait)
		}
		if _, err := to.Write(p.bytes); err != nil {
			_ = from.Close()
			for range packets { // let the reader end
			}
			return
		}
	}
}

// counted returns the bytes up and down since the last call.
func (w *wire) counted() (up, down int64) { return w.up.Swap(0), w.down.Swap(0) }

// close waits for the connections, which their clients close.
func (w *wire) close() {
	_ = w.listener.Close()
	w.conns.Wait()
}

// split reads what stands between separators, and tells each as soon as it is whole; blank ones are left out.
func split(body io.Reader, separator []byte, tell func(part []byte) error) error {
	var held []byte
	buffer := make([]byte, 32<<10)
	for {
		n, err := body.Read(buffer)
		held = append(held, buffer[:n]...)
		for {
			part, rest, found := bytes.Cut(held, separator)
			if !found {
				break
			}
			held = rest
			if len(part) > 0 {
				if err := tell(part); err != nil {
					return err
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
