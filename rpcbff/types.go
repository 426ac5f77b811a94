package rpcbff

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// kind is what a type is, by the words of the introspection.
type kind string

const (
	kindScalar   kind = "Scalar"
	kindObject   kind = "Object"
	kindList     kind = "List"
	kindRecord   kind = "Record"
	kindNullable kind = "Nullable"
	kindOptional kind = "Optional"
	kindUnion    kind = "Union"
	kindLiteral  kind = "Literal"
)

// shape is a type as both sides know it: read off a Go type once, described by the introspection, checked at run time.
type shape struct {
	kind    kind
	name    string   // of scalars, objects and unions that have one
	fields  []field  // of an object
	item    *shape   // of a list, a record, a nullable, an optional
	items   []*shape // of a union
	literal string
}

// field is a field of an object.
type field struct {
	name, description, deprecated string
	shape                         *shape
}

// ID is an id, opaque or bare, as in GraphQL: a text, or a whole number where a client sends one.
type ID string

// UnmarshalJSON takes numbers, too.
func (id *ID) UnmarshalJSON(text []byte) error {
	*id = ID(strings.Trim(string(text), `"`))
	return nil
}

// Enum is a text with few values. Types that implement it become unions of literals.
type Enum interface{ Values() []string }

// Union is one of several types: its JSON is that of one of the variants, of each of which Variants returns a value.
type Union interface{ Variants() []any }

// shapes are the types that were met, so that equal ones are one and recursion ends.
type shapes map[reflect.Type]*shape

// of reads a Go type: fields by their json names, their descriptions from the tags desc and deprecated. A pointer is a
// nullable; a field with omitempty is an optional.
func (s shapes) of(t reflect.Type) *shape {
	if known, met := s[t]; met {
		return known
	}
	made := &shape{}
	s[t] = made // before descending: a type can hold itself
	*made = s.read(t)
	return made
}

func (s shapes) read(t reflect.Type) shape {
	scalar := func(name string) shape { return shape{kind: kindScalar, name: name} }
	switch {
	case t == reflect.TypeFor[ID]():
		return scalar("ID")
	case t == reflect.TypeFor[time.Time]():
		return scalar("Date")
	case t.Kind() == reflect.Pointer: // before what it points to is asked what it implements
		return shape{kind: kindNullable, item: s.of(t.Elem())}
	case t.Implements(reflect.TypeFor[Enum]()):
		union := shape{kind: kindUnion, name: t.Name()}
		for _, value := range reflect.Zero(t).Interface().(Enum).Values() {
			union.items = append(union.items, &shape{kind: kindLiteral, literal: value})
		}
		return union
	case t.Implements(reflect.TypeFor[Union]()):
		union := shape{kind: kindUnion, name: t.Name()}
		for _, variant := range reflect.Zero(t).Interface().(Union).Variants() {
			union.items = append(union.items, s.of(reflect.TypeOf(variant)))
		}
		return union
	}
	switch t.Kind() {
	case reflect.String:
		return scalar("String")
	case reflect.Bool:
		return scalar("Boolean")
	case reflect.Int, reflect.Int32, reflect.Int64:
		return scalar("Int")
	case reflect.Float64:
		return scalar("Float")
	case reflect.Interface:
		return scalar("Json")
	case reflect.Slice:
		return shape{kind: kindList, item: s.of(t.Elem())}
	case reflect.Map:
		return shape{kind: kindRecord, item: s.of(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	default:
		panic(fmt.Sprintf("rpcbff: %s cannot travel", t)) // a fault of ours, found at the start
	}
}

func (s shapes) object(t reflect.Type) shape {
	object := shape{kind: kindObject, name: t.Name()}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		is := s.of(f.Type)
		if options == "omitempty" {
			item := is
			if is.kind == kindNullable {
				item = is.item
			}
			is = &shape{kind: kindOptional, item: item}
		}
		object.fields = append(object.fields, field{name, f.Tag.Get("desc"), f.Tag.Get("deprecated"), is})
	}
	return object
}
