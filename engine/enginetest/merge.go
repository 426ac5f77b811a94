package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff/engine"
)

// merged is an answer in parts, put together.
type merged struct {
	data   any
	errors gqlerror.List
	failed []ast.Path // of parts that are null
	parts  int
	open   map[int]bool // ids that were announced and not delivered
	seen   map[int]bool // ids that were announced
}

// Incremental carries out an operation in parts, and says where they differ from its plain answer. It returns how many
// parts there were. in returns what an operation is carried out in; nil: ctx.
func Incremental(ctx context.Context, in func(context.Context) context.Context, exec *executor.Executor, params Params) (parts int, err error) {
	if in == nil {
		in = func(ctx context.Context) context.Context { return ctx }
	}
	plain := Ask(in(ctx), exec, params)
	m, err := inParts(in(ctx), exec, params)
	if err == nil {
		err = m.differ(plain)
	}
	if err != nil {
		err = fmt.Errorf("%w\nplain %s\nquery: %s\nvariables: %v", err, plain.Data, params.Query, params.Variables)
	}
	return m.parts, err
}

func inParts(ctx context.Context, exec *executor.Executor, params Params) (*merged, error) {
	m := &merged{open: map[int]bool{}, seen: map[int]bool{}}
	in := &engine.Incremental{}
	next, ctx := Begin(engine.WithIncremental(ctx, in), exec, params)
	response := next(ctx)
	if len(response.Data) > 0 {
		if err := json.Unmarshal(response.Data, &m.data); err != nil {
			return m, err
		}
	}
	for {
		if err := m.add(response, in); err != nil || !in.More {
			return m, err
		}
		in.Pending, in.Delivered = nil, nil
		if response = next(ctx); response == nil {
			return m, fmt.Errorf("more was announced, and nothing came")
		}
	}
}

// add takes what a response announces and delivers.
func (m *merged) add(response *graphql.Response, in *engine.Incremental) error {
	m.errors = append(m.errors, response.Errors...)
	for _, p := range in.Pending {
		if m.seen[p.ID] {
			return fmt.Errorf("part %d was announced twice", p.ID)
		}
		m.open[p.ID], m.seen[p.ID] = true, true
		if _, err := at(m.data, p.Path); err != nil && !deliveredLater(in, p) {
			return fmt.Errorf("announced at a place that is not there: %w", err)
		}
	}
	for _, d := range in.Delivered {
		if err := m.deliver(d); err != nil {
			return err
		}
	}
	if !in.More && len(m.open) > 0 {
		return fmt.Errorf("%d parts were announced and never delivered", len(m.open))
	}
	return nil
}

// deliveredLater says whether a part stands in what the same response delivers.
func deliveredLater(in *engine.Incremental, p engine.Pending) bool {
	return slices.ContainsFunc(in.Delivered, func(d engine.Delivery) bool {
		return len(d.Path) <= len(p.Path) && slices.Equal(d.Path, p.Path[:len(d.Path)])
	})
}

func (m *merged) deliver(d engine.Delivery) error {
	if !m.open[d.ID] {
		return fmt.Errorf("part %d at %s was delivered, and not announced", d.ID, d.Path)
	}
	delete(m.open, d.ID)
	m.parts++
	m.errors = append(m.errors, d.Errors...)
	if d.Failed() {
		m.failed = append(m.failed, d.Path)
		return nil
	}
	if d.Stream {
		return m.extend(d)
	}
	var data any
	if err := json.Unmarshal(d.Data, &data); err != nil {
		return fmt.Errorf("part at %s: %w: %s", d.Path, err, d.Data)
	}
	into, err := at(m.data, d.Path)
	if err != nil {
		return err
	}
	return merge(into, data, d.Path.String())
}

// extend adds the rest of a list.
func (m *merged) extend(d engine.Delivery) error {
	into, err := at(m.data, d.Path)
	if err != nil {
		return err
	}
	list, ok := into.([]any)
	if !ok || len(list) != d.From {
		return fmt.Errorf("%s: items from %d were delivered onto %v", d.Path, d.From, into)
	}
	for _, item := range d.Items {
		var value any
		if err := json.Unmarshal(item, &value); err != nil {
			return fmt.Errorf("item at %s: %w: %s", d.Path, err, item)
		}
		list = append(list, value)
	}
	parent, err := at(m.data, d.Path[:len(d.Path)-1])
	if err != nil {
		return err
	}
	parent.(map[string]any)[string(d.Path[len(d.Path)-1].(ast.PathName))] = list
	return nil
}

// at returns what stands at a path.
func at(data any, path ast.Path) (any, error) {
	for i, step := range path {
		ok := false
		switch s := step.(type) {
		case ast.PathName:
			var object map[string]any
			if object, ok = data.(map[string]any); ok {
				data, ok = object[string(s)]
			}
		case ast.PathIndex:
			var list []any
			if list, ok = data.([]any); ok && int(s) < len(list) {
				data = list[s]
			}
		}
		if !ok {
			return data, fmt.Errorf("%s leads nowhere", path[:i+1])
		}
	}
	if data == nil {
		return nil, fmt.Errorf("%s is null", path)
	}
	return data, nil
}

