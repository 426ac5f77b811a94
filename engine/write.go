package engine

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The messages are gqlgen's.
var (
	errNull        = errors.New("must not be null")
	errElementNull = errors.New("the requested element is null which the schema does not allow")
)

// errTooLarge stops a writer.
var errTooLarge = errors.New("the answer is too large")

// writer writes what frames hold as JSON, once, and the errors it meets in the order of the response.
type writer struct {
	x      *execution
	dst    []byte
	errors gqlerror.List
	limit  int // bytes; 0: none

	careful bool      // a method of an object has panicked: each is called with care
	usage   *usage    // whose fields are written; nil: those that are not deferred
	visits  []visited // objects in which deferred fragments stand

	delivered []visited // rows of deferred groups that were written

	added map[string]bool // paths of errors that resolvers have added by themselves; nil: not looked at yet
	cause error           // the error that was presented last
	shown *gqlerror.Error // as which
}

// visited is an object that was written, and in which deferred fragments stand.
type visited struct {
	frame *frame
	row   int
	list  *level // with a rest, in row; nil: it is an object of frame
}

// write runs f, which writes from scratch, and runs it again with care if something in it panics.
func (w *writer) write(f func()) {
	if w.panics(f) {
		w.dst, w.errors, w.visits, w.careful = w.dst[:0], nil, nil, true
		w.forget()
		f()
	}
}

func (w *writer) panics(f func()) (did bool) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case errTooLarge:
			panic(cause)
		default:
			did = true
		}
	}()
	f()
	return false
}

// object writes one object; false: it must be null.
func (w *writer) object(f *frame, row int) bool {
	if w.limit > 0 && len(w.dst) > w.limit {
		panic(errTooLarge)
	}
	if len(f.set.roots) > 0 {
		w.visits = append(w.visits, visited{frame: f, row: row})
	}
	w.dst = append(w.dst, '{')
	start := len(w.dst)
	ok := w.fields(f, row, true)
	switch {
	case f.part != nil && f.part.inline:
		ok = w.inline(f, row, start) && ok
	case w.usage != nil:
		ok = w.deferred(f, row, start) && ok
	}
	w.dst = append(w.dst, '}')
	return ok
}

// fields writes the fields of an object. If one must be null and cannot, the others are written all the same, for their
// errors.
func (w *writer) fields(f *frame, row int, first bool) bool {
	ok := true
	for i := range f.columns {
		c := &f.columns[i]
		if !first {
			w.dst = append(w.dst, ',')
		}
		first = false
		w.dst = append(w.dst, c.node.key...)
		if !w.field(c, row) {
			ok = false
		}
	}
	return ok
}

// field writes one field of an object; false: the object must be null.
func (w *writer) field(c *column, row int) bool {
	n := c.node
	if n.field == nil {
		w.dst, _ = String(w.dst, n.object.Name)
		return true
	}
	c, row = c.resolved(row)
	shape := n.field.shape
	start := len(w.dst)
	visits := len(w.visits)
	if w.value(c, shape, row) {
		return true
	}
	if w.x.parts != nil && c.top != nil {
		c.top.cutOff(row)
	}
	w.dst, w.visits = w.dst[:start], w.visits[:visits]
	w.dst = append(w.dst, "null"...)
	return !shape.nonNull
}

// value writes the value of a field; false: it is null.
func (w *writer) value(c *column, shape *Shape, row int) bool {
	if err := c.failed(row); err != nil {
		w.fail(c, row, c.path(row), err)
		return false
	}
	if c.nulled(row) {
		w.unexpected(c, shape, row, nil, errNull)
		return false
	}
	if c.top != nil {
		return w.level(c.top, row, shape.none != nil)
	}
	write, from := shape.write, c.values
	if c.values == nil {
		write, from = c.node.field.direct, c.frame.parents
	}
	ok, err := w.leaf(c, write, from, row)
	switch {
	case err != nil:
		w.fail(c, row, c.path(row), err)
	case !ok:
		w.unexpected(c, shape, row, nil, errElementNull)
	}
	return ok
}

// leaf writes a value that is no object; false: it is null.
func (w *writer) leaf(c *column, write func([]byte, any, int) ([]byte, bool), from any, row int) (ok bool, err error) {
	if !w.careful {
		w.dst, ok = write(w.dst, from, row)
		return ok, nil
	}
	err = w.x.tryRead(c, func() { w.dst, ok = write(w.dst, from, row) })
	return ok && err == nil, err
}

// level writes one value of a level; false: it is null. top says whether it is the value of a field whose Go type is an
// interface.
func (w *writer) level(l *level, row int, top bool) bool {
	s := l.shape
	if s.isNil != nil && (s.kind != listKind || !s.nonNull) && s.isNil(l.col, row) {
		err := errElementNull
		if top && s.none != nil && s.none(l.col, row) {
			err = errNull
		}
		w.unexpected(l.column, s, row, l, err)
		return false
	}
	switch s.kind {
	case leafKind:
		ok, err := w.leaf(l.column, s.write, l.col, row)
		switch {
		case err != nil:
			w.failIn(l, row, err)
		case !ok:
			w.unexpected(l.column, s, row, l, errElementNull)
		}
		return ok
	case listKind:
		return w.list(l, row)
	case objectKind:
		if l.place != nil {
			row = int(l.place[row])
		}
		return w.object(l.frame, row)
	default:
		if l.which[row] < 0 {
			w.failIn(l, row, fmt.Errorf("%s has a value of a type that its schema does not name", l.column.node.Name()))
			return false
		}
		return w.object(l.frames[l.which[row]], int(l.place[row]))
	}
}

