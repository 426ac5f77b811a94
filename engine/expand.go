package engine

// complete makes the frames below a column that is resolved.
func (x *execution) complete(w *worker, c *column) {
	x.pending--
	if part := c.frame.part; part != nil {
		part.pending--
	}
	if x.report != nil {
		x.report.resolved(c)
	}
	x.expand(c)
	if x.pending == 0 || c.frame.part != nil && c.frame.part.pending == 0 {
		x.wake(w.task)
	}
}

// start begins to resolve the nodes of a frame that which names; nil: all of them.
func (x *execution) start(f *frame, which func(i int) bool) {
	for i, n := range f.set.nodes {
		if which != nil && !which(i) {
			continue
		}
		c := &f.columns[i]
		switch {
		case n.field == nil:
		case n.field.read != nil && !x.middleware:
			if n.field.direct == nil {
				x.read(c)
				x.expand(c)
			}
		default:
			c.resolving()
			x.pending++
			if f.part != nil {
				f.part.pending++
			}
			x.queue = append(x.queue, c)
		}
	}
}

// read fills a column that is read from the objects.
func (x *execution) read(c *column) {
	field, f := c.node.field, c.frame
	if x.tryRead(c, func() { c.values = field.read(f.parents, 0, f.rows, nil) }) == nil {
		return
	}
	c.values = field.make(f.rows)
	for row := range f.rows {
		if err := x.tryRead(c, func() { field.read(f.parents, row, row+1, c.values) }); err != nil {
			c.settle(row, false, err)
		}
	}
}

func (x *execution) tryRead(c *column, f func()) error {
	cl := &call{x: x, ctx: x.ctx, column: c}
	return x.guarded(cl, func() error { f(); return nil })
}

// frame makes a frame of objects. It counts what they cost.
func (x *execution) frame(s *set, parents any, rows int, p *part) *frame {
	f := &frame{set: s, parents: parents, rows: rows, part: p, columns: make([]column, len(s.nodes))}
	for i, n := range s.nodes {
		f.columns[i].node, f.columns[i].frame = n, f
	}
	return f
}

// expand makes the levels and frames of what a column holds.
func (x *execution) expand(c *column) {
	shape := c.node.field.shape
	if shape.kind == leafKind {
		return
	}
	c.top = &level{shape: shape, column: c, col: c.values, rows: c.frame.rows}
	e := expansion{x: x, column: c, part: c.frame.part}
	if c.resolution != nil && (c.errs != nil || c.null != nil) {
		e.skip = func(row int) bool { return c.failed(row) != nil || c.nulled(row) }
	}
	e.level(c.top)
	x.grow(c, e.frames)
}

// grow begins to resolve the frames below a column.
func (x *execution) grow(c *column, frames []*frame) {
	for _, f := range frames {
		x.cost += f.rows * (f.set.weight + c.node.elemWeight)
		if x.parts != nil {
			x.parts.found(f)
		}
		x.start(f, x.adopt(c, f))
	}
}

// expansion makes the frames of one column.
type expansion struct {
	x      *execution
	column *column
	part   *part
	skip   func(row int) bool // rows of the column that have no value; nil: all have
	frames []*frame
}

func (e *expansion) level(l *level) {
	s := l.shape
	switch s.kind {
	case leafKind:
	case listKind:
		l.elem = &level{shape: s.elem, column: l.column, outer: l}
		l.elem.col, l.ends = s.open(l.col, l.rows)
		if n := len(l.ends); n > 0 {
			l.elem.rows = int(l.ends[n-1])
		}
		outer := e.skip
		e.skip = e.x.streams(l, e.part) // what failed has no elements
		e.level(l.elem)
		e.skip = outer
	case objectKind:
		live := e.live(l)
		rows := l.rows
		if live != nil {
			rows = len(live)
			l.place = places(live, l.rows)
		}
		if rows > 0 {
			l.frame = e.frame(l, s.object, s.pick(l.col, live), rows, live)
		}
	case abstractKind:
		e.abstract(l)
	}
}

// live returns the rows of a level that have an object; nil: all have.
func (e *expansion) live(l *level) []int32 {
	isNil := l.shape.isNil
	absent := func(row int) bool { return e.skip != nil && e.skip(row) || isNil != nil && isNil(l.col, row) }
	if e.skip == nil && isNil == nil {
		return nil
	}
	for row := range l.rows {
		if !absent(row) {
			continue
		}
		live := make([]int32, row, l.rows)
		for i := range live {
			live[i] = length(i)
		}
		for row++; row < l.rows; row++ {
			if !absent(row) {
				live = append(live, length(row))
			}
		}
		return live
	}
	return nil
}

func places(live []int32, rows int) []int32 {
	place := make([]int32, rows)
	for i := range place {
		place[i] = -1
	}
	for i, row := range live {
		place[row] = length(i)
	}
	return place
}

func (e *expansion) abstract(l *level) {
	s := l.shape
	l.place, l.which = make([]int32, l.rows), make([]int16, l.rows)
	rows := make([][]int32, len(s.kinds))
	for row := range l.rows {
		l.place[row], l.which[row] = -1, -1
		if e.skip != nil && e.skip(row) || s.isNil(l.col, row) {
			continue
		}
		i := s.which(l.col, row)
		if i < 0 {
			continue // the writer says so
		}
		l.which[row], l.place[row] = int16(i), length(len(rows[i])) //nolint:gosec // a type has few implementations
		rows[i] = append(rows[i], length(row))
	}
	l.frames = make([]*frame, len(s.kinds))
	for i, live := range rows {
		if len(live) > 0 {
			l.frames[i] = e.frame(l, s.kinds[i], s.cast[i](l.col, live), len(live), live)
		}
	}
}

func (e *expansion) frame(l *level, object string, parents any, rows int, live []int32) *frame {
	n := l.column.node
	f := e.x.frame(n.below(e.x.schema.table.Objects[object]), parents, rows, e.part)
	f.origin, f.live = l, live
	e.frames = append(e.frames, f)
	return f
}
