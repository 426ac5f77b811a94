package engine

import "github.com/99designs/gqlgen/graphql"

// Shape is how values of one Go type stand for a GraphQL type. Columns are slices of the Go type. A shape is immutable.
type Shape struct {
	kind    kind
	nonNull bool
	elem    *Shape // of a list
	object  string // of an object

	leaf  any // func([]byte, T) ([]byte, bool)
	write func(dst []byte, col any, row int) ([]byte, bool)
	isNil func(col any, row int) bool                      // nil: never
	none  func(col any, row int) bool                      // the value is an interface that holds nothing
	open  func(col any, rows int) (flat any, ends []int32) // of a list
	pick  func(col any, live []int32) any                  // pointers to objects; live nil: all rows
	kinds []string                                         // concrete types of an abstract one
	which func(col any, row int) int                       // index into kinds; -1: none of them
	cast  []func(col any, rows []int32) any                // pointers to objects, by kind
	count func(col any) int
}

type kind uint8

const (
	leafKind kind = iota
	objectKind
	listKind
	abstractKind
)

// Leaf returns the shape of a scalar or an enum. write appends a value as JSON; false: it is null.
func Leaf[T any](write func(dst []byte, value T) ([]byte, bool)) *Shape {
	return &Shape{
		kind: leafKind, leaf: write,
		write: func(dst []byte, col any, row int) ([]byte, bool) { return write(dst, col.([]T)[row]) },
		count: func(col any) int { return len(col.([]T)) },
	}
}

// NonNull returns the shape of the same values at a place that must not be null.
func (s *Shape) NonNull() *Shape {
	c := *s
	c.nonNull = true
	return &c
}

// Pointer returns the shape of objects that are held by pointers.
func Pointer[P any](object string) *Shape {
	return &Shape{
		kind: objectKind, object: object,
		isNil: func(col any, row int) bool { return col.([]*P)[row] == nil },
		pick: func(col any, live []int32) any {
			objs := col.([]*P)
			if live == nil {
				return objs
			}
			picked := make([]*P, len(live))
			for i, row := range live {
				picked[i] = objs[row]
			}
			return picked
		},
		count: func(col any) int { return len(col.([]*P)) },
	}
}

// Value returns the shape of objects that are held by value.
func Value[P any](object string) *Shape {
	return &Shape{
		kind: objectKind, object: object,
		pick: func(col any, live []int32) any {
			objs := col.([]P)
			if live == nil {
				picked := make([]*P, len(objs))
				for i := range objs {
					picked[i] = &objs[i]
				}
				return picked
			}
			picked := make([]*P, len(live))
			for i, row := range live {
				picked[i] = &objs[row]
			}
			return picked
		},
		count: func(col any) int { return len(col.([]P)) },
	}
}

// List returns the shape of a list of E. A nil slice is null, or an empty list where null is not allowed, as in gqlgen.
func List[E any](elem *Shape) *Shape {
	return &Shape{
		kind: listKind, elem: elem,
		isNil: func(col any, row int) bool { return col.([][]E)[row] == nil },
		open: func(col any, rows int) (any, []int32) {
			lists := col.([][]E)
			if rows == 1 {
				return lists[0], []int32{length(len(lists[0]))}
			}
			total := 0
			for _, list := range lists {
				total += len(list)
			}
			flat, ends := make([]E, 0, total), make([]int32, len(lists))
			for i, list := range lists {
				flat = append(flat, list...)
				ends[i] = length(len(flat))
			}
			return flat, ends
		},
		count: func(col any) int { return len(col.([][]E)) },
	}
}

// Case is one concrete type of an abstract one.
type Case[I any] struct {
	Object string
	Is     func(value I) bool
	Cast   func(values []I, rows []int32) any // pointers to objects
}

// Abstract returns the shape of an interface or a union whose Go type is I. isNil says whether a value is nil, or an
// interface that holds a nil pointer.
func Abstract[I any](isNil func(I) bool, cases ...Case[I]) *Shape {
	s := &Shape{
		kind:  abstractKind,
		isNil: func(col any, row int) bool { return isNil(col.([]I)[row]) },
		none:  func(col any, row int) bool { return any(col.([]I)[row]) == nil },
		count: func(col any) int { return len(col.([]I)) },
	}
	s.which = func(col any, row int) int {
		value := col.([]I)[row]
		for i := range cases {
			if cases[i].Is(value) {
				return i
			}
		}
		return -1
	}
	for _, c := range cases {
		s.kinds = append(s.kinds, c.Object)
		s.cast = append(s.cast, func(col any, rows []int32) any { return c.Cast(col.([]I), rows) })
	}
	return s
}

// PointerCase is the case of an abstract type whose values hold pointers to P.
func PointerCase[I, P any](object string) Case[I] {
	return Case[I]{
		Object: object,
		Is:     func(value I) bool { _, is := any(value).(*P); return is },
		Cast: func(values []I, rows []int32) any {
			cast := make([]*P, len(rows))
			for i, row := range rows {
				cast[i] = any(values[row]).(*P)
			}
			return cast
		},
	}
}

// ValueCase is the case of an abstract type whose values hold P itself.
func ValueCase[I, P any](object string) Case[I] {
	return Case[I]{
		Object: object,
		Is:     func(value I) bool { _, is := any(value).(P); return is },
		Cast: func(values []I, rows []int32) any {
			copies, cast := make([]P, len(rows)), make([]*P, len(rows))
			for i, row := range rows {
				copies[i] = any(values[row]).(P)
				cast[i] = &copies[i]
			}
			return cast
		},
	}
}

// length is the length of something that a request has far less than 2^31 of.
func length(n int) int32 { return int32(n) } //nolint:gosec // see above

// Marshal appends what a gqlgen marshaler writes; false: it is null.
func Marshal(dst []byte, m graphql.Marshaler) ([]byte, bool) {
	if m == nil || m == graphql.Null || m == graphql.RequiredNull {
		return dst, false
	}
	w := appender{dst}
	start := len(dst)
	m.MarshalGQL(&w)
	if string(w.dst[start:]) == "null" {
		return w.dst[:start], false
	}
	return w.dst, true
}

type appender struct{ dst []byte }

// Write implements io.Writer.
func (a *appender) Write(p []byte) (int, error) {
	a.dst = append(a.dst, p...)
	return len(p), nil
}

// WriteString implements io.StringWriter.
func (a *appender) WriteString(s string) (int, error) {
	a.dst = append(a.dst, s...)
	return len(s), nil
}
