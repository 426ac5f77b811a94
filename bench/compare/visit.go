package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// visit is one load of a page.
type visit struct {
	ctx      context.Context
	http     *http.Client
	base     string
	encoding string            // that the client accepts
	header   map[string]string // of every request

	mu         sync.Mutex
	start      time.Time
	requests   int
	operations int             // in them
	arrived    []time.Duration // of each component, from start; 0: not yet
	codes      map[int]string  // of components that failed
}

// post sends a request and returns the body, decoded as it comes. Close it.
func (v *visit) post(path, accept, body string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(v.ctx, http.MethodPost, v.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return v.send(request, accept)
}

// do sends a request as this visit's client does.
func (v *visit) do(request *http.Request, accept string) (*http.Response, error) {
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", v.encoding)
	for name, value := range v.header {
		request.Header.Set(name, value)
	}
	v.mu.Lock()
	v.requests++
	v.operations++
	v.mu.Unlock()
	return v.http.Do(request)
}

func (v *visit) send(request *http.Request, accept string) (io.ReadCloser, error) {
	response, err := v.do(request, accept)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusInternalServerError {
		_ = response.Body.Close()
		return nil, fmt.Errorf("%s", response.Status)
	}
	switch response.Header.Get("Content-Encoding") {
	case "gzip":
		zipped, err := gzip.NewReader(response.Body)
		return decoded{zipped, response.Body}, err
	case "br":
		return decoded{brotli.NewReader(response.Body), response.Body}, nil
	default:
		return response.Body, nil
	}
}

type decoded struct {
	io.Reader
	io.Closer
}

// arrive notes that a component has its value, or its error.
func (v *visit) arrive(page []component, i int, value any, code string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if i < 0 || i >= len(page) || v.arrived[i] != 0 {
		return fmt.Errorf("an answer for component %d, which waits for none", i)
	}
	v.arrived[i] = time.Since(v.start)
	if code != "" {
		v.codes[i] = code
	} else if err := page[i].shows(value); err != nil {
		v.codes[i] = "INCOMPLETE"
	}
	return nil
}

// lacking says whether all components have their data.
func (v *visit) lacking() error {
	if len(v.codes) > 0 || slices.Contains(v.arrived, 0) {
		return fmt.Errorf("components without their data: %v of %d", v.codes, len(v.arrived))
	}
	return nil
}
