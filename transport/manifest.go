package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Manifest holds the trusted documents of a file, by their ids. It knows what Relay's compiler and the client preset of
// GraphQL Code Generator write, an object of texts by id, and Apollo's manifest, a list of operations. A nil Manifest is
// empty. Safe for concurrent use.
type Manifest struct {
	path    string
	current atomic.Pointer[manifest]
}

// manifest is the content of the file at one time.
type manifest struct {
	raw    []byte
	texts  map[string]string   // by id
	hashes map[string]struct{} // SHA-256 of each text
}

// ReadManifest reads a file.
func ReadManifest(path string) (*Manifest, error) {
	m := &Manifest{path: path}
	if _, err := m.reload(); err != nil {
		return nil, err
	}
	return m, nil
}

// manifestPause is how often the file is looked at.
const manifestPause = time.Second

// Watch reads the file again when it has changed, until ctx ends. A file that is wrong leaves the documents as they were.
func (m *Manifest) Watch(ctx context.Context, logger *slog.Logger) {
	var last error
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(manifestPause):
		}
		changed, err := m.reload()
		switch {
		case err != nil && (last == nil || err.Error() != last.Error()):
			logger.Error("trusted documents stay as they were", "error", err.Error())
		case err == nil && changed:
			logger.Info("trusted documents changed", "documents", len(m.current.Load().texts))
		}
		last = err
	}
}

func (m *Manifest) reload() (changed bool, err error) {
	raw, err := os.ReadFile(m.path)
	if err != nil {
		return false, fmt.Errorf("read trusted documents: %w", err)
	}
	if current := m.current.Load(); current != nil && bytes.Equal(current.raw, raw) {
		return false, nil
	}
	texts, err := parseManifest(raw)
	if err != nil {
		return false, fmt.Errorf("read trusted documents: %w", err)
	}
	read := &manifest{raw: raw, texts: texts, hashes: map[string]struct{}{}}
	for _, text := range texts {
		read.hashes[hashOf(text)] = struct{}{}
	}
	m.current.Store(read)
	return true, nil
}

func parseManifest(raw []byte) (map[string]string, error) {
	var apollo struct {
		Format     string
		Operations []struct{ ID, Body string }
	}
	if json.Unmarshal(raw, &apollo) == nil && apollo.Format == "apollo-persisted-query-manifest" {
		texts := map[string]string{}
		for _, operation := range apollo.Operations {
			if operation.ID == "" || operation.Body == "" {
				return nil, errors.New("an operation has no id or no body")
			}
			texts[bareID(operation.ID)] = operation.Body
		}
		return texts, nil
	}
	var byID map[string]string
	if err := json.Unmarshal(raw, &byID); err != nil || byID == nil {
		return nil, errors.New("neither an object of texts by id nor an Apollo manifest")
	}
	texts := map[string]string{}
	for id, text := range byID {
		texts[bareID(id)] = text
	}
	return texts, nil
}

// bareID is an id without the name of the algorithm that it was made by.
func bareID(id string) string { return strings.TrimPrefix(id, "sha256:") }

// text returns the document of an id, which may name its algorithm as in "sha256:…".
func (m *Manifest) text(id string) (string, bool) {
	if m == nil {
		return "", false
	}
	text, ok := m.current.Load().texts[bareID(id)]
	return text, ok
}

// has says whether the text with a hash is one of the documents.
func (m *Manifest) has(hash string) bool {
	if m == nil {
		return false
	}
	_, ok := m.current.Load().hashes[hash]
	return ok
}
