// Package plugin is a plugin of gqlgen that generates the table of fields which package engine executes by, beside gqlgen's
// own code. A new field in the schema needs its resolver and nothing else.
//
//	cfg, err := config.LoadConfigFromDefaultLocations()
//	err = api.Generate(cfg, api.AddPlugin(plugin.New()))
//
// It writes table.generated.go into the package of the executor, with NewBreadthFirstSchema. What it cannot serve fails the
// generation with a sentence that says so.
package plugin

import (
	_ "embed"
	"errors"
	"fmt"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed table.gotpl
var tableTemplate string

// Plugin generates the table. It implements gqlgen's plugin.CodeGenerator.
type Plugin struct{}

// New returns the plugin.
func New() *Plugin { return &Plugin{} }

// Name implements plugin.Plugin.
func (*Plugin) Name() string { return "breadth-first engine" }

// GenerateCode implements plugin.CodeGenerator.
func (*Plugin) GenerateCode(data *codegen.Data) error {
	if err := unsupported(data); err != nil {
		return fmt.Errorf("the breadth-first engine cannot serve this schema: %w", err)
	}
	return templates.Render(templates.Options{
		PackageName: data.Config.Exec.Package,
		Filename:    filepath.Join(data.Config.Exec.Dir(), "table.generated.go"),
		Template:    tableTemplate,
		Data:        build(data),
		Funcs: map[string]any{
			"shape": shape, "known": known, "begin": begin, "constant": constant, "constArgs": constArgs, "wrapArgs": wrapArgs, "resolve": call, "plain": plain, "elem": elem,
		},
		GeneratedHeader: true,
		Packages:        data.Config.Packages,
	})
}

// unsupported names what of a schema or of its configuration the engine cannot serve.
func unsupported(data *codegen.Data) error {
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf(format, args...)) }
	if data.Config.Federation.IsDefined() {
		say("federation is not supported")
	}
	if data.Config.UseFunctionSyntaxForExecutionContext {
		say("use_function_syntax_for_execution_context is not supported")
	}
	for _, location := range []string{"FIELD", "QUERY", "MUTATION", "SUBSCRIPTION"} {
		for name := range data.AllDirectives.LocationDirectives(location) {
			say("@%s: directives on %s that run are not supported", name, location)
		}
	}
	for _, object := range data.Objects {
		if !object.Root {
			if _, ok := object.Type.(*types.Named); !ok || config.IsNilable(object.Type) {
				say("%s: its Go type must be a struct, not %s", object.Name, object.Type)
			}
		}
		for _, field := range object.Fields {
			if err := unsupportedField(field); err != nil {
				say("%s.%s: %w", object.Name, field.Name, err)
			}
		}
	}
	return errors.Join(found...)
}

func unsupportedField(f *codegen.Field) error {
	switch {
	case f.IsMap():
		return errors.New("fields of maps are not supported")
	case f.HasHaser:
		return errors.New("fields with a Has method are not supported")
	case f.VOkFunc:
		return errors.New("methods that return (value, bool) are not supported")
	case f.UsesSubscriptionContext():
		return errors.New("@subscriptionContext is not supported")
	case f.TypeReference.IsRoot:
		return errors.New("fields whose type is a root operation type are not supported")
	default:
		return unsupportedType(f.TypeReference)
	}
}

func unsupportedType(ref *config.TypeReference) error {
	switch {
	case ref.IsOmittable:
		return errors.New("graphql.Omittable is for inputs")
	case ref.IsPtrToSlice(), ref.IsPtrToIntf(), ref.IsPtrToPtr():
		return fmt.Errorf("the Go type %s is not supported: use %s", ref.GO, ref.Elem().GO)
	case ref.IsSlice():
		return unsupportedType(ref.Elem())
	case ref.GQL.Elem != nil:
		return fmt.Errorf("the Go type %s of a list is not a slice", ref.GO)
	case ref.Definition.IsLeafType() && ref.IsContext && !isFloat(ref):
		return fmt.Errorf("the scalar %s is marshalled with a context, which is not supported", ref.Definition.Name)
	default:
		return nil
	}
}

func isFloat(ref *config.TypeReference) bool {
	return ref.Marshaler != nil && ref.Marshaler.Name() == "MarshalFloatContext"
}

