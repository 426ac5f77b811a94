package engine

import (
	"context"
	"fmt"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
)

// Table says how the fields of a schema are resolved. It is generated, immutable, and shared by all operations.
type Table struct {
	Objects map[string]*Object
	Inputs  map[reflect.Type]reflect.Value // for graphql.UnmarshalInputFromContext
}

// Object is the fields of one object type. Parents are columns of pointers to its Go type.
type Object struct {
	Name   string
	Fields map[string]*Field
	at     func(parents any, row int) any
}

// NewObject returns the entry of an object type whose Go type is P.
func NewObject[P any](name string, fields ...*Field) *Object {
	return newObject(name, fields, func(parents any, row int) any { return parents.([]*P)[row] })
}

// NewRoot returns the entry of a root operation type, whose fields have no parent.
func NewRoot(name string, fields ...*Field) *Object {
	return newObject(name, fields, func(any, int) any { return nil })
}

func newObject(name string, fields []*Field, at func(any, int) any) *Object {
	o := &Object{Name: name, Fields: make(map[string]*Field, len(fields)), at: at}
	for _, f := range fields {
		f.object = name
		o.Fields[f.Name] = f
	}
	return o
}

// Args is the arguments of a field, decoded. It has the member that gqlgen's generated calls expect of a field context.
type Args struct{ Args map[string]any }

// Field is one field of an object type. It is made by one of Read, Resolve, ResolveAll, Root or Subscribe.
type Field struct {
	Name   string
	object string

	decode     func(ctx context.Context, raw map[string]any) (map[string]any, error) // arguments; nil: the field has none
	constant   bool
	concurrent bool
	keyed      bool
	known      func(ctx context.Context, parents any, args Args) (values any)

	shape  *Shape
	direct func(dst []byte, parents any, row int) ([]byte, bool)
	read   func(parents any, from, to int, into any) any
	make   func(rows int) any
	one    func(c *call, parents any, row int, into any) (null bool, err error)
	all    func(c *call, parents any, rows int) (values any, null []bool, err error)
	begin  func(c *call, parents any) (await func() (values any, err error))
	source func(c *call) (next func(context.Context) (any, bool), err error)
}

// MethodOf returns a resolver as T, an interface of one method that a resolver may have; ok is false if it has no method of
// that name. It panics if the method has another signature, which would never be called otherwise.
func MethodOf[T any](resolver any) (as T, ok bool) {
	if as, ok = resolver.(T); ok {
		return as, true
	}
	want := reflect.TypeFor[T]().Method(0)
	if resolver == nil {
		return as, false
	}
	if found := reflect.ValueOf(resolver).MethodByName(want.Name); found.IsValid() {
		panic(fmt.Sprintf("engine: method %s of %T must be %s, not %s", want.Name, resolver, want.Type, found.Type()))
	}
	return as, false
}

// WithArgs sets what decodes the field's arguments. constant says that arguments without variables decode to the same
// values each time, so that they may be decoded once.
func (f *Field) WithArgs(decode func(ctx context.Context, raw map[string]any) (map[string]any, error), constant bool) *Field {
	f.decode, f.constant = decode, constant
	return f
}

// WithKnown sets what returns objects with nothing but their keys, row by row as the field will have them, before the
// field is resolved. Fields below that are Keyed are resolved for them at once, beside the field itself.
func (f *Field) WithKnown(known func(ctx context.Context, parents any, args Args) (values any)) *Field {
	f.known = known
	return f
}

// BeginAll gives a field made by ResolveAll, without directives, a resolver in two steps: begin enqueues what it loads and
// returns at once; what it returns is called when that has landed. So a field that waits costs no goroutine.
func BeginAll[P, T any](f *Field, begin func(ctx context.Context, objs []*P, fc Args) func() ([]T, error)) {
	f.begin = func(c *call, parents any) func() (any, error) {
		objs := parents.([]*P)
		await := begin(c.context(-1), objs, c.args)
		return func() (any, error) {
			values, err := await()
			if wrong := lengthError(f, len(values), len(objs), err); wrong != nil {
				return nil, wrong
			}
			return values, err
		}
	}
}

