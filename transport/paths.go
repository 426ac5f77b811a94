package transport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// object is a JSON object and where it stands.
type object struct {
	path []any
	json json.RawMessage
}

// objects returns the objects in data to which a way of response keys leads.
func objects(data json.RawMessage, way []string, path []any) []object {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	switch data[0] {
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(data, &elements) != nil {
			return nil
		}
		var found []object
		for i, element := range elements {
			found = append(found, objects(element, way, append(slices.Clone(path), i))...)
		}
		return found
	case '{':
		if len(way) == 0 {
			return []object{{path, data}}
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil {
			return nil
		}
		return objects(members[way[0]], way[1:], append(slices.Clone(path), way[0]))
	default:
		return nil
	}
}

// payload takes the sign out of a part's object that the part applies to it.
func payload(object json.RawMessage, sign string) (json.RawMessage, bool) {
	i := bytes.LastIndex(object, []byte(`"`+sign+`":`))
	if i < 0 {
		return nil, false
	}
	return append(bytes.TrimSuffix(slices.Clone(object[:i]), []byte{','}), '}'), true
}

// errorsBelow returns the errors of fields at a path and below it.
func errorsBelow(errs gqlerror.List, path []any) gqlerror.List {
	var below gqlerror.List
	for _, err := range errs {
		if len(err.Path) < len(path) {
			continue
		}
		same := true
		for i, step := range path {
			switch s := err.Path[i].(type) {
			case ast.PathName:
				same = same && step == string(s)
			case ast.PathIndex:
				same = same && step == int(s)
			}
		}
		if same {
			below = append(below, err)
		}
	}
	return below
}

func pathText(path []any) string {
	var b strings.Builder
	for _, step := range path {
		switch s := step.(type) {
		case string:
			b.WriteString("." + s)
		case int:
			fmt.Fprintf(&b, ".%09d", s) // so that 10 comes after 9
		}
	}
	return b.String()
}