// table is what the template makes the table of.
type table struct {
	*codegen.Data
	Abstracts []*codegen.Interface // interfaces and unions that fields have, in the order of their names
}

func build(data *codegen.Data) table {
	t := table{Data: data}
	used := map[string]bool{}
	for _, object := range data.Objects {
		for _, field := range object.Fields {
			used[field.TypeReference.Definition.Name] = true
		}
	}
	for name, abstract := range data.Interfaces {
		if used[name] {
			t.Abstracts = append(t.Abstracts, concrete(abstract))
		}
	}
	slices.SortFunc(t.Abstracts, func(a, b *codegen.Interface) int { return strings.Compare(a.Name, b.Name) })
	return t
}

// concrete returns an abstract type without the interfaces that implement it: their own implementors are listed, too.
func concrete(abstract *codegen.Interface) *codegen.Interface {
	c := *abstract
	c.Implementors = slices.DeleteFunc(slices.Clone(c.Implementors), func(i codegen.InterfaceImplementor) bool {
		return i.Kind != ast.Object
	})
	return &c
}

func elem(t types.Type) types.Type { return t.(*types.Pointer).Elem() }

func goType(t types.Type) string { return templates.CurrentImports.LookupType(t) }

// engineName is how generated code calls package engine.
func engineName() string { return templates.CurrentImports.Lookup("bff/engine") }

// shape returns the expression of a type's shape.
func shape(ref *config.TypeReference) string {
	s := shapeOf(ref)
	if ref.GQL.NonNull {
		s += ".NonNull()"
	}
	return s
}

func shapeOf(ref *config.TypeReference) string {
	engine := engineName()
	switch {
	case ref.IsSlice():
		return fmt.Sprintf("%s.List[%s](%s)", engine, goType(ref.Elem().GO), shape(ref.Elem()))
	case ref.Definition.IsAbstractType():
		return "shapeOf" + ref.Definition.Name + "()"
	case ref.Definition.Kind == ast.Object && ref.IsPtr():
		return fmt.Sprintf("%s.Pointer[%s](%q)", engine, goType(ref.Elem().GO), ref.Definition.Name)
	case ref.Definition.Kind == ast.Object:
		return fmt.Sprintf("%s.Value[%s](%q)", engine, goType(ref.GO), ref.Definition.Name)
	default:
		return fmt.Sprintf("%s.Leaf(%s)", engine, leaf(ref))
	}
}

// appends names the functions of package engine that append what gqlgen's own marshalers write.
var appends = map[string]string{
	"MarshalString": "String", "MarshalID": "String", "MarshalBoolean": "Boolean", "MarshalTime": "Time",
	"MarshalInt": "Int[int]", "MarshalInt8": "Int[int8]", "MarshalInt16": "Int[int16]", "MarshalInt32": "Int[int32]", "MarshalInt64": "Int[int64]",
	"MarshalFloatContext": "Float[float64]",
}

// leaf returns the expression of what appends a scalar or an enum.
func leaf(ref *config.TypeReference) string {
	engine := engineName()
	if ref.Marshaler != nil && ref.Marshaler.Pkg().Path() == "github.com/99designs/gqlgen/graphql" && ref.CastType == nil && !ref.HasEnumValues() && !ref.IsTargetNilable() {
		if name := appends[ref.Marshaler.Name()]; name != "" {
			if ref.IsPtr() {
				return fmt.Sprintf("%s.Optional(%s.%s)", engine, engine, name)
			}
			return engine + "." + name
		}
	}

	null := ""
	if ref.IsNilable() {
		null = "if v == nil { return dst, false }\n"
	}
	return fmt.Sprintf("func(dst []byte, v %s) ([]byte, bool) {\n%sreturn %s.Marshal(dst, %s)\n}", goType(ref.GO), null, engine, marshaler(ref))
}

