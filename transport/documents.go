package transport

import (
	"context"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// documents keeps parsed and valid documents within a bound of bytes. It takes @defer out of those that are carried out,
// see plan, and keeps the operations that have it beside them.
type documents struct {
	cache *otter.Cache[string, *document]
}

// document is a document as it is carried out, and its operations in which something is deferred.
type document struct {
	*ast.QueryDocument
	deferring map[string]*ast.OperationDefinition // by name, with all fragments in place
}

// parsedSize is about how many bytes a parsed document takes for each byte of its text.
const parsedSize = 40

func newDocuments(size uint64) *documents {
	return &documents{otter.Must(&otter.Options[string, *document]{
		MaximumWeight: size,
		Weigher:       func(query string, _ *document) uint32 { return uint32(min(len(query)*parsedSize, 1<<30)) },
	})}
}

// Get implements graphql.Cache.
func (d *documents) Get(_ context.Context, query string) (*ast.QueryDocument, bool) {
	known, ok := d.cache.GetIfPresent(query)
	if !ok {
		return nil, false
	}
	return known.QueryDocument, true
}

// Add implements graphql.Cache. The executor calls it before anybody else sees the document.
func (d *documents) Add(_ context.Context, query string, parsed *ast.QueryDocument) {
	added := &document{QueryDocument: parsed}
	if defers(parsed) {
		added.deferring = map[string]*ast.OperationDefinition{}
		for _, operation := range parsed.Operations {
			expanded := *operation
			expanded.SelectionSet = expand(operation.SelectionSet)
			if setDefers(expanded.SelectionSet) {
				added.deferring[operation.Name] = &expanded
			}
		}
		for _, operation := range parsed.Operations {
			undefer(operation.SelectionSet)
		}
		for _, fragment := range parsed.Fragments {
			undefer(fragment.SelectionSet)
		}
	}
	d.cache.Set(query, added)
}

// deferring returns an operation with its @defer, nil if it has none.
func (d *documents) deferring(query string, operation *ast.OperationDefinition) *ast.OperationDefinition {
	known, ok := d.cache.GetIfPresent(query)
	if !ok {
		return nil
	}
	return known.deferring[operation.Name]
}

func undefer(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			undefer(s.SelectionSet)
		case *ast.InlineFragment:
			s.Directives = withoutDefer(s.Directives)
			undefer(s.SelectionSet)
		case *ast.FragmentSpread:
			s.Directives = withoutDefer(s.Directives)
		}
	}
}

func withoutDefer(directives ast.DirectiveList) ast.DirectiveList {
	kept := make(ast.DirectiveList, 0, len(directives))
	for _, directive := range directives {
		if directive.Name != "defer" {
			kept = append(kept, directive)
		}
	}
	return kept
}
