package transport

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// documents keeps parsed and valid documents, the least recently used ones leave first. It takes @defer out of them:
// no answer is streamed here, and gqlgen would leave deferred fields out of a plain answer without a word.
type documents struct {
	cache *lru.Cache[string, *ast.QueryDocument]
}

func newDocuments(size int) *documents {
	cache, err := lru.New[string, *ast.QueryDocument](size)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &documents{cache}
}

// Get implements graphql.Cache.
func (d *documents) Get(_ context.Context, query string) (*ast.QueryDocument, bool) {
	return d.cache.Get(query)
}

// Add implements graphql.Cache. The executor calls it before anybody else sees the document.
func (d *documents) Add(_ context.Context, query string, document *ast.QueryDocument) {
	for _, operation := range document.Operations {
		undefer(operation.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		undefer(fragment.SelectionSet)
	}
	d.cache.Add(query, document)
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