// BeginRoot is BeginAll for a field made by Root, without directives.
func BeginRoot[T any](f *Field, begin func(ctx context.Context, fc Args) func() (T, error)) {
	f.begin = func(c *call, _ any) func() (any, error) {
		await := begin(c.context(0), c.args)
		return func() (any, error) {
			value, err := await()
			return []T{value}, err
		}
	}
}

// Keyed says which fields of an object type need nothing but the key of their object: they are resolved beside a row whose
// key is known, not after it. It panics if the object has no such field with a resolver.
func (o *Object) Keyed(names ...string) *Object {
	for _, name := range names {
		f := o.Fields[name]
		if f == nil || f.read != nil {
			panic("engine: " + o.Name + " has no field " + name + " with a resolver")
		}
		f.keyed = true
	}
	return o
}

// Wrap puts the directives of a field around the resolver of one object.
type Wrap[P any] func(ctx context.Context, obj P, next graphql.Resolver) graphql.Resolver

// Read returns a field that is read from its object without I/O, such as a member of a struct.
func Read[P, T any](name string, shape *Shape, get func(obj *P) T) *Field {
	f := &Field{Name: name, shape: shape}
	f.make = func(rows int) any { return make([]T, rows) }
	f.read = func(parents any, from, to int, into any) any {
		objs := parents.([]*P)
		var values []T
		if into == nil {
			values = make([]T, len(objs))
		} else {
			values = into.([]T)
		}
		for i := from; i < to; i++ {
			values[i] = get(objs[i])
		}
		return values
	}
	if leaf, ok := shape.leaf.(func([]byte, T) ([]byte, bool)); ok {
		f.direct = func(dst []byte, parents any, row int) ([]byte, bool) {
			return leaf(dst, get(parents.([]*P)[row]))
		}
	}
	f.one = func(c *call, parents any, row int, into any) (bool, error) {
		obj := parents.([]*P)[row]
		return through(c, row, nil, into.([]T), func(context.Context) (any, error) { return get(obj), nil })
	}
	return f
}

// ReadWrapped is Read for a field with directives.
func ReadWrapped[P, T any](name string, shape *Shape, get func(obj *P) T, wrap Wrap[*P]) *Field {
	return Resolve(name, shape, func(_ context.Context, obj *P, _ Args) (T, error) { return get(obj), nil }, wrap)
}

// Resolve returns a field whose resolver takes one object. wrap may be nil.
func Resolve[P, T any](name string, shape *Shape, resolver func(ctx context.Context, obj *P, fc Args) (T, error), wrap Wrap[*P]) *Field {
	f := &Field{Name: name, shape: shape}
	f.make = func(rows int) any { return make([]T, rows) }
	f.one = func(c *call, parents any, row int, into any) (bool, error) {
		obj := parents.([]*P)[row]
		values := into.([]T)
		if wrap == nil && !c.intercepted() {
			value, err := resolver(c.context(row), obj, c.args)
			values[row] = value
			return false, err
		}
		var around func(context.Context, graphql.Resolver) graphql.Resolver
		if wrap != nil {
			around = func(ctx context.Context, next graphql.Resolver) graphql.Resolver { return wrap(ctx, obj, next) }
		}
		return through(c, row, around, values, func(ctx context.Context) (any, error) { return resolver(ctx, obj, c.args) })
	}
	return f
}

// Root returns a field of a root operation type. wrap may be nil; its object is nil.
func Root[T any](name string, shape *Shape, resolver func(ctx context.Context, fc Args) (T, error), wrap Wrap[any]) *Field {
	f := &Field{Name: name, shape: shape}
	f.make = func(rows int) any { return make([]T, rows) }
	f.one = func(c *call, _ any, row int, into any) (bool, error) {
		values := into.([]T)
		if wrap == nil && !c.intercepted() {
			value, err := resolver(c.context(row), c.args)
			values[row] = value
			return false, err
		}
		var around func(context.Context, graphql.Resolver) graphql.Resolver
		if wrap != nil {
			around = func(ctx context.Context, next graphql.Resolver) graphql.Resolver { return wrap(ctx, nil, next) }
		}
		return through(c, row, around, values, func(ctx context.Context) (any, error) { return resolver(ctx, c.args) })
	}
	return f
}