// marshaler returns the expression of a value's graphql.Marshaler, as gqlgen's own template has it.
func marshaler(ref *config.TypeReference) string {
	if ref.IsMarshaler {
		return "v"
	}
	value := "v"
	switch {
	case ref.IsTargetNilable() && !ref.IsNilable():
		value = "&v"
	case !ref.IsTargetNilable() && ref.IsNilable():
		value = "*v"
	}
	switch {
	case ref.HasEnumValues():
		value = fmt.Sprintf("%s[%s]", ref.EnumMarshalVar(false), value)
	case ref.CastType != nil:
		value = fmt.Sprintf("%s(%s)", goType(ref.CastType), value)
	}
	return fmt.Sprintf("%s(%s)", templates.Call(ref.Marshaler), value)
}

// plain says whether a field is read from its object without I/O.
func plain(f *codegen.Field) bool {
	if f.IsResolver || f.Object.Root {
		return false
	}
	return f.IsVariable() || f.NoErr && !f.MethodHasContext && len(f.Args) == 0
}

// call returns the body of the function that resolves a field.
func call(f *codegen.Field) string {
	switch {
	case f.GoReceiverName == "ec":
		return fmt.Sprintf("return live(ctx).%s(%s)", f.GoFieldName, f.CallArgs())
	case f.IsBatch():
		return fmt.Sprintf("return ec.Resolvers.%s().%s(%s)", templates.UcFirst(f.Object.Name), f.GoFieldName, f.BatchCallArgs("objs", ""))
	case f.IsResolver:
		return "return ec.Resolvers." + f.ShortInvocation()
	case f.NoErr:
		return fmt.Sprintf("return obj.%s(%s), nil", f.GoFieldName, f.CallArgs())
	default:
		return fmt.Sprintf("return obj.%s(%s)", f.GoFieldName, f.CallArgs())
	}
}

// known returns the signature of the optional method by which a resolver tells what it knows of its objects before they
// are loaded.
func known(f *codegen.Field) string {
	params, result := signature(f)
	return fmt.Sprintf("Known%s(%s) %s", f.GoFieldName, params, result)
}

// begin returns the signature of the optional method by which a resolver enqueues what it loads, and returns at once.
func begin(f *codegen.Field) string {
	params, result := signature(f)
	return fmt.Sprintf("Begin%s(%s) func() (%s, error)", f.GoFieldName, params, result)
}

// signature returns the parameters and the result of a field's resolver.
func signature(f *codegen.Field) (params, result string) {
	list := []string{"ctx " + templates.CurrentImports.Lookup("context") + ".Context"}
	result = goType(f.TypeReference.GO)
	if f.IsBatch() {
		list = append(list, "objs []"+goType(f.Object.Reference()))
		result = "[]" + result
	}
	for _, arg := range f.Args {
		list = append(list, arg.VarName+" "+goType(arg.TypeReference.GO))
	}
	return strings.Join(list, ", "), result
}

// constArgs says whether arguments without variables may be decoded once for all requests: no directive looks at them, and
// all are scalars or enums, which a resolver cannot change as it can a list or an input object.
func constArgs(f *codegen.Field) bool {
	return !slices.ContainsFunc(f.Args, func(a *codegen.FieldArgument) bool {
		return len(a.ImplDirectives()) > 0 || !plainValue(a.TypeReference.GO)
	})
}

// plainValue says whether values of a type are numbers, texts or truth values, or pointers to such.
func plainValue(t types.Type) bool {
	if p, is := types.Unalias(t).(*types.Pointer); is {
		t = p.Elem()
	}
	_, is := t.Underlying().(*types.Basic)
	return is
}

// constant returns the expression of a directive's argument, decoded; empty: it has none.
func constant(arg *codegen.FieldArgument) string {
	value := arg.Value
	if value == nil {
		value = arg.Default
	}
	if value == nil {
		return ""
	}
	return fmt.Sprintf("ec.%s(ctx, %s)", arg.TypeReference.UnmarshalFunc(), templates.Dump(value))
}

// wrapArgs returns the arguments with which a directive is called.
func wrapArgs(d *codegen.Directive, obj string, index int) string {
	args := []string{"ctx", obj, fmt.Sprintf("directive%d", index)}
	for _, arg := range d.Args {
		if constant(arg) == "" {
			args = append(args, "nil")
		} else {
			args = append(args, fmt.Sprintf("%s%d", arg.VarName, index))
		}
	}
	return strings.Join(args, ", ")
}
