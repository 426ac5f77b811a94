package engine

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff/dispatch"
)

// Incremental tells what of an operation comes later. After each response of the operation's handler it says what that
// response is: which parts were announced with it, which were delivered by it, and whether more follow. Not safe for
// concurrent use.
type Incremental struct {
	Pending   []Pending  // parts that are announced
	Delivered []Delivery // parts that are complete
	More      bool       // parts are still to come

	ids int
}

// Pending is a deferred fragment for one object, or the rest of a streamed list.
type Pending struct {
	ID     int // unique in the operation
	Path   ast.Path
	Label  string // empty: none
	Stream bool   // it is the rest of a list
}

// Delivery is what a part holds.
type Delivery struct {
	Pending
	Data   []byte   // of the fragment's object, below Path; nil: it is the rest of a list, or failed
	Items  [][]byte // of the list at Path, from index From on; nil: it is a fragment, or failed
	From   int
	Errors gqlerror.List
}

// Failed says whether the part has nothing but errors.
func (d Delivery) Failed() bool { return d.Data == nil && d.Items == nil }

type incrementalKey struct{}

// WithIncremental returns a context in which deferred fragments of a query are delivered after the first answer. The
// handler of the operation then returns one response more for each delivery, until Incremental.More is false.
func WithIncremental(ctx context.Context, in *Incremental) context.Context {
	return context.WithValue(ctx, incrementalKey{}, in)
}

func incrementalOf(ctx context.Context) *Incremental {
	in, _ := ctx.Value(incrementalKey{}).(*Incremental)
	return in
}

// parts is the deferred fragments of an execution.
type parts struct {
	x       *execution
	groups  map[*usage][]located // that belong to a usage, and perhaps to others
	used    map[*usage]bool      // usages that have a field at all
	parts   map[*usage]*part     // that were announced
	waiting []*part              // announced and not delivered, in order
}

// located is a deferred group of a frame.
type located struct {
	frame *frame
	index int
}

// part is a deferred fragment while it is resolved: for all objects that it applies to.
type part struct {
	usage     *usage
	pending   int     // columns that are not resolved
	shares    []*part // resolve fields of this part, too
	objects   []pendingObject
	started   bool
	delivered bool
	inline    bool // it is the rest of a list: what is deferred in it comes with it
}

type pendingObject struct {
	Pending
	at visited
}

func newParts(x *execution) *parts {
	return &parts{
		x: x, groups: map[*usage][]located{}, used: map[*usage]bool{}, parts: map[*usage]*part{},
	}
}

// found notes the deferred groups of a frame. A group is resolved once, for the first of its fragments that is announced.
func (p *parts) found(f *frame) {
	for i, g := range f.set.groups {
		if f.part != nil && f.part.inline {
			p.resolve(f.part, located{f, i})
			continue
		}
		for _, u := range g.usages {
			p.used[u] = true
			p.groups[u] = append(p.groups[u], located{f, i})
		}
		for _, u := range g.usages {
			if started := p.parts[u]; started != nil && started.started {
				p.resolve(started, located{f, i})
			}
		}
	}
}

// announce makes the fragments pending that stand in objects which were written for a usage; nil: in the first answer.
func (p *parts) announce(visits []visited, by *usage) {
	for _, v := range visits {
		if v.list != nil {
			p.pend(v.list.column.node.stream.usage, v, v.list.path(v.row))
			continue
		}
		if v.frame.part != nil && v.frame.part.inline {
			continue
		}
		for _, u := range v.frame.set.roots {
			if p.used[u] && p.parent(u) == by {
				p.pend(u, v, v.frame.path(v.row))
			}
		}
	}
}

