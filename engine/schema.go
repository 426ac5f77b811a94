package engine

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff/dispatch"
)

// Options tune a schema. The zero value works.
type Options struct {
	// Weigh returns the cost of resolving a field, and that of each object it answers: see Stats. Default: nothing costs.
	Weigh func(f *ast.FieldDefinition) (field, object int)
	// Concurrent names fields, as Book.author, whose resolver takes one object and does slow I/O other than through a loader:
	// their rows are resolved at the same time, each in a goroutine of its own, while other fields go on. New panics if one
	// of them does not exist.
	Concurrent []string
	// MaxBytes bounds the data of one answer; TooLarge is what is answered instead. Default: no bound.
	MaxBytes int
	TooLarge error
	// PlanFields bounds the operations whose plans are kept, in fields, with all fragments spread out. Default: 50,000: that
	// is about 16 MB if each has one plan, and eight times as much if all have the most.
	PlanFields int
	// Dispatch tunes the schedule of operations whose context has none.
	Dispatch dispatch.Options
}

// Schema is a gqlgen schema that is executed breadth first. It implements graphql.ExecutableSchema. Safe for concurrent use.
type Schema struct {
	generated graphql.ExecutableSchema
	schema    *ast.Schema
	table     *Table
	options   Options
	plans     *otter.Cache[planKey, *variants]
	abstract  map[string]map[string]bool // abstract types of each concrete one
	plain     uintptr                    // code of gqlgen's middleware that intercepts no field
	plainRoot uintptr                    // code of that which intercepts no root field
}

var _ graphql.ExecutableSchema = (*Schema)(nil)

// planKey names the plans of an operation.
type planKey struct {
	operation *ast.OperationDefinition
	deferring bool
}

// variants is the plans of one operation, by the values of its conditions.
type variants struct {
	conditions []string // variables
	fields     int      // of the operation, with all fragments spread out

	mu    sync.RWMutex
	plans map[uint64]*plan
}

// mostVariants bounds the plans that are kept of one operation. Further ones are used once.
const mostVariants = 8

const (
	defaultPlanFields = 50_000
	fixedFields       = 16 // what an operation takes besides its fields, in fields
)

// New returns a schema that carries out the operations of a generated one by a table. Generated code calls it.
func New(generated graphql.ExecutableSchema, table *Table, options Options) *Schema {
	if options.Weigh == nil {
		options.Weigh = func(*ast.FieldDefinition) (int, int) { return 0, 0 }
	}
	if options.PlanFields <= 0 {
		options.PlanFields = defaultPlanFields
	}
	s := &Schema{generated: generated, schema: generated.Schema(), table: table, options: options, abstract: map[string]map[string]bool{}}
	s.plans = otter.Must(&otter.Options[planKey, *variants]{
		MaximumWeight: uint64(options.PlanFields),                                                                     //nolint:gosec // above 0
		Weigher:       func(_ planKey, v *variants) uint32 { return uint32(min(v.fields, manyFields)) + fixedFields }, //nolint:gosec // see manyFields
	})
	for name, definition := range s.schema.Types {
		if definition.IsAbstractType() {
			for _, concrete := range s.schema.GetPossibleTypes(definition) {
				if s.abstract[concrete.Name] == nil {
					s.abstract[concrete.Name] = map[string]bool{}
				}
				s.abstract[concrete.Name][name] = true
			}
		}
	}
	for _, name := range options.Concurrent {
		object, field, _ := strings.Cut(name, ".")
		table.concurrent(object, field)
	}
	plain := plainOperation(generated)
	s.plain, s.plainRoot = codeOf(plain.ResolverMiddleware), codeOf(plain.RootResolverMiddleware)
	return s
}

// concurrent has the rows of a field resolved at the same time.
func (t *Table) concurrent(object, field string) {
	o := t.Objects[object]
	if o == nil || o.Fields[field] == nil || o.Fields[field].one == nil {
		panic("engine: there is no field " + object + "." + field + " whose resolver takes one object")
	}
	o.Fields[field].concurrent = true
}

// plainOperation returns what an executor without extensions makes of an operation. The code of its middleware is that of
// literals without captured variables, so whatever has the same code does the same: nothing.
func plainOperation(schema graphql.ExecutableSchema) *graphql.OperationContext {
	operation, _ := executor.New(schema).CreateOperationContext(graphql.StartOperationTrace(context.Background()), &graphql.RawParams{Query: "{ __typename }"})
	return operation
}

func codeOf(middleware any) uintptr { return reflect.ValueOf(middleware).Pointer() }

