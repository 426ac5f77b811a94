package service

import (
	"context"
	"log/slog"

	"bff/internal/postd"
	"bff/internal/userd"
)

// OpenUsers opens the user service.
func OpenUsers(ctx context.Context, config Config, logger *slog.Logger) (Service, error) {
	return userd.Open(ctx, config.Database, userd.Options{SeedUsers: config.SeedUsers, Logger: logger})
}

// OpenPosts opens the post service.
func OpenPosts(ctx context.Context, config Config, logger *slog.Logger) (Service, error) {
	return postd.Open(ctx, config.Database, postd.Options{SeedUsers: config.SeedUsers, SeedPosts: config.SeedPosts, Logger: logger})
}
