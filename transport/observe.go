package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/99designs/gqlgen/graphql"

	"bff/graph"
)

// Operation is what became of one operation, or of a request that was refused before one was found in it. It holds
// neither the text of the document nor a variable.
type Operation struct {
	Protocol   string   // "graphql"
	Name       string   // of the operation that was carried out; empty: it has none
	Hash       string   // SHA-256 of the document, in hexadecimal; empty: there is none
	Type       string   // "query", "mutation" or "subscription"; empty: refused
	Status     int      // of HTTP
	Codes      []string // extensions.code of each error, each once
	Bytes      int      // of the answer's body
	Deprecated []string // schema coordinates that were used, each once

	CostEstimated, CostActual int // by @cost and @listSize; 0 if it was not carried out
}

// Observer receives each operation when it is answered, with the context in which it was. Safe for concurrent use.
type Observer interface {
	Observe(ctx context.Context, o Operation)
}

type observerFunc func(context.Context, Operation)

// Observe implements Observer.
func (f observerFunc) Observe(ctx context.Context, o Operation) { f(ctx, o) }

// ObserverKey is the key under which the context of a request has its Observer. It is exported for contexts that hold
// all values of a request in one struct; everybody else uses WithObserver and Observe.
type ObserverKey struct{}

// WithObserver returns a context of a request; observe gets each of its operations when that is answered, with the
// context in which it was.
func WithObserver(ctx context.Context, observe func(context.Context, Operation)) context.Context {
	return context.WithValue(ctx, ObserverKey{}, observerFunc(observe))
}

// Observe tells the observer of a context, if there is one.
func Observe(ctx context.Context, o Operation) {
	if observer, ok := ctx.Value(ObserverKey{}).(Observer); ok {
		observer.Observe(ctx, o)
	}
}

const protocolGraphQL = "graphql"

// hashOf names a document in records, persisted operations and manifests.
func hashOf(query string) string {
	sum := sha256.Sum256([]byte(query))
	return hex.EncodeToString(sum[:])
}

// codesOf returns the codes of a response, each once.
func codesOf(response *graphql.Response) []string {
	if len(response.Errors) == 0 {
		return nil
	}
	var codes []string
	seen := map[string]bool{}
	for _, err := range response.Errors {
		code, ok := err.Extensions["code"].(string)
		if !ok {
			code = graph.CodeInternal
		}
		if !seen[code] {
			seen[code] = true
			codes = append(codes, code)
		}
	}
	return codes
}