func (s *Schema) satisfies(concrete, abstract string) bool { return s.abstract[concrete][abstract] }

// Schema implements graphql.ExecutableSchema.
func (s *Schema) Schema() *ast.Schema { return s.schema }

// Complexity implements graphql.ExecutableSchema.
func (s *Schema) Complexity(ctx context.Context, typeName, field string, childComplexity int, args map[string]any) (int, bool) {
	return s.generated.Complexity(ctx, typeName, field, childComplexity, args)
}

// Exec implements graphql.ExecutableSchema. The schedule of the context dispatches what resolvers load; without one, the
// operation has a schedule of its own. Without WithIncremental, deferred fragments are answered in their place.
func (s *Schema) Exec(ctx context.Context) graphql.ResponseHandler {
	operation := graphql.GetOperationContext(ctx)
	if m := operation.RootResolverMiddleware; m != nil && codeOf(m) != s.plainRoot {
		graphql.AddErrorf(ctx, "the breadth-first engine calls no interceptors of root fields: use AroundFields or AroundOperations")
		return func(context.Context) *graphql.Response { return nil }
	}
	switch operation.Operation.Operation {
	case ast.Query, ast.Mutation:
		x := s.execution(ctx, operation)
		return x.respond
	case ast.Subscription:
		return s.subscribe(ctx, operation)
	default:
		return graphql.OneShot(graphql.ErrorResponse(ctx, "unsupported GraphQL operation"))
	}
}

// Defers says whether a part of a query would be delivered later, in a context of WithIncremental.
func (s *Schema) Defers(operation *graphql.OperationContext) bool {
	return operation.Operation.Operation == ast.Query && s.planOf(operation, true).defers()
}

func (s *Schema) execution(ctx context.Context, operation *graphql.OperationContext) *execution {
	x := &execution{schema: s, operation: operation, schedule: dispatch.From(ctx)}
	x.incremental = incrementalOf(ctx)
	if operation.Operation.Operation != ast.Query {
		x.incremental = nil
	}
	x.plan = s.planOf(operation, x.incremental != nil)
	x.middleware = operation.ResolverMiddleware != nil && codeOf(operation.ResolverMiddleware) != s.plain
	if x.schedule == nil {
		x.schedule = dispatch.New(s.options.Dispatch)
	}
	return x
}

// planOf returns the plan of an operation with its variables.
func (s *Schema) planOf(operation *graphql.OperationContext, deferring bool) *plan {
	key := planKey{operation.Operation, deferring}
	v, ok := s.plans.GetIfPresent(key)
	if !ok {
		v = &variants{plans: map[uint64]*plan{}}
		v.conditions, v.fields = conditions(operation.Operation, operation.Doc.Fragments)
		s.plans.Set(key, v)
	}
	values := uint64(0)
	for i, name := range v.conditions {
		if holds, _ := operation.Variables[name].(bool); holds && i < 64 {
			values |= 1 << i
		}
	}
	v.mu.RLock()
	p := v.plans[values]
	v.mu.RUnlock()
	if p != nil && len(v.conditions) <= 64 {
		return p
	}

	p = s.compile(operation, deferring, v.conditions)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.plans) < mostVariants && len(v.conditions) <= 64 {
		v.plans[values] = p
	}
	return p
}

// compile returns a plan, of which no more than the root is compiled.
func (s *Schema) compile(operation *graphql.OperationContext, deferring bool, conditions []string) *plan {
	p := &plan{
		schema: s, operation: operation.Operation, fragments: operation.Doc.Fragments, deferring: deferring,
		serial: operation.Operation.Operation == ast.Mutation, variables: make(map[string]any, len(conditions)),
	}
	for _, name := range conditions {
		p.variables[name] = operation.Variables[name]
	}
	p.compileRoot()
	return p
}

// respond implements graphql.ResponseHandler: the first answer, then one answer for each delivery of deferred parts, then
// nil.
func (x *execution) respond(ctx context.Context) *graphql.Response {
	if x.ctx != nil {
		return x.deliver(ctx)
	}
	x.begin(ctx)
	job := dispatch.Job{Name: TaskName, Run: func(ctx context.Context) { x.first(ctx) }}
	x.task(ctx, job)
	return x.answer()
}

// task runs a job as a task, or in the one that ctx belongs to.
func (x *execution) task(ctx context.Context, job dispatch.Job) {
	if t := dispatch.Current(ctx); t != nil && t.Of(x.schedule) {
		job.Run(ctx)
		return
	}
	x.schedule.Run(ctx, job)
}

