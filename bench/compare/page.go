package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// component is a part of a page with data needs of its own, written for both façades.
type component struct {
	kind      string
	slow      bool   // wants something of the post service
	declares  string // the variable of its query
	field     string // its root field, with the variable
	selection string
	path      string // of its procedure
	input     string // of the procedure, and the variables of the query
	shows     func(value any) error
}

// document is the component's query alone.
func (c component) document() string {
	return "query " + strings.ToUpper(c.kind[:1]) + c.kind[1:] + "(" + c.declares + ") { " + c.field + " " + c.selection + " }"
}

// aliased is the component's part of a query for several.
func (c component) aliased(i int) string {
	name, value, _ := strings.Cut(strings.Trim(c.input, "{}"), ":")
	return fmt.Sprintf("c%d: %s %s", i, strings.ReplaceAll(c.field, "$"+strings.Trim(name, `"`), value), c.selection)
}

// root is the name of the root field.
func (c component) root() string { return c.field[:strings.IndexByte(c.field, '(')] }

func profile(user any) component {
	return component{
		kind: "profile", declares: "$id: ID!", field: "user(id: $id)", selection: "{ username avatarUrl phone }",
		path: "user.get", input: fmt.Sprintf(`{"id":"%v"}`, user),
		shows: func(v any) error { return texts(v, "username", "avatarUrl", "phone") },
	}
}

func people(first int) component {
	return component{
		kind: "people", declares: "$first: Int", field: "users(first: $first)", selection: "{ nodes { username avatarUrl } }",
		path: "user.list", input: fmt.Sprintf(`{"first":%d}`, first),
		shows: func(v any) error {
			return each(v, first, func(v any) error { return texts(v, "username", "avatarUrl") })
		},
	}
}

func count(user int) component {
	return component{
		kind: "count", slow: true, declares: "$id: ID!", field: "user(id: $id)", selection: "{ username postCount }",
		path: "user.home", input: fmt.Sprintf(`{"id":"%d"}`, user),
		shows: func(v any) error {
			named := v
			if user := at(v, "user"); user != nil { // of the procedure
				named = user
			}
			if _, ok := at(v, "postCount").(float64); !ok {
				return fmt.Errorf("no postCount in %v", v)
			}
			return texts(named, "username")
		},
	}
}

func latest(first int) component {
	return component{
		kind: "latest", slow: true, declares: "$first: Int", field: "posts(first: $first)", selection: "{ nodes { title createdAt } }",
		path: "post.list", input: fmt.Sprintf(`{"first":%d}`, first),
		shows: func(v any) error { return each(v, first, func(v any) error { return texts(v, "title", "createdAt") }) },
	}
}

// homePage is that of S1: n components, the kinds in turn, no two of them equal.
func homePage(n int) []component {
	users := []int{1, 2, 1001, 1002, 501, 502}
	page := make([]component, n)
	for i := range page {
		round := i / 4
		switch i % 4 {
		case 0:
			page[i] = profile(users[round])
		case 1:
			page[i] = count(users[round])
		case 2:
			page[i] = people(5 + round)
		default:
			page[i] = latest(5 + round)
		}
	}
	return page
}

// duplicates is the page of S3: four of six want the same user.
func duplicates() []component {
	return []component{profile(1001), count(1001), profile(1001), profile(2), count(1001), people(5)}
}

// article is the example of the RPC-BFF article: four needs in one tick, two of them equal.
func article() []component { return []component{count(1), profile(2), count(1), latest(1)} }

// failing is the page of S7: one of six asks for what cannot be.
func failing() []component {
	page := homePage(6)
	page[4] = profile("nobody")
	return page
}

func at(v any, name string) any {
	object, _ := v.(map[string]any)
	return object[name]
}

func texts(v any, names ...string) error {
	for _, name := range names {
		if text, ok := at(v, name).(string); !ok || text == "" {
			return fmt.Errorf("no %s in %v", name, v)
		}
	}
	return nil
}

// each checks the elements of a connection's nodes, or of a procedure's items.
func each(v any, n int, check func(any) error) error {
	list, _ := at(v, "nodes").([]any)
	if list == nil {
		list, _ = at(v, "items").([]any)
	}
	if len(list) != n {
		return fmt.Errorf("%d of %d elements", len(list), n)
	}
	for _, element := range list {
		if err := check(element); err != nil {
			return err
		}
	}
	return nil
}

func parse(text []byte) (v any, err error) {
	err = json.Unmarshal(text, &v)
	return v, err
}
