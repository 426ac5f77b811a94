package engine

import "slices"

// ahead begins to resolve the Keyed fields below a field, for objects of which nothing but the key is known: so they are
// loaded beside the rows, and not after them.
func (w *worker) ahead(c *column, cl *call) {
	x := w.x
	n := c.node
	var values any
	if !n.leadsToKeyed() || x.guarded(cl, func() error {
		values = n.field.known(cl.ctx, c.frame.parents, cl.args)
		return nil
	}) != nil || values == nil {
		return
	}
	top := &level{shape: n.field.shape, column: c, col: values, rows: c.frame.rows}
	e := expansion{x: x, column: c, part: c.frame.part}
	e.level(top)
	c.known = e.frames
	for _, f := range c.known {
		x.start(f, func(i int) bool { return f.set.nodes[i].isKeyed() })
	}
}

func (n *node) isKeyed() bool { return n.field != nil && n.field.keyed }

// leadsToKeyed says whether a field directly below a node is Keyed, for any type of its objects.
func (n *node) leadsToKeyed() bool {
	for _, object := range n.objects() {
		for _, below := range n.below(object).nodes {
			if below.isKeyed() {
				return true
			}
		}
	}
	return false
}

// adopt links the columns of a frame with those that were resolved ahead of it, and returns which nodes were not; nil: none
// was. Where a row was not known ahead, all are resolved anew.
func (x *execution) adopt(c *column, f *frame) func(i int) bool {
	if c.resolution == nil {
		return nil
	}
	for _, known := range c.known {
		if known.set != f.set {
			continue
		}
		at, ok := known.rowsOf(f)
		if !ok {
			return nil
		}
		for i, n := range f.set.nodes {
			if n.isKeyed() {
				r := f.columns[i].resolving()
				r.early, r.earlyAt = &known.columns[i], at
			}
		}
		return func(i int) bool { return !f.set.nodes[i].isKeyed() }
	}
	return nil
}

// rowsOf returns the rows of a frame that stand where the rows of another one do; nil: the same. ok is false if one is
// missing.
func (f *frame) rowsOf(other *frame) (at []int32, ok bool) {
	for a, b := f.origin, other.origin; a != nil && b != nil; a, b = a.outer, b.outer {
		if !slices.Equal(a.ends, b.ends) {
			return nil, false
		}
	}
	if f.live == nil && other.live == nil {
		return nil, f.rows >= other.rows
	}
	at = make([]int32, other.rows)
	row := 0
	for i := range other.rows {
		for row < f.rows && f.originRow(row) < other.originRow(i) {
			row++
		}
		if row == f.rows || f.originRow(row) != other.originRow(i) {
			return nil, false
		}
		at[i] = length(row)
	}
	return at, true
}

func (f *frame) originRow(row int) int32 {
	if f.live != nil {
		return f.live[row]
	}
	return length(row)
}
