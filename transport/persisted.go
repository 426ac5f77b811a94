package transport

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff/graph"
)

// PersistedStore keeps documents that clients registered by their SHA-256 (automatic persisted queries). It does its
// best: what it forgets is registered again. Safe for concurrent use.
type PersistedStore interface {
	Get(ctx context.Context, hash string) (query string, ok bool)
	Set(ctx context.Context, hash, query string)
}

const (
	persistedDocuments = 1000     // kept in memory
	persistedLength    = 16 << 10 // longest document that is kept, in bytes
)

// NewPersistedMemory returns a store in memory: 1,000 documents of at most 16 KB.
func NewPersistedMemory() PersistedStore {
	cache, err := lru.New[string, string](persistedDocuments)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return persistedMemory{cache}
}

type persistedMemory struct{ cache *lru.Cache[string, string] }

func (m persistedMemory) Get(_ context.Context, hash string) (string, bool) { return m.cache.Get(hash) }
func (m persistedMemory) Set(_ context.Context, hash, query string)         { m.cache.Add(hash, query) }

// document returns the parameters of an operation with its document: its own text, one of the trusted ones, or one that
// a client registered. register is to be called when the document has been found valid.
func (h *Handler) document(ctx context.Context, e envelope) (params *graphql.RawParams, register func(context.Context), err *gqlerror.Error) {
	params = &graphql.RawParams{Query: e.Query, OperationName: e.OperationName, Variables: e.Variables, Extensions: e.Extensions}
	register = func(context.Context) {}

	if id := e.trustedID(); id != "" {
		text, ok := h.options.Trusted.text(id)
		if !ok {
			return nil, nil, graph.RequestError(graph.CodePersistedQueryNotFound, "PersistedQueryNotFound")
		}
		params.Query = text
		return params, register, nil
	}

	hash, err := persistedHash(e.Extensions)
	if err != nil {
		return nil, nil, err
	}
	if hash != "" {
		register, err = h.registered(ctx, params, hash)
		if err != nil {
			return nil, nil, err
		}
	}
	return params, register, h.trust(params.Query)
}

// registered finds the text of a registered document, or checks the text that is to be registered.
func (h *Handler) registered(ctx context.Context, params *graphql.RawParams, hash string) (register func(context.Context), err *gqlerror.Error) {
	if params.Query != "" {
		if hashOf(params.Query) != hash {
			return nil, graph.RequestError(graph.CodeBadUserInput, "sha256Hash is not that of the query")
		}
		query := params.Query
		return func(ctx context.Context) {
			if len(query) <= persistedLength {
				h.options.Persisted.Set(ctx, hash, query)
			}
		}, nil
	}

	text, ok := h.options.Trusted.text(hash)
	if !ok {
		text, ok = h.options.Persisted.Get(ctx, hash)
		ok = ok && hashOf(text) == hash // whoever else writes into the store cannot change what a hash means
	}
	if !ok {
		return nil, graph.RequestError(graph.CodePersistedQueryNotFound, "PersistedQueryNotFound")
	}
	params.Query = text
	return func(context.Context) {}, nil
}

// persistedHash reads extensions.persistedQuery; empty: there is none.
func persistedHash(extensions map[string]any) (string, *gqlerror.Error) {
	member, given := extensions["persistedQuery"]
	if !given || member == nil {
		return "", nil
	}
	wrong := graph.RequestError(graph.CodeBadUserInput, "persistedQuery must have version 1 and a sha256Hash of 64 hexadecimal digits")
	persisted, ok := member.(map[string]any)
	if !ok {
		return "", wrong
	}
	version, _ := persisted["version"].(json.Number)
	hash, _ := persisted["sha256Hash"].(string)
	if version != "1" || len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return "", wrong
	}
	return hash, nil
}

// TrustedMode says what becomes of documents that are not in the manifest.
type TrustedMode string

// The modes.
const (
	TrustedOff     TrustedMode = "off"     // they are carried out
	TrustedLog     TrustedMode = "log"     // they are carried out, and a log line says once of each that it came
	TrustedEnforce TrustedMode = "enforce" // they are refused
)

// trust says whether a document that arrived as text may be carried out.
func (h *Handler) trust(query string) *gqlerror.Error {
	if h.options.TrustedMode != TrustedLog && h.options.TrustedMode != TrustedEnforce {
		return nil
	}
	hash := hashOf(query)
	if h.options.Trusted.has(hash) {
		return nil
	}
	if h.options.TrustedMode == TrustedEnforce {
		return graph.RequestError(graph.CodeForbidden, "only trusted documents are carried out")
	}
	if h.untrusted.first(hash) {
		h.options.Logger.Warn("document is not trusted", "hash", hash)
	}
	return nil
}

// seen remembers what was seen, as far as it can.
type seen struct{ cache *lru.Cache[string, struct{}] }

func newSeen() *seen {
	cache, err := lru.New[string, struct{}](persistedDocuments)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &seen{cache}
}

func (s *seen) first(name string) bool {
	known, _ := s.cache.ContainsOrAdd(name, struct{}{})
	return !known
}
