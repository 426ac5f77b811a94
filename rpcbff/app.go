// Package rpcbff is the RPC-BFF approach beside GraphQL: typed functions over HTTP, on the same loaders, caches and
// masks. A procedure is a Go function with an input and an output type; both are described by the introspection, from
// which clients generate their types, and both are checked at run time. The wire format is that of the farrow-api family
// (https://github.com/farrow-js/farrow), with codes of errors, bounds and one line per call always added.
//
//	app := rpcbff.NewApp(
//		rpcbff.Query("user.get", "One user.", func(ctx context.Context, in GetUser) (*User, error) { … }),
//	)
//	handler := rpcbff.NewHandler(app, rpcbff.Options{})
package rpcbff

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"bff"
)

// Procedure is a function that can be called from afar.
type Procedure struct {
	path        []string
	description string
	deprecated  string
	mutation    bool
	cost        func(input any) int
	in, out     reflect.Type
	call        func(input []byte) (cost int, run func(context.Context) (any, error), err error)

	input, output *shape // set by NewApp
}

// Query returns a procedure that changes nothing. path has dots between its words.
func Query[In, Out any](path, description string, fn func(context.Context, In) (Out, error)) *Procedure {
	return procedure(path, description, false, fn)
}

// Mutation returns a procedure that changes something: it is never merged with an equal one, and not called by GET.
func Mutation[In, Out any](path, description string, fn func(context.Context, In) (Out, error)) *Procedure {
	return procedure(path, description, true, fn)
}

func procedure[In, Out any](path, description string, mutation bool, fn func(context.Context, In) (Out, error)) *Procedure {
	p := &Procedure{
		path: strings.Split(path, "."), description: description, mutation: mutation,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](),
	}
	p.call = func(text []byte) (int, func(context.Context) (any, error), error) {
		var input In
		if err := json.Unmarshal(text, &input); err != nil {
			return 0, nil, bff.Errorf(bff.Invalid, "the input cannot be read")
		}
		cost := 1
		if p.cost != nil {
			cost = p.cost(input)
		}
		return cost, func(ctx context.Context) (any, error) { return fn(ctx, input) }, nil
	}
	return p
}

// Deprecated says what to use instead, in the generated client too.
func (p *Procedure) Deprecated(reason string) *Procedure {
	p.deprecated = reason
	return p
}

// Costs says what a call can cost, in the units of GraphQL's operations. Without it a call costs 1.
func Costs[In any](p *Procedure, cost func(In) int) *Procedure {
	p.cost = func(input any) int { return cost(input.(In)) }
	return p
}

func (p *Procedure) name() string { return strings.Join(p.path, ".") }

// App is the procedures that a handler serves. It is read-only.
type App struct {
	procedures map[string]*Procedure // by path, with dots
	introduced []byte                // the introspection
}

// NewApp reads the types of procedures. It panics if two have the same path, or a type that cannot travel: faults of
// ours, found at the start.
func NewApp(procedures ...*Procedure) *App {
	app, known := &App{procedures: map[string]*Procedure{}}, shapes{}
	for _, p := range procedures {
		if app.procedures[p.name()] != nil {
			panic(fmt.Sprintf("rpcbff: %s is there twice", p.name()))
		}
		p.input, p.output = known.of(p.in), known.of(p.out)
		app.procedures[p.name()] = p
	}
	app.introduced = introduce(procedures)
	return app
}

// Description returns what the introspection answers: the procedures and their types as JSON. Equal procedures give equal
// texts.
func (a *App) Description() []byte { return bytes.Clone(a.introduced) }

// prepared is a call that was found valid.
type prepared struct {
	*Procedure
	cost       int
	run        func(context.Context) (any, error)
	deprecated []string // coordinates of what it uses
}

// prepare finds a procedure and checks its input.
func (a *App) prepare(c calling) (prepared, error) {
	p := a.procedures[strings.Join(c.Path, ".")]
	if p == nil {
		return prepared{}, bff.Errorf(bff.NotFound, "there is no such procedure")
	}
	input := c.Input
	if len(input) == 0 {
		input = []byte("{}")
	}
	value, err := decode(input)
	if err == nil {
		err = check(p.input, value, "")
	}
	if err != nil {
		return prepared{Procedure: p}, err
	}
	deprecated := p.deprecatedIn(value)
	checked, err := json.Marshal(named(p.input, value)) // Go's decoder would take First for first, unchecked
	if err != nil {
		return prepared{Procedure: p}, fmt.Errorf("encode input of %s: %w", p.name(), err)
	}
	cost, run, err := p.call(checked)
	return prepared{p, cost, run, deprecated}, err
}

// result is the output of a call as JSON, checked against its own type.
func (p prepared) result(ctx context.Context) (json.RawMessage, error) {
	output, err := p.run(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(output)
	if err != nil {
		return nil, fmt.Errorf("encode output of %s: %w", p.name(), err)
	}
	value, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("decode output of %s: %w", p.name(), err)
	}
	if err := check(p.output, value, ""); err != nil {
		return nil, fmt.Errorf("output of %s breaks its type: %s", p.name(), bff.MessageOf(err))
	}
	return text, nil
}

func decode(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}
