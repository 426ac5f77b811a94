package rpcbff

import (
	"maps"
	"slices"
)

// deprecatedIn returns the coordinates of what is deprecated and used by a call whose input has the procedure's type: the
// procedure itself as rpc:user.get, a field of its input as rpc:ListInput.first; sorted, each once. Fields of types
// without a name have no coordinate. What a caller reads of an output nobody but the caller knows.
func (p *Procedure) deprecatedIn(input any) []string {
	d := deprecations{}
	if p.deprecated != "" {
		d["rpc:"+p.name()] = struct{}{}
	}
	d.walk(p.input, input)
	if len(d) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(d))
}

type deprecations map[string]struct{}

func (d deprecations) walk(s *shape, value any) {
	switch v := value.(type) {
	case []any:
		if s.kind == kindList {
			for _, element := range v {
				d.walk(s.item, element)
			}
		}
	case map[string]any:
		d.members(s, v)
	}
	switch s.kind { //nolint:exhaustive // the others hold nothing, or were walked
	case kindNullable, kindOptional:
		d.walk(s.item, value)
	case kindUnion:
		for _, item := range s.items {
			if check(item, value, "") == nil {
				d.walk(item, value)
				return
			}
		}
	}
}

func (d deprecations) members(s *shape, object map[string]any) {
	switch s.kind { //nolint:exhaustive // the others have no members
	case kindRecord:
		for _, member := range object {
			d.walk(s.item, member)
		}
	case kindObject:
		for _, f := range s.fields {
			member, given := object[f.name]
			if !given {
				continue
			}
			if f.deprecated != "" && s.name != "" {
				d["rpc:"+s.name+"."+f.name] = struct{}{}
			}
			d.walk(f.shape, member)
		}
	}
}
