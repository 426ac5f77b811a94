package bff

import (
	"context"
	"errors"
	"fmt"
)

// Kind is what an error means to the caller, whoever the caller is. Each border translates it once: gRPC status to
// Kind in backends, Kind to extensions.code in graph.
type Kind int

// The kinds of error. The zero value is Internal, so that an error nobody classified is never explained to a client.
const (
	Internal        Kind = iota // a fault of ours; the client reads "internal error"
	Invalid                     // the request is wrong and stays wrong
	Unauthenticated             // nobody, or not who they say
	Forbidden                   // somebody, but not allowed
	NotFound                    // the thing to act on does not exist
	Conflict                    // the thing exists already, or was changed meanwhile
	LimitExceeded               // too large, too deep, too much in one request
	Deadline                    // no answer in time
	Unavailable                 // nobody there to answer; trying again may help
	RateLimited                 // too often: not now
)

var kindNames = [...]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not_found", "conflict", "limit_exceeded", "deadline", "unavailable",
	"rate_limited",
}

// String returns the kind's name in lower case.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return kindNames[Internal]
	}
	return kindNames[k]
}

// Code returns the kind's name on the wire, which clients rely on.
func (k Kind) Code() string {
	switch k {
	case Invalid:
		return "BAD_USER_INPUT"
	case Unauthenticated:
		return "UNAUTHENTICATED"
	case Forbidden:
		return "FORBIDDEN"
	case NotFound:
		return "NOT_FOUND"
	case Conflict:
		return "CONFLICT"
	case LimitExceeded:
		return "LIMIT_EXCEEDED"
	case Deadline:
		return "DEADLINE_EXCEEDED"
	case Unavailable:
		return "UNAVAILABLE"
	case RateLimited:
		return "RATE_LIMITED"
	case Internal:
	}
	return "INTERNAL"
}

// Retryable says whether the same request may succeed a moment later.
func (k Kind) Retryable() bool { return k == Unavailable || k == Deadline }

// Error is an error with a kind. Msg is written for the client and never names an address, a statement or a value
// that is masked; Err, if any, is the cause and is for the log alone.
type Error struct {
	Kind Kind
	Msg  string
	Err  error
}

// Errorf returns an error of a kind with a message for the client.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...)}
}

// Error returns the message and, for the log, the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err: that of the first *Error in its chain, Deadline for a context's end, else Internal.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Deadline
	default:
		return Internal
	}
}

// MessageOf returns what a client may read of err: the message of the first *Error in its chain, unless its kind is
// Internal; a fixed sentence else.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Msg
	}
	if KindOf(err) == Deadline {
		return "no answer in time"
	}
	return "internal error"
}
