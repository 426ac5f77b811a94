package plugin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"

	"bff/engine/plugin"
)

// project is a small gqlgen project: what is not given is that of a project that the engine serves.
type project struct {
	schema string // its types; Query is added if it is missing
	config string // added to gqlgen.yml
	words  string // Go types that the schema is bound to
}

// refusals is what the plugin refuses, and the sentence that says so.
var refusals = []struct {
	name string
	project
	want string
}{
	{
		name:    "federation",
		project: project{config: "federation:\n  filename: graph/federation.go\n  version: 2\n"},
		want:    "federation is not supported",
	},
	{
		name:    "function syntax",
		project: project{config: "use_function_syntax_for_execution_context: true\n"},
		want:    "use_function_syntax_for_execution_context is not supported",
	},
	{
		name:    "a directive of fields in queries",
		project: project{schema: "directive @upper on FIELD"},
		want:    "@upper: directives on FIELD that run are not supported",
	},
	{
		name:    "a directive of queries",
		project: project{schema: "directive @traced on QUERY"},
		want:    "@traced: directives on QUERY that run are not supported",
	},
	{
		name:    "a directive of mutations",
		project: project{schema: "directive @traced on MUTATION"},
		want:    "@traced: directives on MUTATION that run are not supported",
	},
	{
		name:    "a directive of subscriptions",
		project: project{schema: "directive @traced on SUBSCRIPTION"},
		want:    "@traced: directives on SUBSCRIPTION that run are not supported",
	},
	{
		name:    "an object that is a Go map",
		project: project{schema: "type Book { title: String! }", config: "models:\n  Book: {model: \"map[string]any\"}\n"},
		want:    "Book: its Go type must be a struct, not map[string]any",
	},
	{
		name:    "fields of a Go map",
		project: project{schema: "type Book { title: String! }", config: "models:\n  Book: {model: \"map[string]any\"}\n"},
		want:    "Book.title: fields of maps are not supported",
	},
	{
		name:    "an object that is a Go interface",
		project: project{schema: "type Book { title: String! }", words: "type Book interface{ Title() string }"},
		want:    "Book: its Go type must be a struct, not refused/words.Book",
	},
	{
		name: "a Has method",
		project: project{
			schema: "type Book { title: String }", config: "autobind_getter_haser: true\n",
			words: `type Book struct{ Title *string }
func (*Book) HasTitle() bool { return true }`,
		},
		want: "Book.title: fields with a Has method are not supported",
	},
	{
		name: "a method that says whether there is a value",
		project: project{schema: "type Book { title: String }", words: `type Book struct{}
func (*Book) Title() (string, bool) { return "", false }`},
		want: "Book.title: methods that return (value, bool) are not supported",
	},
	{
		name: "a subscription that changes its context",
		project: project{
			schema: "directive @subscriptionContext on FIELD_DEFINITION\ntype Subscription { ticks: Int! @subscriptionContext }",
			config: "directives:\n  subscriptionContext: {skip_runtime: true}\n",
		},
		want: "Subscription.ticks: @subscriptionContext is not supported",
	},
	{
		name:    "a field that leads to a root type",
		project: project{schema: "type Query { title: String! again: Query! }"},
		want:    "Query.again: fields whose type is a root operation type are not supported",
	},
	{
		name:    "a pointer to a slice",
		project: project{schema: "type Book { tags: [String!] }", words: "type Book struct{ Tags *[]string }"},
		want:    "Book.tags: the Go type *[]string is not supported: use []string",
	},
	{
		name: "a pointer to an interface",
		project: project{
			schema: "scalar Item\ntype Book { item: Item }", words: "type Book struct{ Item *any }",
			config: "models:\n  Item: {model: github.com/99designs/gqlgen/graphql.Any}\n",
		},
		want: "Book.item: the Go type *any is not supported: use any",
	},
	{
		name:    "a pointer to a pointer",
		project: project{schema: "type Book { title: String }", words: "type Book struct{ Title **string }"},
		want:    "Book.title: the Go type **string is not supported: use *string",
	},
	{
		name: "a list that is no slice",
		project: project{schema: "type Book { tags: [String!] }", words: `type Book struct{ Tags Tags }
type Tags []string
func (Tags) MarshalGQL(io.Writer) {}
func (*Tags) UnmarshalGQL(any) error { return nil }`},
		want: "Book.tags: the Go type refused/words.Tags of a list is not a slice",
	},
	{
		name: "a scalar that needs a context",
		project: project{schema: "scalar Price\ntype Book { price: Price! }", words: `type Book struct{ Price Price }
type Price int
func (Price) MarshalGQLContext(context.Context, io.Writer) error { return nil }
func (*Price) UnmarshalGQLContext(context.Context, any) error { return nil }`},
		want: "Book.price: the scalar Price is marshalled with a context, which is not supported",
	},
}

func TestWhatIsNotServedFailsGenerationWithASentence(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			err := c.generate(t)
			if err == nil {
				t.Fatalf("it is generated; want an error that says %q", c.want)
			}
			const intro = "the breadth-first engine cannot serve this schema: "
			if !strings.Contains(err.Error(), intro) || !says(err, intro, c.want) {
				t.Errorf("got %q, want a line %q", err, c.want)
			}
			if _, err := os.Stat("graph/table.generated.go"); err == nil {
				t.Error("a table is written all the same")
			}
		})
	}
}

// says whether one line of an error is a sentence.
func says(err error, intro, sentence string) bool {
	for line := range strings.Lines(err.Error()) {
		if _, after, found := strings.Cut(line, intro); found {
			line = after
		}
		if strings.TrimSpace(line) == sentence {
			return true
		}
	}
	return false
}

func TestAProjectThatIsServedIsGenerated(t *testing.T) {
	err := project{schema: "type Book { title: String! }", words: "type Book struct{ Title string }"}.generate(t)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("graph/table.generated.go"); err != nil {
		t.Error(err)
	}
}

// generate writes the project into a folder of its own, goes there, and generates its code. It downloads nothing.
func (p project) generate(t *testing.T) error {
	t.Helper()
	module, err := filepath.Abs("../testdata/newcomer")
	if err != nil {
		t.Fatal(err)
	}
	bff, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(module, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.schema, "type Query") {
		p.schema += "\ntype Query { title: String! }\n"
	}
	words := "// Package words is what the schema is bound to.\npackage words\n"
	for _, imported := range []string{"context", "io"} {
		if strings.Contains(p.words, imported+".") {
			words += "\nimport \"" + imported + "\"\n"
		}
	}

	t.Chdir(t.TempDir())
	t.Setenv("GOFLAGS", "-mod=readonly")
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOWORK", "off")
	write(t, "go.mod", strings.NewReplacer("module newcomer", "module refused", "../../..", bff).Replace(string(mod)))
	write(t, "go.sum", string(sum))
	write(t, "schema.graphqls", p.schema)
	write(t, "words/words.go", words+"\n"+p.words+"\n")
	write(t, "graph/doc.go", "// Package graph is generated.\npackage graph\n")
	write(t, "gqlgen.yml", `schema: [schema.graphqls]
exec: {layout: follow-schema, dir: graph, package: graph}
model: {filename: graph/models.generated.go, package: graph}
autobind: [refused/words]
skip_mod_tidy: true
skip_validation: true
`+p.config)

	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		t.Fatal(err)
	}
	return api.Generate(cfg, api.AddPlugin(plugin.New()))
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