// pend makes a usage pending in one place.
func (p *parts) pend(u *usage, at visited, path ast.Path) {
	next := p.parts[u]
	if next == nil || next.delivered {
		next = &part{usage: u, inline: at.list != nil}
		p.parts[u] = next
		p.waiting = append(p.waiting, next)
	}
	in := p.x.incremental
	pending := Pending{ID: in.ids, Path: path, Label: u.label, Stream: at.list != nil}
	in.ids++
	next.objects = append(next.objects, pendingObject{pending, at})
	in.Pending = append(in.Pending, pending)
}

// parent returns the innermost fragment around a usage that has fields of its own.
func (p *parts) parent(u *usage) *usage {
	u = u.parent
	for u != nil && !p.used[u] {
		u = u.parent
	}
	return u
}

// tell says whether more follows.
func (p *parts) tell() { p.x.incremental.More = len(p.waiting) > 0 }

// start begins to resolve the fragments that were announced.
func (p *parts) start() {
	for _, next := range p.waiting {
		if next.started {
			continue
		}
		next.started = true
		for _, at := range p.groups[next.usage] {
			p.resolve(next, at)
		}
		for _, object := range next.objects {
			if object.at.list != nil {
				p.rest(next, object.at.list)
			}
		}
	}
}

// resolve begins to resolve a deferred group, unless another part does so: more nodes on the objects of its frame.
func (p *parts) resolve(next *part, at located) {
	f := at.frame
	if f.groups == nil {
		f.groups = make([]*frame, len(f.set.groups))
	}
	if known := f.groups[at.index]; known != nil {
		if !slices.Contains(next.shares, known.part) {
			next.shares = append(next.shares, known.part)
		}
		return
	}
	more := p.x.frame(f.set.groups[at.index].set, f.parents, f.rows, next)
	more.origin, more.live = f.origin, f.live
	f.groups[at.index] = more
	p.x.cost += more.rows * more.set.weight
	p.x.start(more, nil)
}

// ready returns the parts that can be delivered now.
func (p *parts) ready() []*part {
	var ready []*part
	for _, next := range p.waiting {
		if next.started && next.pending == 0 && !slices.ContainsFunc(next.shares, func(other *part) bool { return other.pending > 0 }) {
			ready = append(ready, next)
		}
	}
	return ready
}

// deliver answers with the next parts that are complete; nil: none is left.
func (x *execution) deliver(ctx context.Context) *graphql.Response {
	if x.parts == nil || len(x.parts.waiting) == 0 {
		return nil
	}
	in, response := x.incremental, &graphql.Response{}
	in.Pending, in.Delivered = nil, nil
	if !x.late { // one context for all: a resolver may run from one delivery to the next
		x.late = true
		x.ctx = graphql.WithFreshResponseContext(graphql.WithUnmarshalerMap(ctx, x.schema.table.Inputs))
	}
	x.task(ctx, dispatch.Job{Priority: dispatch.Deferred, Name: TaskName, Run: func(ctx context.Context) {
		p := x.parts
		p.start()
		var ready []*part
		x.run(ctx, false, func() bool { ready = p.ready(); return len(ready) > 0 })
		if x.fault != nil {
			panic(x.fault)
		}
		for _, next := range ready {
			x.write(next)
		}
		p.tell()
		x.count()
		added := graphql.GetErrors(x.ctx)
		response.Errors = added[x.added:]
		x.added = len(added)
	}})
	return response
}

// write delivers a part.
func (x *execution) write(next *part) {
	p := x.parts
	next.delivered = true
	p.waiting = slices.DeleteFunc(p.waiting, func(other *part) bool { return other == next })
	var visits []visited
	for _, object := range next.objects {
		w := &writer{x: x, usage: next.usage, limit: x.schema.options.MaxBytes}
		ok := false
		d := Delivery{Pending: object.Pending}
		bounded := x.bounded(w, func() {
			if list := object.at.list; list != nil {
				d.From = list.written(object.at.row) - list.start(object.at.row)
				d.Items, ok = w.items(list, object.at.row)
			} else {
				ok = w.partial(object.at.frame, object.at.row)
			}
		})
		d.Errors = w.errors
		if bounded && ok {
			if d.Items == nil {
				d.Data = w.dst
			}
			visits = append(visits, w.visits...)
		} else {
			d.Items = nil
			w.forget()
		}
		x.incremental.Delivered = append(x.incremental.Delivered, d)
	}
	p.announce(visits, next.usage)
}

