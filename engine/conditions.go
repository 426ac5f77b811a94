package engine

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// conditions returns the variables that @skip, @include, @defer and @stream of an operation read, in a fixed order, and how
// many fields it has with all fragments spread out.
func conditions(operation *ast.OperationDefinition, fragments ast.FragmentDefinitionList) (names []string, fields int) {
	w := conditionWalker{fragments: fragments, walked: map[string]int{}}
	fields = w.walk(operation.SelectionSet)
	return w.names, fields
}

type conditionWalker struct {
	fragments ast.FragmentDefinitionList
	names     []string
	walked    map[string]int
}

// manyFields is where counting stops.
const manyFields = 1 << 20

func (w *conditionWalker) walk(selected ast.SelectionSet) int {
	fields := 0
	for _, selection := range selected {
		var directives ast.DirectiveList
		switch s := selection.(type) {
		case *ast.Field:
			directives = s.Directives
			fields += 1 + w.walk(s.SelectionSet)
		case *ast.InlineFragment:
			directives = s.Directives
			fields += w.walk(s.SelectionSet)
		case *ast.FragmentSpread:
			directives = s.Directives
			n, walked := w.walked[s.Name]
			if fragment := w.fragments.ForName(s.Name); !walked && fragment != nil {
				w.walked[s.Name] = 0
				n = w.walk(fragment.SelectionSet)
				w.walked[s.Name] = n
			}
			fields += n
		}
		fields = min(fields, manyFields)
		for _, d := range directives {
			if d.Name != "skip" && d.Name != "include" && d.Name != "defer" && d.Name != "stream" {
				continue
			}
			if a := d.Arguments.ForName("if"); a != nil && a.Value.Kind == ast.Variable && !slices.Contains(w.names, a.Value.Raw) {
				w.names = append(w.names, a.Value.Raw)
			}
		}
	}
	return fields
}

// condition reads the argument "if" of a directive, which is true if it is absent.
func condition(d *ast.Directive, variables map[string]any) bool {
	argument := d.Arguments.ForName("if")
	if argument == nil {
		return true
	}
	value, _ := argument.Value.Value(variables)
	holds, is := value.(bool)
	return holds || !is
}

// included says whether @skip and @include leave a selection in.
func included(directives ast.DirectiveList, variables map[string]any) bool {
	if len(directives) == 0 {
		return true
	}
	if d := directives.ForName("skip"); d != nil && condition(d, variables) {
		return false
	}
	d := directives.ForName("include")
	return d == nil || condition(d, variables)
}
