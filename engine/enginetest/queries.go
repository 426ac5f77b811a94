package enginetest

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/vektah/gqlparser/v2/validator"
)

// Options tune the random operations. The zero value works.
type Options struct {
	Operation ast.Operation // default: a query
	Fields    int           // about how many are selected; default 25
	Depth     int           // of selection sets; default 6
	Defer     bool          // sprinkles @defer over fragments
	Stream    bool          // and @stream over lists
	// Value returns the text of an argument's value; false: by its type alone.
	Value func(r *rand.Rand, field, argument string, t *ast.Type) (string, bool)
	// Skip says which fields are not selected.
	Skip func(object, field string) bool
}

// Query is a random operation.
type Query struct {
	Text       string
	Variables  map[string]any // but for the conditions
	Conditions []string       // Boolean variables of @skip, @include and @defer
}

// Params returns the operation with conditions by the bits of a number.
func (q Query) Params(bits int) Params {
	variables := map[string]any{}
	for name, value := range q.Variables {
		variables[name] = value
	}
	for i, name := range q.Conditions {
		variables[name] = bits>>i&1 == 1
	}
	return Params{Query: q.Text, Variables: variables}
}

// All returns the operation with each combination of its conditions.
func (q Query) All() iter.Seq[Params] {
	return func(yield func(Params) bool) {
		for bits := range 1 << len(q.Conditions) {
			if !yield(q.Params(bits)) {
				return
			}
		}
	}
}

// Queries returns random operations without end, all of which are valid: the same for the same seed.
func Queries(schema *ast.Schema, seed uint64, options Options) iter.Seq[Query] {
	return func(yield func(Query) bool) {
		for i := uint64(0); ; i++ {
			if q, ok := Random(schema, rand.New(rand.NewPCG(seed, i)), options); ok && !yield(q) { //nolint:gosec // the same queries each time
				return
			}
		}
	}
}

// Random returns one operation; false: what was made is not valid, which happens to some, for keys that cannot be merged.
func Random(schema *ast.Schema, r *rand.Rand, options Options) (Query, bool) {
	if options.Fields == 0 {
		options.Fields = 25
	}
	if options.Depth == 0 {
		options.Depth = 6
	}
	g := &generator{schema: schema, r: r, Options: options, keys: map[string]string{}, calls: map[string][]string{}}
	g.left = 1 + r.IntN(2*options.Fields)
	q := g.query()
	document, err := parser.ParseQuery(&ast.Source{Input: q.Text})
	if err != nil {
		panic(fmt.Sprintf("%v: %s", err, q.Text))
	}
	if len(validator.ValidateWithRules(schema, document, defaultRules)) > 0 {
		return q, false
	}
	return q, true
}

var defaultRules = rules.NewDefaultRules()

type generator struct {
	Options
	schema *ast.Schema
	r      *rand.Rand
	left   int // fields

	keys       map[string]string // response key to what it selects
	calls      map[string][]string
	fragments  []fragment
	variables  []string
	values     map[string]any
	conditions []string
	labels     int
}

type fragment struct {
	name, on, text string
	depth          int
}

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *generator) query() Query {
	g.values = map[string]any{}
	keyword, root := "query", g.schema.Query
	switch g.Operation {
	case ast.Mutation:
		keyword, root = "mutation", g.schema.Mutation
	case ast.Subscription:
		keyword, root = "subscription", g.schema.Subscription
	default: // a query
	}
	body := g.set(root, 0)
	head := keyword
	if len(g.variables) > 0 {
		head += "(" + strings.Join(g.variables, ", ") + ")"
	}
	text := head + " " + body
	used := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for _, f := range g.fragments {
			if !used[f.name] && strings.Contains(text, "..."+f.name+" ") {
				used[f.name], changed = true, true
				text += "\nfragment " + f.name + " on " + f.on + " " + f.text
			}
		}
	}
	return Query{Text: text, Variables: g.values, Conditions: g.conditions}
}

// set returns a selection set on a type.
func (g *generator) set(on *ast.Definition, depth int) string {
	var b strings.Builder
	b.WriteString("{")
	for n := 1 + g.r.IntN(5); n > 0; n-- {
		b.WriteString(" " + g.selection(on, depth))
	}
	b.WriteString(" }")
	return b.String()
}

