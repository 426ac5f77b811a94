package engine

import (
	"context"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// call is a field that is being resolved by one worker.
type call struct {
	x      *execution
	ctx    context.Context
	column *column
	args   Args
}

// intercepted says whether interceptors of fields are installed.
func (c *call) intercepted() bool { return c.x.middleware }

// context returns the context for a resolver; row below 0: for all rows.
func (c *call) context(row int) context.Context {
	return &callContext{Context: c.ctx, column: c.column, args: c.args, row: int32(row)} //nolint:gosec // see length
}

// callContext is a context in which gqlgen finds the field that is being resolved. The field context is made when it is
// first read: most resolvers do not read it.
type callContext struct {
	context.Context
	column *column
	args   Args
	row    int32
	made   atomic.Pointer[graphql.FieldContext]
}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	if key != fieldKey {
		return c.Context.Value(key)
	}
	if fc := c.made.Load(); fc != nil {
		return fc
	}
	fc := c.column.fieldContext(int(c.row))
	fc.Args = c.args.Args
	c.made.CompareAndSwap(nil, fc)
	return c.made.Load()
}

// fieldKey is the key under which gqlgen keeps a field context, which has no name outside of gqlgen.
var fieldKey = func() (key any) {
	graphql.GetFieldContext(keyProbe{context.Background(), &key})
	return key
}()

type keyProbe struct {
	context.Context
	key *any
}

// Value implements context.Context.
func (p keyProbe) Value(key any) any {
	*p.key = key
	return nil
}
