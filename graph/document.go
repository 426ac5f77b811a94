package graph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// AsksForSchema says whether introspection stands anywhere in a document.
func AsksForSchema(document *ast.QueryDocument) bool {
	return anywhere(document, func(f *ast.Field, _ ast.DirectiveList) bool {
		return f != nil && (f.Name == "__schema" || f.Name == "__type")
	})
}

// Uses says whether one of the directives stands on a selection anywhere in a document.
func Uses(document *ast.QueryDocument, directives ...string) bool {
	return anywhere(document, func(_ *ast.Field, found ast.DirectiveList) bool {
		return slices.ContainsFunc(found, func(d *ast.Directive) bool { return slices.Contains(directives, d.Name) })
	})
}

// anywhere says whether what holds of one of the selections of a document. The field is nil for fragments.
func anywhere(document *ast.QueryDocument, what func(*ast.Field, ast.DirectiveList) bool) bool {
	for _, operation := range document.Operations {
		if within(operation.SelectionSet, what) {
			return true
		}
	}
	for _, fragment := range document.Fragments {
		if within(fragment.SelectionSet, what) {
			return true
		}
	}
	return false
}

func within(set ast.SelectionSet, what func(*ast.Field, ast.DirectiveList) bool) bool {
	for _, selection := range set {
		var found bool
		switch s := selection.(type) {
		case *ast.Field:
			found = what(s, s.Directives) || within(s.SelectionSet, what)
		case *ast.InlineFragment:
			found = what(nil, s.Directives) || within(s.SelectionSet, what)
		case *ast.FragmentSpread:
			found = what(nil, s.Directives)
		}
		if found {
			return true
		}
	}
	return false
}

// CheckStreams refuses @stream where there is no list, which the parser's validation does not know of.
func CheckStreams(document *ast.QueryDocument) *gqlerror.Error {
	var wrong *ast.Field
	anywhere(document, func(f *ast.Field, found ast.DirectiveList) bool {
		if f != nil && f.Definition != nil && f.Definition.Type.Elem == nil && found.ForName("stream") != nil {
			wrong = f
		}
		return wrong != nil
	})
	if wrong == nil {
		return nil
	}
	return RequestError(CodeValidationFailed, "@stream stands on %q, which is no list", wrong.Name)
}