// ResolveAll returns a field whose resolver takes all objects of a level at once. wrap may be nil. With directives, or
// with interceptors of fields, the resolver is called when the first of them asks for its object: if all refuse, never.
func ResolveAll[P, T any](name string, shape *Shape, resolver func(ctx context.Context, objs []*P, fc Args) ([]T, error), wrap Wrap[*P]) *Field {
	f := &Field{Name: name, shape: shape}
	f.make = func(rows int) any { return make([]T, rows) }
	f.all = func(c *call, parents any, rows int) (any, []bool, error) {
		objs := parents.([]*P)
		if wrap == nil && !c.intercepted() {
			values, err := resolver(c.context(-1), objs, c.args)
			if wrong := lengthError(f, len(values), rows, err); wrong != nil {
				return nil, nil, wrong
			}
			return values, nil, err
		}

		var resolved []T
		var failed error
		asked := false
		ask := func() {
			asked = true
			resolved, failed = resolver(c.context(-1), objs, c.args)
			if wrong := lengthError(f, len(resolved), rows, failed); wrong != nil {
				resolved, failed = nil, wrong
			}
		}
		values, null, errs := make([]T, rows), make([]bool, rows), make([]error, rows)
		for row := range rows {
			next := func(context.Context) (any, error) {
				if !asked {
					ask()
				}
				if err := errorOf(failed, row); err != nil {
					return nil, err
				}
				return resolved[row], nil
			}
			var around func(context.Context, graphql.Resolver) graphql.Resolver
			if wrap != nil {
				around = func(ctx context.Context, next graphql.Resolver) graphql.Resolver { return wrap(ctx, objs[row], next) }
			}
			null[row], errs[row] = through(c, row, around, values, next)
		}
		return values, null, graphql.BatchErrorList(errs)
	}
	return f
}

// Subscribe returns a field of the root subscription type.
func Subscribe[T any](name string, shape *Shape, resolver func(ctx context.Context, fc Args) (<-chan T, error), wrap Wrap[any]) *Field {
	f := &Field{Name: name, shape: shape}
	f.source = func(c *call) (func(context.Context) (any, bool), error) {
		next := func(ctx context.Context) (any, error) { return resolver(ctx, c.args) }
		ctx := c.context(0)
		if wrap != nil {
			next = wrap(ctx, nil, next)
		}
		if c.intercepted() {
			inner := next
			next = func(ctx context.Context) (any, error) { return c.x.operation.ResolverMiddleware(ctx, inner) }
		}
		found, err := next(ctx)
		if err != nil {
			return nil, err
		}
		events, ok := found.(<-chan T)
		if !ok {
			return nil, typeError[<-chan T](found)
		}
		return func(ctx context.Context) (any, bool) {
			select {
			case value, open := <-events:
				return []T{value}, open
			case <-ctx.Done():
				return nil, false
			}
		}, nil
	}
	return f
}

// through resolves one object through its directives and the interceptors of fields, and puts the value into its row.
func through[T any](c *call, row int, around func(context.Context, graphql.Resolver) graphql.Resolver, values []T, next graphql.Resolver) (null bool, err error) {
	ctx := c.context(row)
	if around != nil {
		next = around(ctx, next)
	}
	var found any
	if c.intercepted() {
		found, err = c.x.operation.ResolverMiddleware(ctx, next)
	} else {
		found, err = next(ctx)
	}
	if err != nil {
		return false, err
	}
	if found == nil {
		return true, nil
	}
	value, ok := found.(T)
	if !ok {
		return false, typeError[T](found)
	}
	values[row] = value
	return false, nil
}