func (g *generator) selection(on *ast.Definition, depth int) string {
	if depth < g.Depth && g.left > 0 && g.chance(25) {
		if g.chance(40) {
			return g.spread(on, depth)
		}
		return g.inline(on, depth)
	}
	return g.field(on, depth)
}

// inline returns an inline fragment, whose type overlaps with the one around.
func (g *generator) inline(on *ast.Definition, depth int) string {
	if g.chance(20) {
		return "..." + g.directives(true) + " " + g.set(on, depth+1)
	}
	t := g.overlapping(on)
	return "... on " + t.Name + g.directives(true) + " " + g.set(t, depth+1)
}

// spread returns the spread of a new fragment, or of one that exists.
func (g *generator) spread(on *ast.Definition, depth int) string {
	for _, f := range g.fragments {
		if f.depth >= depth && g.chance(40) && g.overlaps(on, g.schema.Types[f.on]) {
			return "..." + f.name + " " + g.directives(true)
		}
	}
	t := g.overlapping(on)
	f := fragment{on: t.Name, text: g.set(t, depth+1), depth: depth}
	f.name = fmt.Sprintf("F%d", len(g.fragments))
	g.fragments = append(g.fragments, f)
	return "..." + f.name + " " + g.directives(true)
}

func (g *generator) possible(t *ast.Definition) []string {
	if t.Kind == ast.Object {
		return []string{t.Name}
	}
	var names []string
	for _, p := range g.schema.GetPossibleTypes(t) {
		names = append(names, p.Name)
	}
	return names
}

func (g *generator) overlaps(a, b *ast.Definition) bool {
	of := g.possible(b)
	return slices.ContainsFunc(g.possible(a), func(name string) bool { return slices.Contains(of, name) })
}

// overlapping returns a type that objects of another one can have, too.
func (g *generator) overlapping(on *ast.Definition) *ast.Definition {
	var names []string
	for name, t := range g.schema.Types {
		if t.IsCompositeType() && t != g.schema.Mutation && !strings.HasPrefix(name, "__") && g.overlaps(on, t) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return on
	}
	slices.Sort(names)
	return g.schema.Types[names[g.r.IntN(len(names))]]
}

// field returns a field, with its selection set.
func (g *generator) field(on *ast.Definition, depth int) string {
	g.left--
	leafs := depth >= g.Depth || g.left < 0
	var fields []*ast.FieldDefinition
	for _, f := range on.Fields {
		composite := g.schema.Types[f.Type.Name()].IsCompositeType()
		if strings.HasPrefix(f.Name, "__") || leafs && composite || g.Skip != nil && g.Skip(on.Name, f.Name) {
			continue
		}
		fields = append(fields, f)
		if composite && g.Operation != ast.Subscription {
			fields = append(fields, f) // more often
		}
	}
	if len(fields) == 0 || g.chance(5) {
		return g.keyed("__typename", "String!") + g.directives(false)
	}
	f := fields[g.r.IntN(len(fields))]
	text := g.keyed(g.call(on, f), f.Type.String()) + g.directives(false)
	if g.Stream && f.Type.Elem != nil && g.chance(40) {
		text += fmt.Sprintf(" @stream(initialCount: %d)", g.r.IntN(4))
	}
	if t := g.schema.Types[f.Type.Name()]; t.IsCompositeType() {
		text += " " + g.set(t, depth+1)
	}
	return text
}

// call returns a field with arguments: sometimes those that it had before.
func (g *generator) call(on *ast.Definition, f *ast.FieldDefinition) string {
	name := on.Name + "." + f.Name
	if known := g.calls[name]; len(known) > 0 && g.chance(60) {
		return known[g.r.IntN(len(known))]
	}
	var args []string
	for _, a := range f.Arguments {
		required := a.Type.NonNull && a.DefaultValue == nil
		if !required && g.chance(40) {
			continue
		}
		args = append(args, a.Name+": "+g.argument(f.Name, a))
	}
	text := f.Name
	if len(args) > 0 {
		text += "(" + strings.Join(args, ", ") + ")"
	}
	g.calls[name] = append(g.calls[name], text)
	return text
}

