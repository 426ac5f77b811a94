package sqldb

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Status turns what a statement or Once returned into the gRPC status that the caller reads. What nobody foresaw is
// logged here and reads "internal error": it may name an address or a statement.
func Status(ctx context.Context, logger *slog.Logger, err error) error {
	if _, is := status.FromError(err); is {
		return err // nil included
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "no answer of the database in time")
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "cancelled")
	case errors.Is(err, ErrPage):
		return status.Error(codes.InvalidArgument, ErrPage.Error())
	case errors.Is(err, ErrKeyReused):
		return status.Error(codes.AlreadyExists, ErrKeyReused.Error())
	}
	logger.ErrorContext(ctx, "statement failed", slog.String("error", err.Error()))
	return status.Error(codes.Internal, "internal error")
}

// maxKeys is the longest list of ids in one request.
const maxKeys = 1000

// CheckIDs answers INVALID_ARGUMENT unless ids are 1 to 1,000, each above 0.
func CheckIDs(field string, ids []int64) error {
	if len(ids) < 1 || len(ids) > maxKeys {
		return status.Errorf(codes.InvalidArgument, "%s: must be 1 to %d", field, maxKeys)
	}
	for _, id := range ids {
		if id < 1 {
			return status.Errorf(codes.InvalidArgument, "%s: each must be above 0", field)
		}
	}
	return nil
}

const maxKeyLength = 128

// CheckKey answers INVALID_ARGUMENT for an idempotency key that is too long.
func CheckKey(key string) error {
	if len(key) > maxKeyLength {
		return status.Errorf(codes.InvalidArgument, "idempotencyKey: longer than %d bytes", maxKeyLength)
	}
	return nil
}
