package graph

import (
	"context"
	"crypto/sha256"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
)

// Limits bound what one operation may be made of.
type Limits struct {
	Tokens             int // of the whole document
	Nesting            int // of brackets, counted before parsing
	Depth              int // of fields
	IntrospectionDepth int // of the fields below __schema and __type
	Aliases            int
	Directives         int
	RootFields         int
	Fields             int // with all fragments spread out
	Selections         int // of one selection set: validation compares each with each
	Operations         int // of one document
	Cost               int // of one operation, by @cost and @listSize; looked at when the document is known to be valid
	BatchCost          int // of all operations of one request
	Batch              int // operations of one request
	Sockets            int // open at the same time
	Subscriptions      int // operations of one socket at the same time
}

// DefaultLimits returns limits that let through what shipped clients send, full introspection included.
func DefaultLimits() Limits {
	return Limits{
		Tokens: 1000, Nesting: 50, Depth: 10, IntrospectionDepth: 20,
		Aliases: 15, Directives: 50, RootFields: 10, Fields: 2000, Selections: 100, Operations: 10,
		Cost: 1000, BatchCost: 5000, Batch: 10, Sockets: 1000, Subscriptions: 100,
	}
}

// Guard refuses documents that would hurt the parser, the validation or the execution, before any of them sees the
// document: validation overflows its stack on a cycle of fragments, which no recover catches, and takes time that
// grows with the square of the document. The guard itself takes time linear in the document: each fragment is measured
// once. It is a gqlgen extension. Safe for concurrent use.
type Guard struct {
	limits        Limits
	introspection func(ctx context.Context) bool
	passed        *lru.Cache[[sha256.Size]byte, bool] // documents that were found harmless; true: they ask for the schema
}

// rememberedDocuments bounds the cache of verdicts: 32 bytes each and a little more.
const rememberedDocuments = 4096

var _ interface {
	graphql.OperationParameterMutator
	graphql.HandlerExtension
} = (*Guard)(nil)

// NewGuard returns a guard with these limits; introspection says whether a request can ask for the schema.
func NewGuard(limits Limits, introspection func(ctx context.Context) bool) *Guard {
	passed, err := lru.New[[sha256.Size]byte, bool](rememberedDocuments)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Guard{limits: limits, introspection: introspection, passed: passed}
}

// ExtensionName implements graphql.HandlerExtension.
func (g *Guard) ExtensionName() string { return "Guard" }

// Validate implements graphql.HandlerExtension.
func (g *Guard) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements graphql.OperationParameterMutator. It changes nothing.
func (g *Guard) MutateOperationParameters(ctx context.Context, request *graphql.RawParams) *gqlerror.Error {
	hash := sha256.Sum256([]byte(request.Query))
	asks, known := g.passed.Get(hash)
	if !known {
		if err := g.scan(request.Query); err != nil {
			return err
		}
		document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: request.Query}, g.limits.Tokens)
		if err != nil {
			return nil //nolint:nilerr // the executor parses again and says what is wrong
		}
		var refused *gqlerror.Error
		if asks, refused = g.measure(document); refused != nil {
			return refused
		}
		g.passed.Add(hash, asks)
	}
	if asks && !g.introspection(ctx) {
		return IntrospectionIsOff()
	}
	return nil
}

// IntrospectionIsOff returns the error with which an operation is refused that asks for the schema and may not.
func IntrospectionIsOff() *gqlerror.Error {
	return RequestError(CodeForbidden, "introspection is switched off")
}

// scan counts tokens and nested brackets without parsing, which would recurse.
func (g *Guard) scan(query string) *gqlerror.Error {
	tokens, nesting := 0, 0
	for lex := lexer.New(&ast.Source{Input: query}); ; {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return nil //nolint:nilerr // the parser finds the same error and says what is wrong
		}

		tokens++
		switch token.Kind {
		case lexer.BraceL, lexer.BracketL, lexer.ParenL:
			nesting++
		case lexer.BraceR, lexer.BracketR, lexer.ParenR:
			nesting--
		default:
		}
		if tokens > g.limits.Tokens {
			return tooMuch("tokens", g.limits.Tokens)
		}
		if nesting > g.limits.Nesting {
			return tooMuch("nested brackets", g.limits.Nesting)
		}
	}
}

