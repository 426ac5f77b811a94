package backends

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"bff"
)

// asked is how an error of a call reads that the BFF itself composed: an argument that the service refuses is the
// BFF's fault, and the service's own words are for the log.
func asked(err error) error {
	switch code := status.Code(err); code {
	case codes.OK:
		return nil
	case codes.Unavailable:
		return &bff.Error{Kind: bff.Unavailable, Msg: "the service is not available", Err: err}
	case codes.DeadlineExceeded, codes.Canceled:
		return &bff.Error{Kind: bff.Deadline, Msg: "no answer in time", Err: err}
	case codes.ResourceExhausted:
		return &bff.Error{Kind: bff.Unavailable, Msg: "the service is busy", Err: err}
	default:
		return &bff.Error{Kind: bff.Internal, Msg: "internal error", Err: err}
	}
}

// wished is how an error of a call reads that carries out a user's wish: what the service refuses is the user's to
// mend, in the service's words, which it writes for users and never builds from values.
func wished(err error) error {
	kinds := map[codes.Code]bff.Kind{
		codes.InvalidArgument:  bff.Invalid,
		codes.Unauthenticated:  bff.Unauthenticated,
		codes.PermissionDenied: bff.Forbidden,
		codes.NotFound:         bff.NotFound,
		codes.AlreadyExists:    bff.Conflict,
		codes.Aborted:          bff.Conflict,
	}
	if kind, ok := kinds[status.Code(err)]; ok {
		return &bff.Error{Kind: kind, Msg: status.Convert(err).Message()}
	}
	return asked(err)
}