// keyed puts a key before a field: one that stands for the same elsewhere, its name, or a new one.
func (g *generator) keyed(call, returns string) string {
	name, _, _ := strings.Cut(call, "(")
	selects := call + returns
	if g.keys[name] == "" && g.chance(70) {
		g.keys[name] = selects
	}
	if g.keys[name] == selects && g.chance(70) {
		return call
	}
	if g.chance(50) {
		var keys []string
		for key, known := range g.keys {
			if known == selects || g.chance(5) && strings.HasSuffix(known, returns) {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		if len(keys) > 0 {
			return keys[g.r.IntN(len(keys))] + ": " + call
		}
	}
	key := fmt.Sprintf("k%d", len(g.keys))
	g.keys[key] = selects
	return key + ": " + call
}

// directives returns conditions, and @defer where it may stand.
func (g *generator) directives(fragment bool) string {
	text := ""
	for _, name := range []string{"skip", "include"} {
		if g.chance(4) {
			text += " @" + name + "(if: " + g.condition() + ")"
		}
	}
	if fragment && g.Defer && g.chance(40) {
		args := []string{}
		if g.chance(30) {
			args = append(args, "if: "+g.condition())
		}
		if g.chance(50) {
			g.labels++
			args = append(args, fmt.Sprintf("label: %q", fmt.Sprintf("l%d", g.labels)))
		}
		text += " @defer"
		if len(args) > 0 {
			text += "(" + strings.Join(args, ", ") + ")"
		}
	}
	return text
}

func (g *generator) condition() string {
	if g.chance(30) {
		return []string{"true", "false"}[g.r.IntN(2)]
	}
	if len(g.conditions) < 3 && (len(g.conditions) == 0 || g.chance(50)) {
		name := fmt.Sprintf("c%d", len(g.conditions))
		g.conditions = append(g.conditions, name)
		g.variables = append(g.variables, "$"+name+": Boolean!")
	}
	return "$" + g.conditions[g.r.IntN(len(g.conditions))]
}

// argument returns the text of an argument's value, sometimes a variable.
func (g *generator) argument(field string, a *ast.ArgumentDefinition) string {
	text := ""
	known := false
	if g.Value != nil {
		text, known = g.Value(g.r, field, a.Name, a.Type)
	}
	if !known {
		text = g.literal(a.Type, 0)
	}
	if !g.chance(30) {
		return text
	}
	name := fmt.Sprintf("v%d", len(g.variables))
	t := a.Type.String()
	if g.chance(30) {
		g.variables = append(g.variables, "$"+name+": "+t+" = "+text)
		return "$" + name
	}
	value, ok := g.plain(text)
	if !ok {
		return text
	}
	g.variables = append(g.variables, "$"+name+": "+t)
	g.values[name] = value
	return "$" + name
}

// plain returns the value of a literal, as JSON has it.
func (g *generator) plain(text string) (any, bool) {
	document, err := parser.ParseQuery(&ast.Source{Input: "{ a(b: " + text + ") }"})
	if err != nil {
		return nil, false
	}
	value, err := document.Operations[0].SelectionSet[0].(*ast.Field).Arguments[0].Value.Value(nil)
	return value, err == nil
}

// literal returns a literal of a type.
func (g *generator) literal(t *ast.Type, depth int) string {
	if !t.NonNull && (g.chance(10) || depth > 3) {
		return "null"
	}
	if t.Elem != nil {
		var elems []string
		for range g.r.IntN(3) {
			elems = append(elems, g.literal(t.Elem, depth+1))
		}
		return "[" + strings.Join(elems, ", ") + "]"
	}
	definition := g.schema.Types[t.NamedType]
	switch definition.Kind {
	case ast.Enum:
		return definition.EnumValues[g.r.IntN(len(definition.EnumValues))].Name
	case ast.InputObject:
		return g.object(definition, depth)
	default:
		return g.scalar(definition.Name)
	}
}

func (g *generator) object(definition *ast.Definition, depth int) string {
	var fields []string
	for _, f := range definition.Fields {
		if required := f.Type.NonNull && f.DefaultValue == nil; required || g.chance(50) {
			fields = append(fields, f.Name+": "+g.literal(f.Type, depth+1))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func (g *generator) scalar(name string) string {
	switch name {
	case "Int":
		return fmt.Sprint(g.r.IntN(5))
	case "Float":
		return fmt.Sprint(g.r.Float64())
	case "Boolean":
		return fmt.Sprint(g.chance(50))
	case "String", "ID":
		return fmt.Sprintf("%q", fmt.Sprintf("s%d", g.r.IntN(50)))
	default:
		return fmt.Sprint(g.r.IntN(20))
	}
}