func tooMuch(of string, limit int) *gqlerror.Error {
	return RequestError(CodeLimitExceeded, "the operation has more than %d %s", limit, of)
}

// measure checks all operations, and all fragments whether used or not: validation walks them all. asks says whether
// one of them asks for the schema.
func (g *Guard) measure(document *ast.QueryDocument) (asks bool, _ *gqlerror.Error) {
	l := g.limits
	if len(document.Operations) > l.Operations {
		return false, tooMuch("operations", l.Operations)
	}
	m := &measurer{document: document, fragments: map[string]*extent{}}
	for _, fragment := range document.Fragments {
		m.fragment(fragment.Name)
	}
	if m.cycle != "" {
		return false, RequestError(CodeValidationFailed, "fragment %q spreads itself", m.cycle)
	}

	for _, operation := range document.Operations {
		total := m.selections(operation.SelectionSet)
		total.directives += len(operation.Directives)
		asks = asks || total.introspection > 0
		switch {
		case total.depth > l.Depth:
			return false, tooMuch("levels of fields", l.Depth)
		case total.introspection > l.IntrospectionDepth:
			return false, tooMuch("levels of introspection fields", l.IntrospectionDepth)
		case total.aliases > l.Aliases:
			return false, tooMuch("aliases", l.Aliases)
		case total.directives > l.Directives:
			return false, tooMuch("directives", l.Directives)
		case total.roots > l.RootFields:
			return false, tooMuch("root fields", l.RootFields)
		case total.fields > l.Fields:
			return false, tooMuch("fields", l.Fields)
		}
	}
	if m.widest > l.Selections {
		return false, tooMuch("selections in one set", l.Selections)
	}
	return asks, nil
}

// extent is how much a selection set asks for, with all fragments spread out.
type extent struct {
	depth, introspection               int // deepest level of fields, ordinary ones and those of introspection
	aliases, directives, fields, roots int
}

// enough is where counting stops: far above every limit, far below overflow even when fragments double it.
const enough = 1 << 30

func (e *extent) add(other extent) {
	e.depth = max(e.depth, other.depth)
	e.introspection = max(e.introspection, other.introspection)
	e.aliases = min(enough, e.aliases+other.aliases)
	e.directives = min(enough, e.directives+other.directives)
	e.fields = min(enough, e.fields+other.fields)
	e.roots = min(enough, e.roots+other.roots)
}

// measurer measures each fragment once, however often it is spread. Its recursion is bounded by the nesting of brackets
// times the number of fragments, both of which were counted before.
type measurer struct {
	document  *ast.QueryDocument
	fragments map[string]*extent // nil while being measured: meeting it again is a cycle
	cycle     string
	widest    int // selections of the largest set
}

func (m *measurer) selections(set ast.SelectionSet) extent {
	var total extent
	m.widest = max(m.widest, len(set))
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			total.add(m.field(s))
		case *ast.InlineFragment:
			part := m.selections(s.SelectionSet)
			part.directives += len(s.Directives)
			total.add(part)
		case *ast.FragmentSpread:
			part := m.fragment(s.Name)
			part.directives += len(s.Directives)
			total.add(part)
		}
	}
	return total
}

func (m *measurer) field(f *ast.Field) extent {
	below := m.selections(f.SelectionSet)
	below.roots = 1
	below.fields = min(enough, below.fields+1)
	below.directives += len(f.Directives)
	if f.Alias != f.Name {
		below.aliases++
	}

	if f.Name == "__schema" || f.Name == "__type" {
		below.introspection = below.depth + 1
		below.depth = 0
		return below
	}
	below.depth++
	return below
}

func (m *measurer) fragment(name string) extent {
	if known, met := m.fragments[name]; met {
		if known == nil {
			m.cycle = name
			return extent{}
		}
		return *known
	}

	definition := m.document.Fragments.ForName(name)
	if definition == nil {
		return extent{} // validation says so
	}
	m.fragments[name] = nil
	total := m.selections(definition.SelectionSet)
	total.directives += len(definition.Directives)
	m.fragments[name] = &total
	return total
}
