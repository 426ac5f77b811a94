// Package second is a GraphQL schema with what the graph's own lacks: unions, interfaces that implement interfaces, lists
// of lists, values and pointers as models, chains of non-null fields, and resolvers that fail in every way. It is for the
// tests of package engine alone.
//
// Its objects are made of keys: an object with the same key always has the same fields, so two executors that are asked
// the same must answer the same.
package second

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Level is an enum whose Go values are numbers.
type Level int

// The levels.
const (
	Low Level = iota + 1
	Middle
	High
)

// Money is a scalar that marshals itself.
type Money struct{ Cents int }

// MarshalGQL implements graphql.Marshaler.
func (m Money) MarshalGQL(w io.Writer) {
	_, _ = fmt.Fprintf(w, `{"cents":%d}`, m.Cents)
}

// UnmarshalGQL implements graphql.Unmarshaler.
func (m *Money) UnmarshalGQL(v any) error {
	text, _ := v.(string)
	cents, err := strconv.Atoi(text)
	m.Cents = cents
	return err
}

// Named is the interface of the same name.
type Named interface {
	Node
	IsNamed()
}

// Node is the interface of the same name.
type Node interface{ IsNode() }

// Worker is the interface of the same name.
type Worker interface {
	Named
	IsWorker()
}

// Thing is the union of the same name.
type Thing interface{ IsThing() }

// Person is held by pointers.
type Person struct {
	w   *World
	Key Key

	Name      string
	Nick      *string
	Kind      Kind
	Level     *Level
	Kinds     []*Kind
	Levels    []Level
	Height    float64
	Weight    *float64
	Alive     bool
	Maybe     *bool
	Born      time.Time
	Died      *time.Time
	Money     *Money
	Wage      Money
	Extra     any
	Even      *int
	Tags      []*string
	Words     []string
	Risky     []*string
	Matrix    [][]int
	Sparse    [][]*int
	Floats    []*float64
	Times     []*time.Time
	Home      *Place
	Work      *Place
	Places    []*Place
	Sites     []*Place
	Address   *Address
	Base      Address
	Addresses []Address
	Pet       Thing
	Pets      []Thing
	Node      Node
}

// IsNode implements Node.
func (*Person) IsNode() {}

// IsNamed implements Named.
func (*Person) IsNamed() {}

// IsWorker implements Worker.
func (*Person) IsWorker() {}

// IsThing implements Thing.
func (*Person) IsThing() {}

// ID is a method without a context.
func (p *Person) ID() string { return "P" + p.Key.String() }

// Initials is a method that may panic.
func (p *Person) Initials() string {
	if p.w.fate(p.Key, "initials") == panics {
		panic("initials")
	}
	return p.Name[:1]
}

// Age is a method with a context and an error.
func (p *Person) Age(context.Context) (*int, error) {
	return one(p.w, p.Key, "age", func() *int { n := int(p.Key % 99); return &n })
}

// Strange is a method with an error and no context.
func (p *Person) Strange() (*int, error) {
	if p.w.fate(p.Key, "strange") != fine {
		return nil, errors.New("strange")
	}
	return nil, nil //nolint:nilnil // null without an error is a value of the schema
}

// Greeting is a method with arguments.
func (p *Person) Greeting(_ context.Context, formal bool, name *string) (string, error) {
	to := p.Name
	if name != nil {
		to = *name
	}
	return one(p.w, p.Key, "greeting", func() string { return fmt.Sprintf("hello %s %t", to, formal) })
}

// Robot is held by values.
type Robot struct {
	w      *World
	Key    Key
	Name   string
	Serial int
	Parts  []Part
	Spares []*Part
}

// IsNode implements Node.
func (Robot) IsNode() {}

// IsNamed implements Named.
func (Robot) IsNamed() {}

// IsWorker implements Worker.
func (Robot) IsWorker() {}

// IsThing implements Thing.
func (Robot) IsThing() {}

// ID is a method of the value.
func (r Robot) ID() string { return "R" + r.Key.String() }

// Part is held by values and by pointers.
type Part struct {
	w      *World
	Key    Key
	Weight *float64
}

// ID is a method of the pointer.
func (p *Part) ID() string { return "Q" + p.Key.String() }

// Place is held by pointers, but implements its interfaces by value.
type Place struct {
	w       *World
	Key     Key
	Town    *string
	Address Address
	Level   Level
}

// IsNode implements Node.
func (Place) IsNode() {}

// IsThing implements Thing.
func (Place) IsThing() {}

// ID is a method that panics for some.
func (p *Place) ID() string {
	if p.w.fate(p.Key, "id") == panics {
		panic("id")
	}
	return "L" + p.Key.String()
}

// Address is held by values and by pointers.
type Address struct {
	w      *World
	Key    Key
	Street string
	Number *int
	Lines  []string
}

// State is what mutations answer.
type State struct{ Value int }
