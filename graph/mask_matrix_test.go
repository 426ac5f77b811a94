package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bff/auth"
)

// TestTheMaskHasNoWayAround asks for a phone in every way the language has, as everybody, by every way to send it.
func TestTheMaskHasNoWayAround(t *testing.T) {
	users := map[string]string{ // ways to user 1
		"user":           `user(id: 1) { %s }`,
		"user by id":     `user(id: "VXNlcjox") { %s }`,
		"node":           `node(id: "VXNlcjox") { ... on User { %s } }`,
		"nodes":          `nodes(ids: ["VXNlcjox"]) { ... on User { %s } }`,
		"users":          `users(last: 1) { nodes { %s } }`,
		"edges":          `users(last: 1) { edges { node { %s } } }`,
		"author":         `post(id: 1) { author { %s } }`,
		"posts' authors": `posts(first: 1) { nodes { author { %s } } }`,
		"author's posts": `user(id: 1) { posts(first: 1) { nodes { author { %s } } } }`,
	}
	phones := map[string]string{ // ways to write the field
		"field":             `phone`,
		"alias":             `username: phone`,
		"twice":             `phone p: phone`,
		"inline fragment":   `... { phone }`,
		"typed fragment":    `... on User { phone }`,
		"interface":         `... on Node { ... on User { phone } }`,
		"named fragment":    `...F`,
		"nested fragments":  `...G`,
		"included":          `phone @include(if: true)`,
		"included by var":   `phone @include(if: $yes)`,
		"skipped not":       `phone @skip(if: $no)`,
		"deferred":          `... @defer { phone }`,
		"deferred by label": `... on User @defer(label: "x", if: $yes) { phone }`,
		"deferred fragment": `...F @defer`,
	}
	const fragments = ` fragment F on User { phone } fragment G on User { ...H } fragment H on Node { ... on User { phone } }`
	viewers := map[string]struct {
		viewer auth.Viewer
		clear  bool
	}{"nobody": {nobody, false}, "the owner": {lucus, true}, "somebody else": {mars, false}, "an administrator": {admin, true}}

	w, combinations := newWorld(t), 0
	for way, user := range users {
		for syntax, phone := range phones {
			query := "query Q($yes: Boolean = true, $no: Boolean = false) { " + fmt.Sprintf(user, phone) + " n: viewer @include(if: $yes) @skip(if: $no) { id } }" + fragments
			if !strings.Contains(phone, "...F") {
				query += " fragment I on User { ...F }"
			}
			query = used(query)
			for who, v := range viewers {
				for transport, r := range waysToSend(query) {
					combinations++
					answer := w.serve(v.viewer, r)
					if strings.Contains(answer, "1310000000") != v.clear || strings.Contains(answer, `"errors"`) || !v.clear && !strings.Contains(answer, "131****0001") {
						t.Errorf("%s, %s, %s, %s: %s", who, way, syntax, transport, answer)
					}
				}
			}
		}
	}
	t.Logf("%d combinations", combinations)
	if combinations < 500 {
		t.Error("too few combinations")
	}
	if log := w.log.String(); strings.Contains(log, "1310000000") {
		t.Errorf("a log line: %s", log)
	}
}

// used drops the fragments that a query does not use, for validation would refuse them.
func used(query string) string {
	parts := strings.Split(query, " fragment ")
	kept := parts[0]
	for again := true; again; {
		again = false
		for i, part := range parts[1:] {
			name, _, _ := strings.Cut(part, " ")
			if part != "" && strings.Contains(kept, "..."+name) {
				kept += " fragment " + part
				parts[i+1] = ""
				again = true
			}
		}
	}
	return kept
}

func waysToSend(query string) map[string]*http.Request {
	body, _ := json.Marshal(map[string]string{"query": query})
	post := func(accept string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", accept)
		return r
	}
	batch := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader("["+string(body)+"]"))
	batch.Header.Set("Content-Type", "application/json")
	batch.Header.Set("Accept", "application/graphql-response+jsonl")
	return map[string]*http.Request{
		"POST":   post("application/graphql-response+json"),
		"older":  post("application/json"),
		"parts":  post("multipart/mixed, application/json"),
		"events": post("text/event-stream"),
		"lines":  post("application/jsonl"),
		"batch":  batch,
		"GET":    httptest.NewRequest(http.MethodGet, "/graphql?"+url.Values{"query": {query}}.Encode(), nil),
	}
}

// TestNothingElseTellsAPhone looks where a value could be repeated or guessed.
func TestNothingElseTellsAPhone(t *testing.T) {
	w := newWorld(t)
	for _, query := range []string{
		`{ user(id: "13100000001") { id } }`,
		`{ users(first: 1, after: "13100000001") { nodes { id } } }`,
		`mutation { updateProfile(input: {phone: "13100000001x"}) { viewer { id } } }`,
		`mutation { updateProfile(input: {phone: 13100000001}) { viewer { id } } }`,
		`query($p: Boolean!) { user(id: 1) @include(if: $p) { phone } }`,
		`{ __type(name: "User") { fields { name description args { name defaultValue } } } }`,
	} {
		for _, viewer := range []auth.Viewer{nobody, mars} {
			if answer := w.query(viewer, query, map[string]any{"p": "13100000001"}); strings.Contains(answer, "1310000000") {
				t.Errorf("%s: %s", query, answer)
			}
		}
	}
	// No list can be filtered or put in order by a phone, so none tells one by its order.
	for _, field := range []string{"users", "posts"} {
		answer := w.query(nobody, `{ __type(name: "Query") { fields { name args { name } } } }`, nil)
		for _, argument := range []string{"where", "filter", "orderBy", "search", "phone"} {
			if strings.Contains(answer, `"name":"`+argument+`"`) {
				t.Errorf("%s has the argument %s", field, argument)
			}
		}
	}
	if log := w.log.String(); strings.Contains(log, "1310000000") {
		t.Errorf("a log line: %s", log)
	}
}

// TestEveryMutationSaysWhoMayCallIt keeps new ones from being forgotten.
func TestEveryMutationSaysWhoMayCallIt(t *testing.T) {
	schema := newWorld(t).schema
	for _, field := range schema.Mutation.Fields {
		if requires := field.Directives.ForName("auth"); requires == nil && field.Name != "signIn" {
			t.Errorf("%s is open to everybody", field.Name)
		}
	}
}