func (x *execution) begin(ctx context.Context) {
	if len(x.schema.table.Inputs) > 0 {
		ctx = graphql.WithUnmarshalerMap(ctx, x.schema.table.Inputs)
	}
	x.ctx = ctx
	x.observe(ctx)
	if x.incremental != nil {
		x.parts = newParts(x)
	}
}

// first resolves what the first answer holds.
func (x *execution) first(ctx context.Context) {
	x.root = x.frame(x.plan.root, nil, 1, nil)
	x.cost += x.plan.root.weight
	if x.parts != nil {
		x.parts.found(x.root)
	}
	resolved := func() bool { return x.pending == 0 }
	if !x.plan.serial {
		x.start(x.root, nil)
		x.run(ctx, true, resolved)
	} else {
		for i := range x.root.columns {
			x.start(x.root, func(n int) bool { return n == i })
			x.run(ctx, true, resolved)
		}
	}
	if x.fault != nil {
		panic(x.fault)
	}
}

// answer writes the first answer.
func (x *execution) answer() *graphql.Response {
	w := &writer{x: x, limit: x.schema.options.MaxBytes, dst: make([]byte, 0, x.guess())}
	response := &graphql.Response{}
	if x.bounded(w, func() {
		if !w.object(x.root, 0) {
			w.dst = append(w.dst[:0], "null"...)
			w.visits = nil
		}
	}) {
		response.Data, response.Errors = w.dst, w.errors
		x.plan.size.Store(int64(len(w.dst)))
	} else {
		response.Errors = w.errors
		x.parts = nil
	}
	if x.parts != nil {
		x.parts.announce(w.visits, nil)
		x.parts.tell()
	}
	x.count()
	return response
}

// guess returns about how many bytes the answer has: as many as the last one of the plan.
func (x *execution) guess() int { return int(x.plan.size.Load())*9/8 + 64 }

// bounded runs f, which writes; false: the answer is too large, and w has that error instead.
func (x *execution) bounded(w *writer, f func()) (ok bool) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if cause != errTooLarge { //nolint:errorlint // the very value is what was panicked with
			panic(cause)
		}
		err := x.schema.options.TooLarge
		if err == nil {
			err = fmt.Errorf("the answer has more than %d bytes", x.schema.options.MaxBytes)
		}
		ctx := graphql.WithFreshResponseContext(x.ctx)
		graphql.AddError(ctx, err)
		w.errors, ok = graphql.GetErrors(ctx), false
	}()
	w.write(f)
	return true
}

// subscribe carries out a subscription: each event is an execution of its own, with the loaders of the context that its
// answer is asked with.
func (s *Schema) subscribe(ctx context.Context, operation *graphql.OperationContext) graphql.ResponseHandler {
	source := s.execution(ctx, operation)
	source.begin(ctx)
	root := source.frame(source.plan.root, nil, 1, nil)
	if len(root.columns) != 1 {
		graphql.AddErrorf(ctx, "must subscribe to exactly one stream")
		return func(context.Context) *graphql.Response { return nil }
	}
	c := &root.columns[0]
	var next func(context.Context) (any, bool)
	cl := &call{x: source, ctx: source.ctx, column: c}
	err := source.guarded(cl, func() (err error) {
		if cl.args, err = c.node.arguments(cl, operation.Variables); err == nil {
			next, err = c.node.field.source(cl)
		}
		return err
	})
	if err != nil {
		w := &writer{x: source}
		w.fail(c, 0, c.path(0), err)
		return failed(w.errors)
	}
	return func(ctx context.Context) *graphql.Response {
		values, ok := next(ctx)
		if !ok {
			return nil
		}
		return s.event(ctx, operation, values)
	}
}

// failed tells errors once: gqlgen's executor looks for them before it asks for a response.
func failed(errs gqlerror.List) graphql.ResponseHandler {
	return graphql.OneShot(&graphql.Response{Errors: errs})
}

// event answers one event of a subscription.
func (s *Schema) event(ctx context.Context, operation *graphql.OperationContext, values any) *graphql.Response {
	x := s.execution(ctx, operation)
	x.begin(ctx)
	x.task(ctx, dispatch.Job{Name: TaskName, Run: func(ctx context.Context) {
		x.root = x.frame(x.plan.root, nil, 1, nil)
		x.cost += x.plan.root.weight
		c := &x.root.columns[0]
		c.values = values
		x.expand(c)
		x.run(ctx, true, func() bool { return x.pending == 0 })
		if x.fault != nil {
			panic(x.fault)
		}
	}})
	return x.answer()
}
