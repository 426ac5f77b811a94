package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"bff"
	"bff/auth"
	"bff/loaders"
	"bff/transport"
)

// middleware wraps a handler: chain(a, b)(h) = a(b(h)).
type middleware func(http.Handler) http.Handler

func chain(layers ...middleware) middleware {
	return func(h http.Handler) http.Handler {
		for i := len(layers) - 1; i >= 0; i-- {
			h = layers[i](h)
		}
		return h
	}
}

// requestID gives every request an id: the client's own if it is a plain word, a new one else. It goes out again with
// the answer.
func requestID() middleware {
	const header = "X-Request-Id"
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, r := scoped(r)
			if s.id = first(r.Header, header); !plainID(s.id) {
				s.id = newID(time.Now())
			}
			s.idHeader[0] = s.id
			w.Header()[header] = s.idHeader[:]
			next.ServeHTTP(w, r)
		})
	}
}

// first returns the first value of a header. name is in canonical form.
func first(header http.Header, name string) string {
	if values := header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// plainID says whether text is 1 to 64 letters, digits and the characters . _ - .
func plainID(text string) bool {
	for i := range len(text) {
		if c := text[i]; !alphanumeric(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return text != "" && len(text) <= 64
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// refusal answers a request that is turned away, in the words of the endpoint that it was for.
type refusal func(w http.ResponseWriter, r *http.Request, status int, err error)

// refuseOperation is that of GraphQL.
func refuseOperation(w http.ResponseWriter, r *http.Request, status int, err error) {
	transport.Refuse(w, r, status, bff.KindOf(err).Code(), bff.MessageOf(err))
}

// verifier tells whom a token speaks for.
type verifier interface {
	Verify(token string) (auth.Viewer, error)
}

// identify puts the viewer of the bearer token into the context. A request without one is nobody's; a request with one
// that is not valid is refused, because its sender believes to be somebody.
func identify(tokens verifier, refuse refusal) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := first(r.Header, "Authorization")
			if header == "" {
				next.ServeHTTP(w, r)
				return
			}

			s, r := scoped(r)
			viewer, err := viewerOf(tokens, header)
			if err != nil {
				w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
				refuse(w, r, http.StatusUnauthorized, err)
				return
			}
			s.viewer, s.identified = viewer, true
			next.ServeHTTP(w, r)
		})
	}
}

// identifyBy returns what puts the viewer of an Authorization header into a context.
func identifyBy(tokens verifier) func(ctx context.Context, authorization string) (context.Context, error) {
	return func(ctx context.Context, authorization string) (context.Context, error) {
		viewer, err := viewerOf(tokens, authorization)
		if err != nil {
			return nil, err
		}
		return auth.With(ctx, viewer), nil
	}
}

// viewerOf returns the viewer of an Authorization header.
func viewerOf(tokens verifier, authorization string) (auth.Viewer, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return auth.Viewer{}, bff.Errorf(bff.Unauthenticated, "the Authorization header must be a Bearer token")
	}
	return tokens.Verify(strings.TrimSpace(token))
}

// load gives every request loaders of its own, under the request's context.
func load(sources loaders.Sources, options loaders.Options) middleware {
	factory := loaders.NewFactory(sources, options)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, r := scoped(r)
			s.factory = factory
			next.ServeHTTP(w, r)
		})
	}
}
