package graph

import (
	"maps"
	"reflect"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Deprecated returns the schema coordinates (https://spec.graphql.org/September2025/#sec-Schema-Coordinates) of the
// deprecated fields, arguments, input fields and enum values that a valid operation uses, in its variables too: sorted,
// each once.
func Deprecated(schema *ast.Schema, operation *graphql.OperationContext) []string {
	w := deprecations{schema: schema, walked: map[*ast.FragmentDefinition]bool{}, found: map[string]struct{}{}}
	w.selections(operation.Operation.SelectionSet)
	for _, variable := range operation.Operation.VariableDefinitions {
		if value, given := operation.Variables[variable.Variable]; given {
			w.input(variable.Type, value)
		}
	}
	if len(w.found) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(w.found))
}

type deprecations struct {
	schema *ast.Schema
	walked map[*ast.FragmentDefinition]bool
	found  map[string]struct{}
}

func (w *deprecations) note(directives ast.DirectiveList, coordinate func() string) {
	if directives.ForName("deprecated") != nil {
		w.found[coordinate()] = struct{}{}
	}
}

func (w *deprecations) selections(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			w.field(s)
		case *ast.InlineFragment:
			w.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			if s.Definition != nil && !w.walked[s.Definition] {
				w.walked[s.Definition] = true
				w.selections(s.Definition.SelectionSet)
			}
		}
	}
}

func (w *deprecations) field(f *ast.Field) {
	if f.Definition == nil || f.ObjectDefinition == nil {
		return
	}
	coordinate := func() string { return f.ObjectDefinition.Name + "." + f.Name }
	w.note(f.Definition.Directives, coordinate)
	for _, argument := range f.Arguments {
		definition := f.Definition.Arguments.ForName(argument.Name)
		if definition == nil {
			continue
		}
		w.note(definition.Directives, func() string { return coordinate() + "(" + argument.Name + ":)" })
		w.literal(definition.Type, argument.Value)
	}
	w.selections(f.SelectionSet)
}

// literal walks a value that is written in the document.
func (w *deprecations) literal(of *ast.Type, value *ast.Value) {
	definition := w.schema.Types[of.Name()]
	if definition == nil || value == nil {
		return
	}
	switch value.Kind {
	case ast.ListValue:
		for _, child := range value.Children {
			w.literal(elementOf(of), child.Value)
		}
	case ast.ObjectValue:
		for _, child := range value.Children {
			w.inputField(definition, child.Name, func(t *ast.Type) { w.literal(t, child.Value) })
		}
	case ast.EnumValue:
		w.enumValue(definition, value.Raw)
	default: // scalars; and variables, which are walked on their own
	}
}

// input walks a value that arrived in the variables.
func (w *deprecations) input(of *ast.Type, value any) {
	definition := w.schema.Types[of.Name()]
	if definition == nil {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		for name, child := range v {
			w.inputField(definition, name, func(t *ast.Type) { w.input(t, child) })
		}
	case string:
		w.enumValue(definition, v)
	default:
		if list := reflect.ValueOf(value); list.Kind() == reflect.Slice { // of the value's type, if one stands for a list
			for i := range list.Len() {
				w.input(elementOf(of), list.Index(i).Interface())
			}
		}
	}
}

func (w *deprecations) inputField(object *ast.Definition, name string, below func(*ast.Type)) {
	if field := object.Fields.ForName(name); object.Kind == ast.InputObject && field != nil {
		w.note(field.Directives, func() string { return object.Name + "." + name })
		below(field.Type)
	}
}

func (w *deprecations) enumValue(enum *ast.Definition, name string) {
	if value := enum.EnumValues.ForName(name); enum.Kind == ast.Enum && value != nil {
		w.note(value.Directives, func() string { return enum.Name + "." + name })
	}
}

// elementOf returns the type of a list's elements; a single value stands for a list of one.
func elementOf(list *ast.Type) *ast.Type {
	if list.Elem != nil {
		return list.Elem
	}
	return list
}
