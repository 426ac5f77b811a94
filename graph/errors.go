package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff"
)

// The values of extensions.code. Clients rely on them.
const (
	CodeParseFailed      = errcode.ParseFailed
	CodeValidationFailed = errcode.ValidationFailed
	CodeBadUserInput     = "BAD_USER_INPUT"
	CodeUnauthenticated  = "UNAUTHENTICATED"
	CodeForbidden        = "FORBIDDEN"
	CodeNotFound         = "NOT_FOUND"
	CodeConflict         = "CONFLICT"
	CodeLimitExceeded    = "LIMIT_EXCEEDED"
	CodeRateLimited      = "RATE_LIMITED"

	CodePersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND"

	CodeDeadlineExceeded = "DEADLINE_EXCEEDED"
	CodeUnavailable      = "UNAVAILABLE"
	CodeInternal         = "INTERNAL"
)

// Presenter returns the function that turns every error into what a client may read: a message, a path, locations and
// extensions.code. An error that nobody classified reads "internal error" with the request's id; the log has the rest.
func Presenter(logger *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		var found *gqlerror.Error
		if !errors.As(err, &found) {
			found = gqlerror.WrapPath(graphql.GetPath(ctx), err)
		}
		// A fresh one: gqlgen writes into the errors it is given, and one error may have been given to many fields.
		shown := &gqlerror.Error{Path: found.Path, Locations: found.Locations, Extensions: map[string]any{}}

		if code, ok := found.Extensions["code"].(string); ok && found.Err == nil {
			return presentRequestError(shown, found, code)
		}

		cause := error(found)
		if found.Err != nil {
			cause = found.Err
		}
		kind := bff.KindOf(cause)
		shown.Message = bff.MessageOf(cause)
		shown.Extensions["code"] = kind.Code()
		if kind == bff.Internal {
			id := bff.RequestIDFrom(ctx)
			shown.Extensions["requestId"] = id
			logger.ErrorContext(ctx, "field failed", "requestId", id, "path", found.Path.String(), "error", cause.Error())
		}
		if kind == bff.Unavailable {
			logger.WarnContext(ctx, "backend unavailable", "requestId", bff.RequestIDFrom(ctx), "path", found.Path.String(), "error", cause.Error())
		}
		return shown
	}
}

// presentRequestError shows what the parser, the validation or the guard found wrong with the request. An error of
// validation that no rule found is one of coercing a variable.
func presentRequestError(shown, found *gqlerror.Error, code string) *gqlerror.Error {
	shown.Message = withoutValue(found.Message)
	maps.Copy(shown.Extensions, found.Extensions)
	if code == CodeValidationFailed && found.Rule == "" && len(found.Path) > 0 {
		shown.Extensions["code"] = CodeBadUserInput
	}
	return shown
}

// valueInMessage finds the value that a message of the validation repeats: it may be one that is masked.
var valueInMessage = regexp.MustCompile(`(?s)(cannot represent (?:a )?non[^:]*|^Expected value of type "[^"]*")(?:: |, found ).*?( Did you mean .*\?)?$`)

// valueOfVariable finds it in what is said of a variable.
var valueOfVariable = regexp.MustCompile(`(?s)^.* is not a valid (\w+)$`)

func withoutValue(message string) string {
	message = valueInMessage.ReplaceAllString(message, "$1.$2")
	return valueOfVariable.ReplaceAllString(message, "not a valid $1")
}

// RequestError returns an error with which a whole request is refused before it is executed.
func RequestError(code, format string, args ...any) *gqlerror.Error {
	return &gqlerror.Error{Message: fmt.Sprintf(format, args...), Extensions: map[string]any{"code": code}}
}

// Recoverer returns the function that turns a panic into an error.
func Recoverer(logger *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, cause any) error {
		logger.ErrorContext(ctx, "resolver panicked", slog.String("requestId", bff.RequestIDFrom(ctx)), bff.Panic(cause))
		return bff.Errorf(bff.Internal, "panic")
	}
}
