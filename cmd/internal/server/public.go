package server

import (
	"log/slog"
	"net/netip"
	"net/url"

	"bff/cmd/internal/program"
	"bff/graph"
	"bff/transport"
)

// Public holds the settings of what strangers meet: who may call, what they may ask and how much of it.
type Public struct {
	Production       bool
	Introspection    bool
	Playground       bool
	Compare          bool
	TrustedDocuments string
	TrustedMode      string
	CORSOrigins      string
	TrustedProxies   string
	JWKS             string
	JWTIssuer        string
	JWTAudience      string
	Rate             int
	PartialSuccess   bool
	MaxBody          int
	Limits           graph.Limits

	flags *program.Flags // to know what was set
}

func (p *Public) define(flags *program.Flags) {
	p.flags = flags
	flags.Bool(&p.Production, "production", "BFF_PRODUCTION", false, "introspection, Playground, comparison and suggestions off unless set; strict headers; a rate unless set")
	flags.Bool(&p.Introspection, "introspection", "BFF_INTROSPECTION", true, "whether everybody can ask for the schema; administrators always can")
	flags.Bool(&p.Playground, "playground", "BFF_PLAYGROUND", true, "whether / serves the Playground")
	flags.Bool(&p.Compare, "compare", "BFF_COMPARE", true, "whether /app and /compare are served, and requests may slow the post service and leave out the caches for themselves")
	flags.String(&p.TrustedDocuments, "trusted-documents", "BFF_TRUSTED_DOCUMENTS", "", "manifest of trusted documents, as Relay, GraphQL Code Generator or Apollo write it; read again when it changes")
	flags.String(&p.TrustedMode, "trusted-mode", "BFF_TRUSTED_MODE", string(transport.TrustedOff), "other documents: off (carried out), log (carried out, and said), enforce (refused)")
	flags.String(&p.CORSOrigins, "cors-origins", "BFF_CORS_ORIGINS", "", "origins whose pages may call, comma-separated, such as https://app.example")
	flags.String(&p.TrustedProxies, "trusted-proxies", "BFF_TRUSTED_PROXIES", "", "networks whose X-Forwarded-For is believed, comma-separated, such as 10.0.0.0/8")
	flags.String(&p.JWKS, "jwks", "BFF_JWKS", "", "key set of the issuer of tokens, a file or a URL; empty: only our own")
	flags.String(&p.JWTIssuer, "jwt-issuer", "BFF_JWT_ISSUER", "", "issuer that its tokens must name")
	flags.String(&p.JWTAudience, "jwt-audience", "BFF_JWT_AUDIENCE", "", "audience that its tokens must name")
	flags.Int(&p.Rate, "rate", "BFF_RATE", 0, "cost that a viewer, or an address without one, may spend each minute; 0: without bound")
	flags.Bool(&p.PartialSuccess, "partial-success", "BFF_PARTIAL_SUCCESS", false, "answer 294 if some fields failed, as the draft proposes, to clients of application/graphql-response+json")
	flags.Int(&p.MaxBody, "max-body", "BFF_MAX_BODY", 256<<10, "bytes of a request")

	p.Limits = graph.DefaultLimits()
	for _, b := range p.limits() {
		flags.Int(b.value, b.flag, b.env, *b.value, b.of)
	}
}

type bound struct {
	value         *int
	flag, env, of string
}