// failIn adds an error of one value of a level.
func (w *writer) failIn(l *level, row int, err error) {
	path, c := l.path(row), l.column
	for l.outer != nil {
		row, _ = l.outer.find(row)
		l = l.outer
	}
	w.fail(c, row, path, err)
}

func (w *writer) list(l *level, row int) bool {
	w.dst = append(w.dst, '[')
	ok := true
	from, to := l.start(row), l.written(row)
	if to < int(l.ends[row]) {
		w.visits = append(w.visits, visited{row: row, list: l})
	}
	for i := from; i < to; i++ {
		if i > from {
			w.dst = append(w.dst, ',')
		}
		start, visits := len(w.dst), len(w.visits)
		if w.level(l.elem, i, false) {
			continue
		}
		if w.x.parts != nil {
			l.elem.cutOff(i)
		}
		w.dst, w.visits = append(w.dst[:start], "null"...), w.visits[:visits]
		ok = ok && !l.elem.shape.nonNull
	}
	w.dst = append(w.dst, ']')
	return ok
}

// unexpected reports null where the schema does not allow it, unless its resolver has added an error there by itself.
func (w *writer) unexpected(c *column, s *Shape, row int, l *level, err error) {
	if !s.nonNull {
		return
	}
	if l == nil {
		l = &level{column: c}
	}
	if w.added == nil {
		w.added = map[string]bool{}
		for _, known := range graphql.GetErrors(w.x.ctx) {
			w.added[known.Path.String()] = true
		}
	}
	if len(w.added) == 0 || !w.added[l.path(row).String()] {
		w.failIn(l, row, err)
	}
}

// fail adds an error at a path: as the presenter shows it, once for all rows that have the same.
func (w *writer) fail(c *column, row int, path ast.Path, err error) {
	if list, is := err.(gqlerror.List); is { //nolint:errorlint // as gqlgen does
		for _, one := range list {
			if one != nil {
				w.fail(c, row, path, one)
			}
		}
		return
	}
	var found *gqlerror.Error
	own := errors.As(err, &found) && found.Path != nil
	if !own && w.shown != nil && same(err, w.cause) {
		shown := *w.shown
		shown.Path = path
		w.errors = append(w.errors, &shown)
		return
	}

	placed := &gqlerror.Error{Err: err, Message: err.Error(), Path: path}
	if found != nil {
		one := *found // it may be shared: gqlgen writes into it
		placed = &one
		if placed.Path == nil {
			placed.Path = path
		}
	}
	if placed.Locations == nil && c.node.ast.Position != nil {
		placed.Locations = []gqlerror.Location{{Line: c.node.ast.Position.Line, Column: c.node.ast.Position.Column}}
	}
	ctx := graphql.WithFreshResponseContext((&call{x: w.x, ctx: w.x.ctx, column: c}).context(row))
	graphql.AddError(ctx, placed)
	for _, shown := range graphql.GetErrors(ctx) {
		w.errors = append(w.errors, shown)
		if !own {
			w.cause, w.shown = err, shown
		}
	}
}

// same says whether two errors are one value.
func same(a, b error) bool {
	return b != nil && reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b //nolint:errorlint // identity is meant
}

func isPerRow(err error) bool {
	_, is := err.(graphql.BatchErrors) //nolint:errorlint // as gqlgen does: it must not be wrapped
	return is
}

// errorOf returns what the error of a resolver that takes all objects says of one row.
func errorOf(err error, row int) error {
	if err == nil {
		return nil
	}
	perRow, is := err.(graphql.BatchErrors) //nolint:errorlint // see isPerRow
	if !is {
		return err
	}
	return perRow.Errors()[row]
}

// lengthError says that a resolver which takes all objects has not answered for each of them; nil: it has, or it failed as
// a whole.
func lengthError(f *Field, results, rows int, err error) error {
	perRow, is := err.(graphql.BatchErrors) //nolint:errorlint // see isPerRow
	switch {
	case err != nil && !is:
		return nil
	case results != rows:
		return fmt.Errorf("batch resolver %s.%s returned %d results for %d parents", f.object, f.Name, results, rows)
	case is && len(perRow.Errors()) != rows:
		return fmt.Errorf("batch resolver %s.%s returned %d errors for %d parents", f.object, f.Name, len(perRow.Errors()), rows)
	default:
		return nil
	}
}

func typeError[T any](found any) error {
	var want T
	return fmt.Errorf("unexpected type %T from middleware/directive chain, should be %T", found, want)
}
