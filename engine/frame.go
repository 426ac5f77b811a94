package engine

import (
	"slices"
	"sort"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// frame is the objects of one set: the rows of its columns.
type frame struct {
	set     *set
	parents any // column of pointers to the objects; nil for a root operation type
	rows    int
	columns []column // by node of the set
	part    *part    // to which the columns belong; nil: the first answer

	origin *level   // whose values the objects are; nil for a root operation type
	live   []int32  // rows of origin, by row; nil: the same
	groups []*frame // of the deferred groups of the set, on the same objects; nil until they are resolved

	delivered []bool // rows of a deferred group that a part has delivered; nil: none
}

// column is what one node has for all rows of its frame.
type column struct {
	node  *node
	frame *frame

	values      any    // column of the field's Go type; nil: read from the objects when they are written
	top         *level // of composite values and lists
	*resolution        // nil: the column is read from the objects, and nothing went wrong
}

// resolution is how a column was resolved.
type resolution struct {
	errs []error // by row; nil: none failed
	null []bool  // rows that directives made null; nil: none

	known   []*frame // rows resolved ahead of the values: those of the sets below whose nodes are Keyed
	early   *column  // holds the values of this column; nil: they are its own
	earlyAt []int32  // rows of early, by row

	next, done int // rows whose resolving has begun, and has ended

	call  *call                          // that was begun; nil: none was
	await func() (values any, err error) // takes what it has
}

// resolving returns the column's resolution, which it makes if there is none.
func (c *column) resolving() *resolution {
	if c.resolution == nil {
		c.resolution = new(resolution)
	}
	return c.resolution
}

// failed returns the error of a row; nil: it has none.
func (c *column) failed(row int) error {
	if c.resolution == nil || c.errs == nil {
		return nil
	}
	return c.errs[row]
}

// nulled says whether directives made a row null.
func (c *column) nulled(row int) bool {
	return c.resolution != nil && c.null != nil && c.null[row]
}

// resolved returns the column that holds a row's value, and the row there.
func (c *column) resolved(row int) (*column, int) {
	if c.resolution == nil || c.early == nil {
		return c, row
	}
	if c.earlyAt != nil {
		row = int(c.earlyAt[row])
	}
	return c.early, row
}

// level is the values of a column, or the elements of a list level above.
type level struct {
	shape  *Shape
	column *column
	col    any
	rows   int
	outer  *level  // the lists whose elements these are; nil: the column's own values
	ends   []int32 // of lists: where the elements of each end in elem
	elem   *level
	frame  *frame    // of objects
	place  []int32   // row in frame, or in one of frames, by row; nil: the same
	frames []*frame  // of abstract values: by case
	which  []int16   // case by row; -1: none
	stream *streamed // of lists whose elements come in two parts; nil: they come in one
	cut    []bool    // rows that were answered as null for what they hold; nil: none
}

// cutOff notes that a row was answered as null for what it holds: what is deferred below is never delivered.
func (l *level) cutOff(row int) {
	if l.cut == nil {
		l.cut = make([]bool, l.rows)
	}
	l.cut[row] = true
}

// path returns the path of a row's object in the response.
func (f *frame) path(row int) ast.Path {
	path := f.reversed(nil, row)
	slices.Reverse(path)
	return path
}

func (f *frame) reversed(path ast.Path, row int) ast.Path {
	if f.origin == nil {
		return path
	}
	if f.live != nil {
		row = int(f.live[row])
	}
	l := f.origin
	for l.outer != nil {
		list, index := l.outer.find(row)
		path = append(path, ast.PathIndex(index))
		l, row = l.outer, list
	}
	return l.column.reversed(path, row)
}

func (c *column) reversed(path ast.Path, row int) ast.Path {
	return c.frame.reversed(append(path, ast.PathName(c.node.alias)), row)
}

// path returns the path of a row's field in the response.
func (c *column) path(row int) ast.Path {
	path := c.reversed(nil, row)
	slices.Reverse(path)
	return path
}

// path returns the path of a value in the response.
func (l *level) path(row int) ast.Path {
	var indexes ast.Path
	for l.outer != nil {
		list, index := l.outer.find(row)
		indexes = append(indexes, ast.PathIndex(index))
		l, row = l.outer, list
	}
	path := l.column.reversed(indexes, row)
	slices.Reverse(path)
	return path
}

// find returns the list that holds an element of a list level, and the element's index there.
func (l *level) find(element int) (list, index int) {
	list = sort.Search(len(l.ends), func(i int) bool { return int(l.ends[i]) > element })
	return list, element - l.start(list)
}

// start returns where the elements of a list begin.
func (l *level) start(list int) int {
	if list == 0 {
		return 0
	}
	return int(l.ends[list-1])
}

// fieldContext returns what gqlgen's own execution would have around the object of a row.
func (f *frame) fieldContext(row int) *graphql.FieldContext {
	if f.origin == nil {
		return &graphql.FieldContext{Object: f.set.object.Name}
	}
	object := f.set.object.at(f.parents, row)
	if f.live != nil {
		row = int(f.live[row])
	}
	var indexes []int
	l := f.origin
	for l.outer != nil {
		list, index := l.outer.find(row)
		indexes = append(indexes, index)
		l, row = l.outer, list
	}
	fc := l.column.fieldContext(row)
	for _, index := range slices.Backward(indexes) {
		fc = &graphql.FieldContext{Parent: fc, Index: &index}
	}
	fc.Result = object
	return fc
}

// fieldContext returns what gqlgen's own execution would have around the field of a row; below 0: around all rows.
func (c *column) fieldContext(row int) *graphql.FieldContext {
	n := c.node
	fc := &graphql.FieldContext{
		Object: n.object.Name, Field: graphql.CollectedField{Field: n.ast, Selections: n.merged},
		IsResolver: n.field != nil && n.field.read == nil, IsMethod: n.field != nil && n.field.read == nil,
	}
	if known := n.args.Load(); known != nil {
		fc.Args = known.Args
	}
	switch {
	case row >= 0:
		fc.Parent = c.frame.fieldContext(row)
	case c.frame.origin != nil:
		fc.Parent = c.frame.origin.column.fieldContext(-1)
	default:
		fc.Parent = c.frame.fieldContext(0)
	}
	return fc
}
