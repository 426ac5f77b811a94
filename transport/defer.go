package transport

import (
	"github.com/vektah/gqlparser/v2/ast"

	"bff/graph"
)

// plan is an operation with @defer, taken apart: what is answered at once, and the parts that follow. gqlgen's own @defer
// is not used: it answers deferred fields as null first, and leaves them out of mutations and of plain answers.
type plan struct {
	first ast.SelectionSet
	parts []*part
}

// part is a deferred fragment. It is carried out as an operation of its own that leads to the fragment's place and asks
// for nothing on the way; whatever was loaded for the fields on the way is in the request's loaders.
type part struct {
	label  string
	path   []string        // response keys on the way; of lists each element has the part
	way    []ast.Selection // the fields and fragments on the way, outermost first
	set    ast.SelectionSet
	sign   string  // response key under which only an object to which the part applies has something
	unsure bool    // whether it applies depends on the type that an object turns out to have
	parts  []*part // that are deferred in it
}

// planOf takes an operation apart; nil if nothing in it is deferred with these variables. expanded is the operation with
// all fragments in place.
func planOf(expanded *ast.OperationDefinition, variables map[string]any) *plan {
	s := splitter{variables}
	first, parts := s.split(expanded.SelectionSet, place{})
	if len(parts) == 0 {
		return nil
	}
	return &plan{first, parts}
}

// place is where a selection set stands.
type place struct {
	path   []string
	way    []ast.Selection
	unsure bool
}

func (p place) below(s ast.Selection, key string, unsure bool) place {
	next := place{path: p.path, way: append(append([]ast.Selection{}, p.way...), s), unsure: p.unsure || unsure}
	if key != "" {
		next.path = append(append([]string{}, p.path...), key)
	}
	return next
}

type splitter struct{ variables map[string]any }

// split separates a selection set from what is deferred in it.
func (s splitter) split(set ast.SelectionSet, at place) (kept ast.SelectionSet, parts []*part) {
	var here []*part // deferred in this very set
	for _, selection := range set {
		switch selected := selection.(type) {
		case *ast.Field:
			if !graph.Included(selected.Directives, s.variables) {
				continue
			}
			field := *selected
			var deeper []*part
			field.SelectionSet, deeper = s.split(selected.SelectionSet, at.below(selected, selected.Alias, false))
			kept = append(kept, &field)
			parts = append(parts, deeper...)
		case *ast.InlineFragment:
			if !graph.Included(selected.Directives, s.variables) {
				continue
			}
			fragment := *selected
			fragment.Directives = nil
			inside := at.below(&fragment, "", narrows(selected))
			set, deeper := s.split(selected.SelectionSet, inside)
			label, deferred := s.deferred(selected.Directives)
			if !deferred {
				fragment.SelectionSet = set
				kept = append(kept, &fragment)
				parts = append(parts, deeper...)
				continue
			}
			here = append(here, &part{label: label, path: at.path, way: inside.way, set: set, unsure: inside.unsure, parts: deeper})
		}
	}
	for _, p := range here {
		p.set = without(p.set, kept)
		if len(p.set) == 0 {
			parts = append(parts, p.parts...) // all of it is answered at once
			continue
		}
		p.sign = freeKey(p.set)
		parts = append(parts, p)
	}
	return kept, parts
}

// narrows says whether a fragment applies to some of the objects only that can stand in its place.
func narrows(f *ast.InlineFragment) bool {
	return f.TypeCondition != "" && f.ObjectDefinition != nil && f.ObjectDefinition.Name != f.TypeCondition
}

// without leaves the leaves out that are answered at once anyway.
func without(set, answered ast.SelectionSet) ast.SelectionSet {
	known := map[string]bool{}
	for _, selection := range answered {
		if field, ok := selection.(*ast.Field); ok && len(field.SelectionSet) == 0 && len(field.Directives) == 0 {
			known[field.Alias] = true
		}
	}
	var left ast.SelectionSet
	for _, selection := range set {
		if field, ok := selection.(*ast.Field); ok && len(field.SelectionSet) == 0 && known[field.Alias] {
			continue
		}
		left = append(left, selection)
	}
	return left
}

// deferred reads @defer.
func (s splitter) deferred(directives ast.DirectiveList) (label string, active bool) {
	directive := directives.ForName("defer")
	if directive == nil {
		return "", false
	}
	arguments := directive.ArgumentMap(s.variables)
	if condition, given := arguments["if"].(bool); given && !condition {
		return "", false
	}
	label, _ = arguments["label"].(string)
	return label, true
}

// freeKey returns a response key that no field of a set has.
func freeKey(set ast.SelectionSet) string {
	taken := map[string]bool{}
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				taken[s.Alias] = true
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			}
		}
	}
	walk(set)
	key := "__deferred"
	for taken[key] {
		key += "_"
	}
	return key
}

// operation returns the selection that leads to a part.
func (p *part) selection() ast.SelectionSet {
	set := append(ast.SelectionSet{}, p.set...)
	typename := &ast.Field{Name: "__typename", Alias: p.sign, Definition: &ast.FieldDefinition{Name: "__typename", Type: ast.NonNullNamedType("String", nil)}}
	set = append(set, typename)
	for i := len(p.way) - 1; i >= 0; i-- {
		switch s := p.way[i].(type) {
		case *ast.Field:
			field := *s
			field.SelectionSet = set
			set = ast.SelectionSet{&field}
		case *ast.InlineFragment:
			fragment := *s
			fragment.SelectionSet = set
			set = ast.SelectionSet{&fragment}
		}
	}
	return set
}

// defers says whether @defer stands anywhere in a document.
func defers(document *ast.QueryDocument) bool {
	for _, operation := range document.Operations {
		if setDefers(operation.SelectionSet) {
			return true
		}
	}
	for _, fragment := range document.Fragments {
		if setDefers(fragment.SelectionSet) {
			return true
		}
	}
	return false
}

func setDefers(set ast.SelectionSet) bool {
	for _, selection := range set {
		var directives ast.DirectiveList
		var below ast.SelectionSet
		switch s := selection.(type) {
		case *ast.Field:
			below = s.SelectionSet
		case *ast.InlineFragment:
			directives, below = s.Directives, s.SelectionSet
		case *ast.FragmentSpread:
			directives = s.Directives
		}
		if directives.ForName("defer") != nil || setDefers(below) {
			return true
		}
	}
	return false
}

// expand copies a selection set with all fragments in place of their spreads. The guard has bounded how much that is.
func expand(set ast.SelectionSet) ast.SelectionSet {
	copied := make(ast.SelectionSet, 0, len(set))
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			field := *s
			field.SelectionSet = expand(s.SelectionSet)
			copied = append(copied, &field)
		case *ast.InlineFragment:
			fragment := *s
			fragment.SelectionSet = expand(s.SelectionSet)
			copied = append(copied, &fragment)
		case *ast.FragmentSpread:
			if s.Definition != nil {
				copied = append(copied, &ast.InlineFragment{
					TypeCondition: s.Definition.TypeCondition, Directives: s.Directives, ObjectDefinition: s.ObjectDefinition,
					SelectionSet: expand(s.Definition.SelectionSet), Position: s.Position,
				})
			}
		}
	}
	return copied
}
