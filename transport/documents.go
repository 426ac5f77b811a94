package transport

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff/graph"
)

// documents keeps documents that were found harmless and valid, within a bound of bytes, with what is known of them without
// their variables.
type documents struct {
	schema *ast.Schema
	costs  *graph.Costs
	cache  *otter.Cache[string, *document]
}

// document is a valid document.
type document struct {
	*ast.QueryDocument
	hash       string
	asks       bool                               // for the schema
	refused    *gqlerror.Error                    // why it is not carried out; nil: it is
	defers     bool                               // @defer or @stream stands somewhere in it
	operations map[*ast.OperationDefinition]facts // of operations without variables
}

// facts is what an operation without variables is known to be.
type facts struct {
	deprecated []string
	cost       int
}

// parsedSize is about how many bytes a parsed document takes for each byte of its text.
const parsedSize = 40

func newDocuments(schema *ast.Schema, costs *graph.Costs, size uint64) *documents {
	return &documents{schema, costs, otter.Must(&otter.Options[string, *document]{
		MaximumWeight: size,
		Weigher:       func(query string, _ *document) uint32 { return uint32(min(len(query)*parsedSize, 1<<30)) },
	})}
}

// known returns a document that was found valid; nil: it was not, or is forgotten.
func (d *documents) known(query string) *document {
	found, _ := d.cache.GetIfPresent(query)
	return found
}

// Get implements graphql.Cache.
func (d *documents) Get(_ context.Context, query string) (*ast.QueryDocument, bool) {
	known := d.known(query)
	if known == nil {
		return nil, false
	}
	return known.QueryDocument, true
}

// Add implements graphql.Cache. The executor calls it with valid documents.
func (d *documents) Add(_ context.Context, query string, parsed *ast.QueryDocument) {
	d.cache.Set(query, d.describe(query, parsed))
}

// describe finds out what is known of a document without its variables.
func (d *documents) describe(query string, parsed *ast.QueryDocument) *document {
	added := &document{
		QueryDocument: parsed, hash: hashOf(query), asks: graph.AsksForSchema(parsed), defers: graph.Uses(parsed, "defer", "stream"),
		operations: map[*ast.OperationDefinition]facts{},
	}
	if added.defers {
		added.refused = graph.CheckStreams(parsed)
	}
	for _, operation := range parsed.Operations {
		if len(operation.VariableDefinitions) > 0 {
			continue
		}
		alone := &graphql.OperationContext{Doc: parsed, Operation: operation}
		added.operations[operation] = facts{graph.Deprecated(d.schema, alone), d.costs.Estimate(alone)}
	}
	return added
}

// factsOf returns what is known of an operation with its variables.
func (d *documents) factsOf(known *document, operation *graphql.OperationContext) facts {
	if found, ok := known.operations[operation.Operation]; ok {
		return found
	}
	return facts{graph.Deprecated(d.schema, operation), d.costs.Estimate(operation)}
}
