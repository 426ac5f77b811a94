package engine

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// plan is how one operation is carried out for some values of its conditions. It is compiled as far as execution needs it,
// and shared by all executions.
type plan struct {
	schema    *Schema
	operation *ast.OperationDefinition
	fragments ast.FragmentDefinitionList
	variables map[string]any // that conditions read: all with these values have this plan
	deferring bool           // deferred fragments and streamed lists are parts of their own
	root      *set
	deferred  atomic.Int32 // whether a part of it is deferred: 1, or -1; 0: not known yet
	serial    bool         // root fields are resolved one after the other: it is a mutation

	size atomic.Int64 // bytes of the last answer

	mu sync.Mutex // guards compiling
}

// set is what is selected on objects of one concrete type in one place.
type set struct {
	object *Object
	nodes  []*node
	groups []*group // deferred, in the order of the document
	roots  []*usage // whose fragments stand in this set, in the order of the document
	weight int      // of all nodes, for each object
}

// node is one field of a set, under one response key.
type node struct {
	plan       *plan
	object     *Object
	field      *Field // nil: __typename
	alias      string
	key        []byte // with quotes and colon
	ast        *ast.Field
	merged     ast.SelectionSet // of all selections of this key
	usages     []selections     // the same, with what defers each
	base       []*usage         // that deliver the node; nil: it is not deferred
	weight     int              // cost of resolving the field
	elemWeight int              // cost of each object it answers
	stream     *streaming       // nil: the list comes in one piece
	args       atomic.Pointer[Args]
	sets       atomic.Pointer[[]*set] // below, by concrete type
}

// selections is a selection set and the innermost deferred fragment that it stands in.
type selections struct {
	set   ast.SelectionSet
	usage *usage
}

// usage is one occurrence of @defer, or of @stream, in a plan.
type usage struct {
	label  string
	parent *usage
}

func (u *usage) within(other *usage) bool {
	for p := u.parent; p != nil; p = p.parent {
		if p == other {
			return true
		}
	}
	return false
}

// group is deferred fields of a set that belong to the same fragments: they are resolved and delivered together.
type group struct {
	usages []*usage // in the order of the document
	set    *set     // the fields, on the same objects
}

// streaming is an active @stream.
type streaming struct {
	usage   *usage
	initial func(variables map[string]any) int
}

// defers says whether a part of the plan is deferred. It compiles the plan for all types that objects can have.
func (p *plan) defers() bool {
	if known := p.deferred.Load(); known != 0 {
		return known > 0
	}
	found := p.root.defers()
	known := int32(-1)
	if found {
		known = 1
	}
	p.deferred.Store(known)
	return found
}

func (s *set) defers() bool {
	if len(s.groups) > 0 {
		return true
	}
	for _, n := range s.nodes {
		if n.stream != nil {
			return true
		}
		for _, below := range n.objects() {
			if n.below(below).defers() {
				return true
			}
		}
	}
	return false
}

// objects returns the types that the objects of a node can have.
func (n *node) objects() []*Object {
	if n.field == nil || len(n.usages) == 0 {
		return nil
	}
	s := n.field.shape
	for s.kind == listKind {
		s = s.elem
	}
	names := s.kinds
	if s.kind == objectKind {
		names = []string{s.object}
	}
	objects := make([]*Object, len(names))
	for i, name := range names {
		objects[i] = n.plan.schema.table.Objects[name]
	}
	return objects
}

func (p *plan) compileRoot() {
	name := map[ast.Operation]*ast.Definition{
		ast.Query: p.schema.schema.Query, ast.Mutation: p.schema.schema.Mutation, ast.Subscription: p.schema.schema.Subscription,
	}[p.operation.Operation].Name
	p.root = p.compile(p.schema.table.Objects[name], []selections{{set: p.operation.SelectionSet}}, nil)
}

// below returns what is selected on objects of a concrete type below a node.
func (n *node) below(object *Object) *set {
	if s := n.compiled(object); s != nil {
		return s
	}
	n.plan.mu.Lock()
	defer n.plan.mu.Unlock()
	if s := n.compiled(object); s != nil {
		return s
	}
	var sets []*set
	if known := n.sets.Load(); known != nil {
		sets = slices.Clone(*known)
	}
	s := n.plan.compile(object, n.usages, n.base)
	sets = append(sets, s)
	n.sets.Store(&sets)
	return s
}

// compiled returns the set of a concrete type; nil: it is not compiled yet.
func (n *node) compiled(object *Object) *set {
	if known := n.sets.Load(); known != nil {
		for _, s := range *known {
			if s.object == object {
				return s
			}
		}
	}
	return nil
}

// collected is the occurrences of one response key.
type collected struct {
	fields []*ast.Field
	usages []*usage
}

type collector struct {
	plan    *plan
	object  *Object
	keys    []string
	found   map[string]*collected
	visited map[visit]bool
	roots   []*usage
}

// visit is a fragment that was collected for a usage.
type visit struct {
	fragment string
	usage    *usage
}

// compile builds the set of one concrete type, in a place that belongs to the usages in base.
func (p *plan) compile(object *Object, selected []selections, base []*usage) *set {
	c := &collector{plan: p, object: object, found: map[string]*collected{}, visited: map[visit]bool{}}
	for _, s := range selected {
		c.collect(s.set, s.usage)
	}
	s := &set{object: object, roots: c.roots}
	for _, key := range c.keys {
		n := p.node(object, key, c.found[key])
		n.base = owners(c.found[key].usages)
		if n.stream != nil && len(n.base) > 0 {
			n.stream.usage.parent = n.base[0]
		}
		if slices.Equal(n.base, base) {
			s.add(n)
		} else {
			s.group(n.base).add(n)
		}
	}
	return s
}