func (p *Public) limits() []bound {
	l := &p.Limits
	return []bound{
		{&l.Tokens, "max-tokens", "BFF_MAX_TOKENS", "tokens of a document"},
		{&l.Nesting, "max-nesting", "BFF_MAX_NESTING", "nested brackets of a document"},
		{&l.Depth, "max-depth", "BFF_MAX_DEPTH", "levels of fields"},
		{&l.IntrospectionDepth, "max-introspection-depth", "BFF_MAX_INTROSPECTION_DEPTH", "levels of fields of introspection"},
		{&l.Aliases, "max-aliases", "BFF_MAX_ALIASES", "aliases of an operation"},
		{&l.Directives, "max-directives", "BFF_MAX_DIRECTIVES", "directives of an operation"},
		{&l.RootFields, "max-root-fields", "BFF_MAX_ROOT_FIELDS", "root fields of an operation"},
		{&l.Fields, "max-fields", "BFF_MAX_FIELDS", "fields of an operation, with all fragments spread out"},
		{&l.Selections, "max-selections", "BFF_MAX_SELECTIONS", "selections of one set"},
		{&l.Operations, "max-operations", "BFF_MAX_OPERATIONS", "operations of a document"},
		{&l.Cost, "max-cost", "BFF_MAX_COST", "cost of an operation"},
		{&l.Batch, "max-batch", "BFF_MAX_BATCH", "operations of a request"},
		{&l.Sockets, "max-sockets", "BFF_MAX_SOCKETS", "WebSockets and streams of subscriptions at the same time"},
		{&l.Subscriptions, "max-subscriptions", "BFF_MAX_SUBSCRIPTIONS", "operations of a WebSocket at the same time"},
		{&l.BatchCost, "max-batch-cost", "BFF_MAX_BATCH_COST", "cost of all operations of a request"},
	}
}

// productionRate is the rate in production unless another is set.
const productionRate = 60_000

// effective returns the settings with what production changes.
func (p Public) effective() Public {
	if !p.Production {
		return p
	}
	if !p.flags.Given("introspection") {
		p.Introspection = false
	}
	if !p.flags.Given("playground") {
		p.Playground = false
	}
	if !p.flags.Given("compare") {
		p.Compare = false
	}
	if !p.flags.Given("rate") {
		p.Rate = productionRate
	}
	return p
}

func (p *Public) validate() error {
	switch transport.TrustedMode(p.TrustedMode) {
	case transport.TrustedOff:
	case transport.TrustedLog, transport.TrustedEnforce:
		if p.TrustedDocuments == "" {
			return program.Wrong("trusted-mode", "needs -trusted-documents")
		}
	default:
		return program.Wrong("trusted-mode", "not off, log or enforce")
	}
	for _, origin := range addresses(p.CORSOrigins) {
		if parsed, err := url.Parse(origin); err != nil || parsed.Host == "" || parsed.Scheme+"://"+parsed.Host != origin {
			return program.Wrong("cors-origins", "not an origin such as https://app.example, or several with commas between them")
		}
	}
	if _, err := prefixes(p.TrustedProxies); err != nil {
		return program.Wrong("trusted-proxies", "not a network such as 10.0.0.0/8, or several with commas between them")
	}
	if p.JWKS != "" && (p.JWTIssuer == "" || p.JWTAudience == "") {
		return program.Wrong("jwks", "needs -jwt-issuer and -jwt-audience")
	}
	for flag, value := range map[string]string{"jwt-issuer": p.JWTIssuer, "jwt-audience": p.JWTAudience} {
		if value != "" && p.JWKS == "" {
			return program.Wrong(flag, "needs -jwks")
		}
	}
	if p.Rate < 0 {
		return program.Wrong("rate", "below 0")
	}
	if p.MaxBody <= 0 {
		return program.Wrong("max-body", "not above 0")
	}
	for _, b := range p.limits() {
		if *b.value <= 0 {
			return program.Wrong(b.flag, "not above 0")
		}
	}
	return nil
}

func prefixes(list string) ([]netip.Prefix, error) {
	var found []netip.Prefix
	for _, text := range addresses(list) {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		found = append(found, prefix)
	}
	return found, nil
}

// LogValue prints the settings in force.
func (p Public) LogValue() slog.Value {
	p = p.effective()
	return slog.GroupValue(
		slog.Bool("production", p.Production), slog.Bool("introspection", p.Introspection), slog.Bool("playground", p.Playground), slog.Bool("compare", p.Compare),
		slog.String("trusted-documents", p.TrustedDocuments), slog.String("trusted-mode", p.TrustedMode),
		slog.String("cors-origins", p.CORSOrigins), slog.String("trusted-proxies", p.TrustedProxies),
		slog.String("jwks", program.Redacted(p.JWKS)), slog.String("jwt-issuer", p.JWTIssuer), slog.String("jwt-audience", p.JWTAudience),
		slog.Int("rate", p.Rate), slog.Bool("partial-success", p.PartialSuccess), slog.Int("max-body", p.MaxBody), slog.Any("limits", p.Limits),
	)
}
