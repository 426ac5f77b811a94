package server

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"

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
	plain := regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := r.Header.Get(header)
			if !plain.MatchString(id) {
				id = uuid.Must(uuid.NewV7()).String()
			}
			w.Header().Set(header, id)
			next.ServeHTTP(w, r.WithContext(bff.WithRequestID(r.Context(), id)))
		})
	}
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
			header := r.Header.Get("Authorization")
			if header == "" {
				next.ServeHTTP(w, r)
				return
			}

			ctx, err := identifyBy(tokens)(r.Context(), header)
			if err != nil {
				w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
				refuse(w, r, http.StatusUnauthorized, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// identifyBy returns what puts the viewer of an Authorization header into a context.
func identifyBy(tokens verifier) func(ctx context.Context, authorization string) (context.Context, error) {
	return func(ctx context.Context, authorization string) (context.Context, error) {
		scheme, token, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil, bff.Errorf(bff.Unauthenticated, "the Authorization header must be a Bearer token")
		}
		viewer, err := tokens.Verify(strings.TrimSpace(token))
		if err != nil {
			return nil, err
		}
		return auth.With(ctx, viewer), nil
	}
}

// load gives every request loaders of its own.
func load(sources loaders.Sources, options loaders.Options) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := loaders.With(r.Context(), loaders.New(r.Context(), sources, options))
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}