func (s *set) add(n *node) {
	s.nodes = append(s.nodes, n)
	s.weight += n.weight
}

// group returns the fields of a set that belong to the same usages.
func (s *set) group(owners []*usage) *set {
	for _, g := range s.groups {
		if slices.Equal(g.usages, owners) {
			return g.set
		}
	}
	g := &group{usages: owners, set: &set{object: s.object}}
	s.groups = append(s.groups, g)
	return g.set
}

// owners returns the deferred fragments that a field belongs to: nil if one occurrence is not deferred, and none that lies
// within another of them, which delivers the field earlier.
func owners(usages []*usage) []*usage {
	var owners []*usage
	for _, u := range usages {
		if u == nil {
			return nil
		}
		if !slices.Contains(owners, u) {
			owners = append(owners, u)
		}
	}
	all := slices.Clone(owners)
	return slices.DeleteFunc(owners, func(u *usage) bool {
		return slices.ContainsFunc(all, u.within)
	})
}

func (c *collector) collect(selected ast.SelectionSet, in *usage) {
	variables := c.plan.variables
	for _, selection := range selected {
		switch s := selection.(type) {
		case *ast.Field:
			if !included(s.Directives, variables) {
				continue
			}
			found := c.found[s.Alias]
			if found == nil {
				found = &collected{}
				c.found[s.Alias] = found
				c.keys = append(c.keys, s.Alias)
			}
			found.fields = append(found.fields, s)
			found.usages = append(found.usages, in)
		case *ast.InlineFragment:
			if included(s.Directives, variables) && c.matches(s.TypeCondition) {
				c.collect(s.SelectionSet, c.deferred(s.Directives, in))
			}
		case *ast.FragmentSpread:
			if !included(s.Directives, variables) {
				continue
			}
			usage := c.deferred(s.Directives, in)
			if c.visited[visit{s.Name, usage}] {
				continue
			}
			c.visited[visit{s.Name, usage}] = true
			fragment := c.plan.fragments.ForName(s.Name)
			if fragment != nil && c.matches(fragment.TypeCondition) {
				c.collect(fragment.SelectionSet, usage)
			}
		}
	}
}

// matches says whether a fragment with this type condition applies to the collector's type.
func (c *collector) matches(condition string) bool {
	return condition == "" || condition == c.object.Name || c.plan.schema.satisfies(c.object.Name, condition)
}

// deferred returns the usage that fields of a fragment stand in.
func (c *collector) deferred(directives ast.DirectiveList, in *usage) *usage {
	d := directives.ForName("defer")
	if d == nil || !c.plan.deferring || !condition(d, c.plan.variables) {
		return in
	}
	u := &usage{parent: in}
	c.roots = append(c.roots, u)
	if label := d.Arguments.ForName("label"); label != nil {
		value, _ := label.Value.Value(c.plan.variables)
		u.label, _ = value.(string)
	}
	return u
}

// node builds one field of a set.
func (p *plan) node(object *Object, alias string, c *collected) *node {
	first := c.fields[0]
	n := &node{plan: p, object: object, alias: alias, ast: first, field: object.Fields[first.Name]}
	n.key, _ = String(nil, alias)
	n.key = append(n.key, ':')
	for i, field := range c.fields {
		if len(field.SelectionSet) > 0 {
			n.merged = append(n.merged, field.SelectionSet...)
			n.usages = append(n.usages, selections{field.SelectionSet, c.usages[i]})
		}
	}
	if first.Definition != nil {
		n.weight, n.elemWeight = p.schema.options.Weigh(first.Definition)
	}
	if n.field != nil && n.field.shape != nil && n.field.shape.kind == listKind && n.field.shape.elem.kind != listKind && p.deferring {
		n.stream = p.streaming(first)
	}
	return n
}

func (p *plan) streaming(f *ast.Field) *streaming {
	d := f.Directives.ForName("stream")
	if d == nil || !condition(d, p.variables) {
		return nil
	}
	s := &streaming{usage: &usage{}, initial: func(variables map[string]any) int {
		n := 0
		if argument := d.Arguments.ForName("initialCount"); argument != nil {
			value, _ := argument.Value.Value(variables)
			n, _ = graphql.UnmarshalInt(value)
		}
		return max(n, 0)
	}}
	if label := d.Arguments.ForName("label"); label != nil {
		value, _ := label.Value.Value(p.variables)
		s.usage.label, _ = value.(string)
	}
	return s
}

// arguments decodes the arguments of a node: once for all executions, if they hold no variable.
func (n *node) arguments(c *call, variables map[string]any) (Args, error) {
	if n.field.decode == nil {
		return Args{}, nil
	}
	if known := n.args.Load(); known != nil {
		return *known, nil
	}
	decoded, err := n.field.decode(c.context(-1), n.ast.ArgumentMap(variables))
	args := Args{decoded}
	if err == nil && n.field.constant && !slices.ContainsFunc(n.ast.Arguments, func(a *ast.Argument) bool { return variable(a.Value) }) {
		n.args.Store(&args)
	}
	return args, err
}

// variable says whether a value holds one.
func variable(v *ast.Value) bool {
	if v == nil {
		return false
	}
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return variable(c.Value) })
}
