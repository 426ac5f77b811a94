package graph

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"bff"
)

// Costs computes what operations cost by the directives @cost and @listSize of a schema: each object 1 and each list as
// many times as it may be long, unless they say otherwise (https://ibm.github.io/graphql-specs/cost-spec.html). What
// introspection costs is bounded by its depth instead. Safe for concurrent use.
type Costs struct {
	fields map[*ast.FieldDefinition]fieldCost
}

// fieldCost is what the schema says of one field.
type fieldCost struct {
	weight  int  // of resolving it
	object  int  // of each object that it returns
	list    bool // it returns a list
	sized   bool // its length is known here
	assumed int  // its length if no argument tells
	slicing []string
	parts   map[string]bool // fields below that are the list, if it is not the field itself
}

const (
	unknownSize = 10      // of a list that no directive bounds
	costly      = 1 << 40 // where adding stops: far above every limit, far below overflow
)

// NewCosts reads the directives of a schema.
func NewCosts(schema *ast.Schema) *Costs {
	c := &Costs{fields: map[*ast.FieldDefinition]fieldCost{}}
	for _, definition := range schema.Types {
		for _, field := range definition.Fields {
			c.fields[field] = costOf(schema, field)
		}
	}
	return c
}

func costOf(schema *ast.Schema, field *ast.FieldDefinition) fieldCost {
	cost := fieldCost{weight: weightOf(field.Directives, 0), list: field.Type.Elem != nil}
	if returned := schema.Types[field.Type.Name()]; returned.IsCompositeType() {
		cost.object = weightOf(returned.Directives, 1)
	}
	size := field.Directives.ForName("listSize")
	if size == nil {
		return cost
	}
	cost.sized = true
	if argument := size.Arguments.ForName("assumedSize"); argument != nil {
		cost.assumed, _ = strconv.Atoi(argument.Value.Raw)
	}
	cost.slicing = wordsOf(size, "slicingArguments")
	if parts := wordsOf(size, "sizedFields"); len(parts) > 0 {
		cost.parts = map[string]bool{}
		for _, part := range parts {
			cost.parts[part] = true
		}
	}
	return cost
}

func weightOf(directives ast.DirectiveList, otherwise int) int {
	if cost := directives.ForName("cost"); cost != nil {
		if weight, err := strconv.Atoi(cost.Arguments.ForName("weight").Value.Raw); err == nil {
			return weight
		}
	}
	return otherwise
}

func wordsOf(directive *ast.Directive, argument string) []string {
	var words []string
	if list := directive.Arguments.ForName(argument); list != nil {
		for _, child := range list.Value.Children {
			words = append(words, child.Value.Raw)
		}
	}
	return words
}

// Estimate returns the most that a valid operation costs with its variables. It takes time linear in the document: each
// fragment is looked at once.
func (c *Costs) Estimate(operation *graphql.OperationContext) int {
	e := estimator{costs: c, variables: operation.Variables, fragments: map[*ast.FragmentDefinition]subtotal{}}
	total := e.selections(operation.Operation.SelectionSet)
	return plus(total.once, times(unknownSize, total.each))
}

// subtotal is what a selection set costs: some of it once, some for each element of a list whose length the field above
// knows.
type subtotal struct{ once, each int }

type estimator struct {
	costs     *Costs
	variables map[string]any
	fragments map[*ast.FragmentDefinition]subtotal
}

func (e *estimator) selections(set ast.SelectionSet) subtotal {
	var total subtotal
	for _, selection := range set {
		var part subtotal
		switch s := selection.(type) {
		case *ast.Field:
			if !Included(s.Directives, e.variables) {
				continue
			}
			part = e.field(s)
		case *ast.InlineFragment:
			if !Included(s.Directives, e.variables) {
				continue
			}
			part = e.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			if !Included(s.Directives, e.variables) || s.Definition == nil {
				continue
			}
			known, met := e.fragments[s.Definition]
			if !met {
				known = e.selections(s.Definition.SelectionSet)
				e.fragments[s.Definition] = known
			}
			part = known
		}
		total = subtotal{plus(total.once, part.once), plus(total.each, part.each)}
	}
	return total
}

// Included says whether @skip and @include leave a selection in.
func Included(directives ast.DirectiveList, variables map[string]any) bool {
	for _, directive := range directives {
		if directive.Name != "skip" && directive.Name != "include" {
			continue
		}
		if condition, ok := directive.ArgumentMap(variables)["if"].(bool); ok && condition == (directive.Name == "skip") {
			return false
		}
	}
	return true
}

func (e *estimator) field(f *ast.Field) subtotal {
	cost, known := e.costs.fields[f.Definition]
	if !known || f.Name == "__schema" || f.Name == "__type" {
		return subtotal{}
	}
	below := e.selections(f.SelectionSet)
	switch {
	case cost.parts != nil:
		return subtotal{once: plus(cost.weight, plus(plus(cost.object, below.once), times(e.size(f, cost), below.each)))}
	case cost.sized:
		return subtotal{once: plus(cost.weight, times(e.size(f, cost), element(cost, below)))}
	case cost.list:
		return subtotal{once: cost.weight, each: element(cost, below)}
	default:
		return subtotal{once: plus(cost.weight, element(cost, below))}
	}
}

// element returns the cost of one object; lists in it whose length nobody knows have the size of such.
func element(cost fieldCost, below subtotal) int {
	return plus(plus(cost.object, below.once), times(unknownSize, below.each))
}

// size returns how long a list can be: what the largest of its slicing arguments says.
func (e *estimator) size(f *ast.Field, cost fieldCost) int {
	size, given := 0, false
	values := f.ArgumentMap(e.variables)
	for _, name := range cost.slicing {
		value := values[name]
		if value == nil {
			continue
		}
		given = true
		switch v := value.(type) {
		case []any:
			size = max(size, len(v))
		case int:
			size = max(size, v)
		case int64:
			size = max(size, int(min(v, costly)))
		case json.Number:
			n, _ := v.Int64() // what is no number is refused by the field itself
			size = max(size, int(min(n, costly)))
		default: // whatever it is, it may be read as many
			size = bff.MaxPageSize
		}
	}
	switch {
	case given:
		return min(size, bff.MaxPageSize) // who asks for more gets an error from the field itself
	case cost.assumed > 0:
		return cost.assumed
	default:
		return unknownSize
	}
}

func plus(a, b int) int { return min(costly, a+b) }

func times(a, b int) int {
	if a > 0 && b > costly/a {
		return costly
	}
	return a * b
}

// newCostsOf returns what the engine adds up: what a field of a schema costs, and each object that it returns.
func newCostsOf(schema *ast.Schema) func(*ast.FieldDefinition) (field, object int) {
	costs := NewCosts(schema)
	return func(f *ast.FieldDefinition) (int, int) {
		if strings.HasPrefix(f.Type.Name(), "__") {
			return 0, 0 // introspection is bounded by its depth instead
		}
		cost := costs.fields[f]
		return cost.weight, cost.object
	}
}
