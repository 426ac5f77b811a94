package engine

// streamed is a list level whose elements come in two parts: the first ones with the list, the rest later.
type streamed struct {
	initial int
	rest    *level // the same elements, with frames for the rest; nil: not resolved yet
}

// streams says which elements of a list level come later, by their rows; nil: none does. Lists in the rest of another one
// come in one piece.
func (x *execution) streams(l *level, p *part) (later func(row int) bool) {
	s := l.column.node.stream
	if s == nil || x.parts == nil || l.outer != nil || p != nil && p.inline {
		return nil
	}
	initial, longer := s.initial(x.operation.Variables), false
	for row := range l.ends {
		longer = longer || int(l.ends[row])-l.start(row) > initial
	}
	if !longer {
		return nil
	}
	l.stream = &streamed{initial: initial}
	x.parts.used[s.usage] = true
	return func(row int) bool {
		_, index := l.find(row)
		return index >= initial
	}
}

// written returns up to where the elements of a list stand in the answer that the list stands in.
func (l *level) written(row int) int {
	end := int(l.ends[row])
	if l.stream != nil {
		end = min(end, l.start(row)+l.stream.initial)
	}
	return end
}

// rest begins to resolve the rest of a list level for a part.
func (p *parts) rest(next *part, l *level) {
	if l.stream.rest != nil {
		return
	}
	rest := *l.elem
	rest.place, rest.frame, rest.frames, rest.which, rest.cut = nil, nil, nil, nil, nil
	l.stream.rest = &rest
	e := expansion{x: p.x, column: l.column, part: next}
	e.skip = func(row int) bool {
		_, index := l.find(row)
		return index < l.stream.initial
	}
	e.level(&rest)
	p.x.grow(l.column, e.frames)
}

// items writes the rest of a list; false: the part fails.
func (w *writer) items(l *level, row int) (items [][]byte, ok bool) {
	for i := l.written(row); i < int(l.ends[row]); i++ {
		start := len(w.dst)
		if !w.level(l.stream.rest, i, false) {
			if l.elem.shape.nonNull {
				return nil, false
			}
			w.dst = append(w.dst[:start], "null"...)
		}
		items = append(items, w.dst[start:len(w.dst):len(w.dst)])
	}
	return items, true
}

// inline writes the deferred fields of an object that belongs to the rest of a list. start is where the object's fields
// begin.
func (w *writer) inline(f *frame, row, start int) bool {
	ok := true
	for _, more := range f.groups {
		if more != nil {
			ok = w.fields(more, row, len(w.dst) == start) && ok
		}
	}
	return ok
}
