package transport

import (
	"context"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// documents keeps parsed and valid documents within a bound of bytes. It takes @defer out of them: gqlgen would leave
// deferred fields out of a plain answer without a word.
type documents struct {
	cache *otter.Cache[string, *ast.QueryDocument]
}

// parsedSize is about how many bytes a parsed document takes for each byte of its text.
const parsedSize = 40

func newDocuments(size uint64) *documents {
	return &documents{otter.Must(&otter.Options[string, *ast.QueryDocument]{
		MaximumWeight: size,
		Weigher:       func(query string, _ *ast.QueryDocument) uint32 { return uint32(min(len(query)*parsedSize, 1<<30)) },
	})}
}

// Get implements graphql.Cache.
func (d *documents) Get(_ context.Context, query string) (*ast.QueryDocument, bool) {
	return d.cache.GetIfPresent(query)
}

// Add implements graphql.Cache. The executor calls it before anybody else sees the document.
func (d *documents) Add(_ context.Context, query string, document *ast.QueryDocument) {
	for _, operation := range document.Operations {
		undefer(operation.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		undefer(fragment.SelectionSet)
	}
	d.cache.Set(query, document)
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
