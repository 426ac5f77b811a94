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
