package rpcbff

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"bff"
)

// check says whether a decoded JSON value, with numbers as json.Number, has a shape. The error says where not, and
// never repeats a value.
func check(s *shape, value any, path string) error {
	wrong := func(want string) error {
		if path == "" {
			return bff.Errorf(bff.Invalid, "must be %s", want)
		}
		return bff.Errorf(bff.Invalid, "%s must be %s", path, want)
	}
	switch s.kind {
	case kindScalar:
		if !scalarHas(s.name, value) {
			return wrong(article(s.name))
		}
	case kindLiteral:
		if value != s.literal {
			return wrong(strconv.Quote(s.literal))
		}
	case kindNullable:
		if value != nil {
			return check(s.item, value, path)
		}
	case kindOptional:
		return check(s.item, value, path)
	case kindList:
		list, ok := value.([]any)
		if !ok {
			return wrong("a list")
		}
		for i, element := range list {
			if err := check(s.item, element, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case kindRecord:
		record, ok := value.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		for name, element := range record {
			if err := check(s.item, element, join(path, name)); err != nil {
				return err
			}
		}
	case kindUnion:
		return checkUnion(s, value, path, wrong)
	case kindObject:
		return checkObject(s, value, path, wrong)
	}
	return nil
}

func checkUnion(s *shape, value any, path string, wrong func(string) error) error {
	var wants []string
	for _, item := range s.items {
		if check(item, value, path) == nil {
			return nil
		}
		if item.kind == kindLiteral {
			wants = append(wants, strconv.Quote(item.literal))
		} else {
			wants = append(wants, article(item.name))
		}
	}
	return wrong(strings.Join(wants, " or "))
}

func checkObject(s *shape, value any, path string, wrong func(string) error) error {
	object, ok := value.(map[string]any)
	if !ok {
		return wrong("an object")
	}
	for _, f := range s.fields {
		member, given := object[f.name]
		if !given && f.shape.kind == kindOptional {
			continue
		}
		if !given {
			return bff.Errorf(bff.Invalid, "%s is missing", join(path, f.name))
		}
		if err := check(f.shape, member, join(path, f.name)); err != nil {
			return err
		}
	}
	return nil // members that are not named are left alone, as in GraphQL's envelope
}

// named returns a value that has a shape without the members that its objects do not name.
func named(s *shape, value any) any {
	switch v := value.(type) {
	case []any:
		if s.kind == kindList {
			for i := range v {
				v[i] = named(s.item, v[i])
			}
		}
	case map[string]any:
		switch s.kind { //nolint:exhaustive // the others are no objects
		case kindRecord:
			for name := range v {
				v[name] = named(s.item, v[name])
			}
		case kindObject:
			kept := map[string]any{}
			for _, f := range s.fields {
				if member, given := v[f.name]; given {
					kept[f.name] = named(f.shape, member)
				}
			}
			return kept
		}
	}
	if s.kind == kindNullable || s.kind == kindOptional {
		return named(s.item, value)
	}
	return value
}

func scalarHas(name string, value any) bool {
	switch name {
	case "String":
		_, ok := value.(string)
		return ok
	case "ID":
		if n, ok := value.(json.Number); ok {
			_, err := n.Int64()
			return err == nil
		}
		_, ok := value.(string)
		return ok
	case "Int":
		n, ok := value.(json.Number)
		if !ok {
			return false
		}
		_, err := n.Int64()
		return err == nil
	case "Float":
		_, ok := value.(json.Number)
		return ok
	case "Boolean":
		_, ok := value.(bool)
		return ok
	case "Date":
		text, ok := value.(string)
		if !ok {
			return false
		}
		_, err := time.Parse(time.RFC3339Nano, text)
		return err == nil
	default: // Json
		return true
	}
}

func article(name string) string {
	if name != "" && strings.ContainsRune("AEIO", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
