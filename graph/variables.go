package graph

import (
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// CheckVariables refuses what the parser's own coercion lets through: a text where an Int is wanted
// (https://spec.graphql.org/September2025/#sec-Int.Input-Coercion). The error names the variable, never its value.
func CheckVariables(schema *ast.Schema, operation *graphql.OperationContext) *gqlerror.Error {
	for _, variable := range operation.Operation.VariableDefinitions {
		if value, given := operation.Variables[variable.Variable]; given && !integersIn(schema, variable.Type, value) {
			return RequestError(CodeBadUserInput, "variable %q: what should be an Int is none", variable.Variable)
		}
	}
	return checkConditions(operation.Operation.SelectionSet, operation.Variables, map[*ast.FragmentDefinition]bool{})
}

// checkConditions refuses null where a condition is wanted: a variable that has a default may stand there, and be null.
// The executor would panic.
func checkConditions(set ast.SelectionSet, variables map[string]any, walked map[*ast.FragmentDefinition]bool) *gqlerror.Error {
	for _, selection := range set {
		var directives ast.DirectiveList
		var below ast.SelectionSet
		switch s := selection.(type) {
		case *ast.Field:
			directives, below = s.Directives, s.SelectionSet
		case *ast.InlineFragment:
			directives, below = s.Directives, s.SelectionSet
		case *ast.FragmentSpread:
			directives = s.Directives
			if s.Definition != nil && !walked[s.Definition] {
				walked[s.Definition] = true
				below = s.Definition.SelectionSet
			}
		}
		for _, directive := range directives {
			condition := directive.Arguments.ForName("if")
			if condition == nil || condition.Value.Kind != ast.Variable {
				continue
			}
			if _, is := variables[condition.Value.Raw].(bool); !is {
				return RequestError(CodeBadUserInput, "variable %q: a condition must be true or false", condition.Value.Raw)
			}
		}
		if err := checkConditions(below, variables, walked); err != nil {
			return err
		}
	}
	return nil
}

// integersIn says whether what should be an Int is a number, at any depth of a value.
func integersIn(schema *ast.Schema, of *ast.Type, value any) bool {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			if !integersIn(schema, elementOf(of), element) {
				return false
			}
		}
	case map[string]any:
		object := schema.Types[of.Name()]
		for name, member := range v {
			if field := object.Fields.ForName(name); field != nil && !integersIn(schema, field.Type, member) {
				return false
			}
		}
	case string:
		return of.Name() != "Int"
	case json.Number:
		if of.Name() == "Int" {
			_, err := v.Int64()
			return err == nil
		}
	}
	return true
}