// merge puts a part into what was delivered before. No leaf may be there already.
func merge(into, data any, path string) error {
	switch part := data.(type) {
	case map[string]any:
		object, ok := into.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: an object was delivered onto %v", path, into)
		}
		for key, value := range part {
			known, there := object[key]
			if !there {
				object[key] = value
				continue
			}
			if err := merge(known, value, path+"."+key); err != nil {
				return err
			}
		}
		return nil
	case []any:
		list, ok := into.([]any)
		if !ok || len(list) < len(part) { // longer by what @stream has delivered meanwhile
			return fmt.Errorf("%s: a list of %d was delivered onto %v", path, len(part), into)
		}
		for i, value := range part {
			if value == nil && list[i] == nil {
				continue // keeps the place of the next ones
			}
			if err := merge(list[i], value, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("%s was delivered twice: %v, then %v", path, into, data)
	}
}

// differ says where the parts differ from the plain answer.
func (m *merged) differ(plain *graphql.Response) error {
	var want any
	if len(plain.Data) > 0 {
		if err := json.Unmarshal(plain.Data, &want); err != nil {
			return err
		}
	}
	if err := m.compare(m.data, want, nil); err != nil {
		got, _ := json.Marshal(m.data)
		return fmt.Errorf("merged is not the plain answer: %w\nparts %s", err, got)
	}
	return m.differInErrors(plain)
}

func (m *merged) differInErrors(plain *graphql.Response) error {
	// Fields of several parts that fail are reported with each of them.
	wanted, got := slices.Compact(uncounted(plain.Errors)), slices.Compact(uncounted(m.errors))
	if extra := without(got, wanted); len(extra) > 0 {
		return fmt.Errorf("only in parts: %s", strings.Join(extra, ", "))
	}
	for _, err := range without(wanted, got) {
		path, _ := parts(err)
		inFailed := slices.ContainsFunc(m.failed, func(failed ast.Path) bool { return strings.HasPrefix(path, failed.String()) })
		if !inFailed && !nulled(string(plain.Data), path) {
			return fmt.Errorf("only in the plain answer: %s", err)
		}
	}
	return nil
}

// parentsInMessage is how many objects a resolver was called with: fewer, if a list comes in two parts.
var parentsInMessage = regexp.MustCompile(`returned \d+ (results|errors) for \d+ parents$`)

// uncounted is Errors without that number.
func uncounted(errs gqlerror.List) []string {
	texts := Errors(errs)
	for i, text := range texts {
		texts[i] = parentsInMessage.ReplaceAllString(text, "returned a wrong number of $1")
	}
	return texts
}

// compare says where merged data differs from plain data. A part that failed lacks its fields, and what it would have made
// null is still there: it was delivered before.
func (m *merged) compare(got, want any, path ast.Path) error {
	switch {
	case got == nil && want == nil:
		return nil
	case want == nil && m.fails(path):
		return nil
	}
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: %v, not an object", path, got)
		}
		return m.compareObject(object, want, path)
	case []any:
		list, ok := got.([]any)
		if ok && len(list) < len(want) && m.fails(path) {
			want = want[:len(list)] // its rest failed
		}
		if !ok || len(list) != len(want) {
			return fmt.Errorf("%s: %v, not %v", path, got, want)
		}
		for i := range want {
			if err := m.compare(list[i], want[i], append(slices.Clip(path), ast.PathIndex(i))); err != nil {
				return err
			}
		}
		return nil
	default:
		if got != want {
			return fmt.Errorf("%s: %v, not %v", path, got, want)
		}
		return nil
	}
}

func (m *merged) compareObject(got, want map[string]any, path ast.Path) error {
	for key := range got {
		if _, ok := want[key]; !ok {
			return fmt.Errorf("%s: has %s", path, key)
		}
	}
	for key, value := range want {
		known, ok := got[key]
		if !ok && m.within(path) {
			continue
		}
		if !ok {
			return fmt.Errorf("%s: lacks %s", path, key)
		}
		if err := m.compare(known, value, append(slices.Clip(path), ast.PathName(key))); err != nil {
			return err
		}
	}
	return nil
}

// within says whether a path leads into the object of a part that failed.
func (m *merged) within(path ast.Path) bool {
	return slices.ContainsFunc(m.failed, func(failed ast.Path) bool {
		return len(failed) <= len(path) && slices.Equal(failed, path[:len(failed)])
	})
}

// fails says whether a part that failed makes null of what is at a path in the plain answer.
func (m *merged) fails(path ast.Path) bool {
	return m.within(path) || slices.ContainsFunc(m.failed, func(failed ast.Path) bool {
		return len(path) <= len(failed) && slices.Equal(path, failed[:len(path)])
	})
}