// partial writes what a part adds to an object; false: the part fails.
func (w *writer) partial(f *frame, row int) bool {
	if len(f.set.roots) > 0 {
		w.visits = append(w.visits, visited{frame: f, row: row})
	}
	w.dst = append(w.dst, '{')
	start := len(w.dst)
	ok := w.onTheWay(f, row, start)
	for _, more := range f.groups {
		if more != nil && more.delivered != nil && more.delivered[row] {
			ok = w.onTheWay(more, row, start) && ok
		}
	}
	ok = w.deferred(f, row, start) && ok
	w.dst = append(w.dst, '}')
	return ok
}

// deferred writes the fields of an object that belong to the part, but for those that another part has delivered. start is
// where the object's fields begin.
func (w *writer) deferred(f *frame, row, start int) bool {
	ok := true
	for i, g := range f.set.groups {
		if f.groups == nil || f.groups[i] == nil || !slices.Contains(g.usages, w.usage) {
			continue
		}
		more := f.groups[i]
		if more.delivered == nil {
			more.delivered = make([]bool, more.rows)
		}
		if more.delivered[row] {
			continue
		}
		more.delivered[row] = true
		w.delivered = append(w.delivered, visited{frame: more, row: row})
		ok = w.fields(more, row, len(w.dst) == start) && ok
	}
	return ok
}

// forget says that what was written is not delivered.
func (w *writer) forget() {
	for _, d := range w.delivered {
		d.frame.delivered[d.row] = false
	}
	w.delivered = nil
}

// onTheWay writes the fields of an object that were delivered before, as far as they lead to fields of the part.
func (w *writer) onTheWay(f *frame, row, start int) bool {
	ok := true
	for i := range f.columns {
		c := &f.columns[i]
		if !w.x.parts.leads(c.node, w.usage) {
			continue
		}
		c, at := c.resolved(row)
		if c.top == nil || c.failed(at) != nil || c.nulled(at) || c.top.absent(at) {
			continue
		}
		if len(w.dst) > start {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(w.dst, c.node.key...)
		ok = w.partialLevel(c.top, at) && ok
	}
	return ok
}

// leads says whether fields of a usage lie below a node, or fragments that come after it: those within a fragment without
// fields of its own, which is never announced, come after the fragment around that.
func (p *parts) leads(n *node, u *usage) bool {
	return slices.ContainsFunc(n.usages, func(s selections) bool {
		in := s.usage
		if in != nil && !p.used[in] {
			in = p.parent(in)
		}
		return in == u
	})
}

// absent says whether nothing can be delivered below a row.
func (l *level) absent(row int) bool {
	return l.shape.isNil != nil && l.shape.isNil(l.col, row) || l.cut != nil && l.cut[row]
}

func (w *writer) partialLevel(l *level, row int) bool {
	if l.absent(row) {
		w.dst = append(w.dst, "null"...)
		return true
	}
	switch l.shape.kind {
	case leafKind:
		w.dst, _ = l.shape.write(w.dst, l.col, row)
		return true
	case listKind:
		ok := true
		w.dst = append(w.dst, '[')
		from := l.start(row)
		for i := from; i < l.written(row); i++ {
			if i > from {
				w.dst = append(w.dst, ',')
			}
			ok = w.partialLevel(l.elem, i) && ok
		}
		w.dst = append(w.dst, ']')
		return ok
	case objectKind:
		if l.place != nil {
			row = int(l.place[row])
		}
		return w.partial(l.frame, row)
	default:
		return w.partial(l.frames[l.which[row]], int(l.place[row]))
	}
}
