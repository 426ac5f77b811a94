package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Numbers of the queries below.
const (
	homeID      = 1
	constantID  = 123
	variableIDs = 1000 // different ids of Q6, from the first generated user

	nestedRows  = 30
	nestedUsers = 50
	nestedPosts = 3
)

const variableUser = "query Q6($id: ID!) { user(id: $id) { username avatarUrl postCount posts(first: 10) { nodes { title } } } }"

// documents is every query that is no component of the page, with how the limit answers it.
func documents() map[string]answer {
	all := map[string]answer{
		"{ __typename }": typename,
		"{ posts(first: 100) { edges { node { title } } } }": titles(100),
		constantUser(): userPage(constantID),
		variableUser:   userPage(0),
		"query Home { user(id: 1) { username avatarUrl phone postCount } }": home,
		usersDocument: usersWithPosts,
	}
	for _, n := range rowNumbers {
		all[rowsDocument(n)] = postsWithAuthors(n)
	}
	for levels := 1; levels <= maxLevels; levels++ {
		all[nestedDocument(levels)] = nested(levels)
	}
	return all
}

const (
	maxLevels     = 4
	usersDocument = "{ users(first: 50) { edges { node { username posts(first: 3) { edges { node { title author { username } } } } postCount } } } }"
)

// rowNumbers are the sizes of the list that the growth with rows is measured by. The last is Q1.
var rowNumbers = []int32{1, 10, 30, 100}

func constantUser() string {
	return fmt.Sprintf("{ user(id: %d) { username avatarUrl postCount posts(first: 10) { nodes { title } } } }", constantID)
}

func rowsDocument(n int32) string {
	return fmt.Sprintf("{ posts(first: %d) { edges { node { title author { username } } } } }", n)
}

func nestedDocument(levels int) string {
	inside := []string{
		"title",
		"title author { username }",
		"title author { username posts(first: 3) { nodes { title } } }",
		"title author { username posts(first: 3) { nodes { title author { username } } } }",
	}
	return fmt.Sprintf("{ posts(first: %d) { nodes { %s } } }", nestedRows, inside[levels-1])
}

func (c component) document() string { return "{ " + c.field + c.rest + " }" }

// composedDocument is the page of all components as one query.
func composedDocument() string {
	var document strings.Builder
	document.WriteString("query Page {")
	for i, c := range components() {
		fmt.Fprintf(&document, " c%d: %s%s", i, c.field, c.rest)
	}
	document.WriteString(" }")
	return document.String()
}

// What a client says it reads.
const (
	acceptJSON  = "application/json"
	acceptLines = "application/graphql-response+jsonl"
)

// query is one thing to measure.
type query struct {
	name, title string
	accept      string
	latency     bool // whether its latency is measured, too, if nobody says
	// units are the bodies that one measured request sends, one after the other. Different units are sent in turn.
	units [][]string
}

// queries is everything that is measured, in the order of the report.
func queries() []query {
	list := []query{
		single("Q1", "100 posts with title and author", rowsDocument(100), true),
		single("Q2", "100 titles", "{ posts(first: 100) { edges { node { title } } } }", false),
		single("Q3", "a user with count and ten posts, constant id", constantUser(), true),
		variable(),
		single("Q4", "`__typename`", "{ __typename }", false),
		single("Home", "the home page's user", "query Home { user(id: 1) { username avatarUrl phone postCount } }", true),
		single("Composed", "ten components, one query", composedDocument(), false),
		streamed(),
		tenSingle(),
		single("Users", "50 users with posts, authors and counts", usersDocument, false),
	}
	for levels := 1; levels <= maxLevels; levels++ {
		list = append(list, single(fmt.Sprintf("Levels%d", levels), fmt.Sprintf("30 posts, %d levels", levels), nestedDocument(levels), false))
	}
	for _, n := range rowNumbers {
		list = append(list, single(fmt.Sprintf("Rows%d", n), fmt.Sprintf("Q1 with %d posts", n), rowsDocument(n), false))
	}
	return list
}

func single(name, title, document string, latency bool) query {
	return query{name: name, title: title, accept: acceptJSON, latency: latency, units: [][]string{{envelopeOf(document, "")}}}
}

func variable() query {
	q := query{name: "Q6", title: "Q3 with 1,000 ids as variables", accept: acceptJSON}
	for id := range variableIDs {
		q.units = append(q.units, []string{envelopeOf(variableUser, strconv.Itoa(id+firstGeneratedUser))})
	}
	return q
}

func streamed() query {
	var operations []string
	for _, c := range components() {
		operations = append(operations, envelopeOf(c.document(), ""))
	}
	body := "[" + strings.Join(operations, ",") + "]"
	return query{name: "Stream", title: "ten components, streamed batch", accept: acceptLines, units: [][]string{{body}}}
}

func tenSingle() query {
	q := query{name: "Singles", title: "ten components, ten requests", accept: acceptJSON, units: [][]string{nil}}
	for _, c := range components() {
		q.units[0] = append(q.units[0], envelopeOf(c.document(), ""))
	}
	return q
}

// envelopeOf is the body of a request. id is the variable of that name, if not empty.
func envelopeOf(document, id string) string {
	request := map[string]any{"query": document}
	if id != "" {
		request["variables"] = map[string]string{"id": id}
	}
	text, _ := json.Marshal(request) // strings can always be marshalled
	return string(text)
}
