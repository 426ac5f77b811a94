package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"bff/auth"
	"bff/engine"
	"bff/graph"
)

// TestThePhoneIsMaskedOnEveryPath reads the phone of user 1 in every way there is, as every kind of viewer.
func TestThePhoneIsMaskedOnEveryPath(t *testing.T) {
	paths := map[string]string{
		"user":       `{ user(id: 1) { %s } }`,
		"global id":  `{ user(id: "VXNlcjox") { %s } }`,
		"node":       `{ node(id: "VXNlcjox") { ... on User { %s } } }`,
		"nodes":      `{ nodes(ids: ["UG9zdDox", "VXNlcjox"]) { ... on User { %s } } }`,
		"users":      `{ users(first: 1) { edges { node { %s } } } }`,
		"user nodes": `{ users(last: 1) { nodes { %s } } }`,
		"author":     `{ post(id: 1) { author { %s } } }`,
		"authors":    `{ posts(first: 3) { edges { node { author { %s } } } } }`,
		"nested":     `{ user(id: 1) { posts(first: 1) { nodes { author { posts(first: 1) { nodes { author { %s } } } } } } } }`,
		"deferred":   `{ user(id: 1) { ... @defer { %s } } }`,
	}
	ways := map[string]string{
		"plain":           `phone`,
		"alias":           `x: phone`,
		"alias as name":   `username: phone`,
		"twice":           `a: phone b: phone`,
		"inline fragment": `... { phone }`,
		"typed fragment":  `... on User { ... on Node { ... on User { phone } } }`,
		"directive":       `phone @include(if: true)`,
	}
	viewers := map[string]struct {
		viewer auth.Viewer
		clear  bool
	}{"nobody": {nobody, false}, "owner": {lucus, true}, "other": {mars, false}, "admin": {admin, true}}

	for pathName, path := range paths {
		for wayName, way := range ways {
			for viewerName, as := range viewers {
				t.Run(fmt.Sprintf("%s/%s/%s", pathName, wayName, viewerName), func(t *testing.T) {
					answer := newWorld(t).query(as.viewer, fmt.Sprintf(path, way), nil)
					if strings.Contains(answer, phone) != as.clear || strings.Contains(answer, "131****0001") == as.clear {
						t.Error(answer)
					}
				})
			}
		}
	}
}

func TestSigningInOpensNothingInTheSameRequest(t *testing.T) {
	answer := newWorld(t).query(nobody, `mutation { signIn(input: {username: "lucus", password: "111111"}) { token viewer { username phone } } }`, nil)
	if want := `{"data":{"signIn":{"token":"token","viewer":{"username":"lucus","phone":"131****0001"}}}}`; answer != want {
		t.Errorf("got  %s\nwant %s", answer, want)
	}
}

// TestEveryPhoneFieldCarriesAMask keeps a later field from forgetting it, and every mask from being silent about it:
// directives do not show in introspection.
func TestEveryPhoneFieldCarriesAMask(t *testing.T) {
	for _, definition := range schema(t).Types {
		for _, field := range definition.Fields {
			masked := field.Directives.ForName("mask") != nil
			if definition.Kind == ast.Object && strings.Contains(strings.ToLower(field.Name), "phone") && !masked {
				t.Errorf("%s.%s carries no @mask", definition.Name, field.Name)
			}
			if masked && !strings.Contains(field.Description, "Masked") {
				t.Errorf("the description of %s.%s does not say that it is masked", definition.Name, field.Name)
			}
			if masked && field.Type.NonNull {
				t.Errorf("%s.%s is masked and not nullable: the mask could not fail closed", definition.Name, field.Name)
			}
		}
	}
}

func TestEveryDeprecationSaysWhatToUse(t *testing.T) {
	check := func(coordinate, description string, directives ast.DirectiveList) {
		deprecated := directives.ForName("deprecated")
		if deprecated == nil {
			return
		}
		reason := deprecated.Arguments.ForName("reason")
		if reason == nil || !strings.Contains(reason.Value.Raw, "Use `") || !strings.Contains(description, "Deprecated: use `") {
			t.Errorf("%s does not say what to use instead", coordinate)
		}
	}
	for _, definition := range schema(t).Types {
		if strings.HasPrefix(definition.Name, "__") {
			continue
		}
		for _, field := range definition.Fields {
			check(definition.Name+"."+field.Name, field.Description, field.Directives)
			for _, argument := range field.Arguments {
				check(definition.Name+"."+field.Name+"("+argument.Name+":)", argument.Description, argument.Directives)
			}
		}
		for _, value := range definition.EnumValues {
			check(definition.Name+"."+value.Name, value.Description, value.Directives)
		}
	}
}

func TestNoPasswordIsAField(t *testing.T) {
	for _, definition := range schema(t).Types {
		for _, field := range definition.Fields {
			if definition.Kind == ast.Object && strings.Contains(strings.ToLower(field.Name), "password") {
				t.Errorf("%s.%s", definition.Name, field.Name)
			}
		}
	}
}

func schema(t *testing.T) *ast.Schema {
	t.Helper()
	return graph.NewSchema(&graph.Resolver{}, engine.Options{}).Schema()
}
