package service

import (
	"context"
	"log/slog"

	"bff/cmd/internal/program"
	"bff/internal/postd"
	"bff/internal/userd"
)

// OpenUsers opens the user service.
func OpenUsers(ctx context.Context, config Config, logger *slog.Logger) (Service, error) {
	users, err := userd.Open(ctx, config.Database, userd.Options{SeedUsers: config.SeedUsers, Logger: logger})
	if err != nil {
		return nil, program.Wrong("database", "%w", err)
	}
	return users, nil
}

// OpenPosts opens the post service.
func OpenPosts(ctx context.Context, config Config, logger *slog.Logger) (Service, error) {
	posts, err := postd.Open(ctx, config.Database, postd.Options{SeedUsers: config.SeedUsers, SeedPosts: config.SeedPosts, Logger: logger})
	if err != nil {
		return nil, program.Wrong("database", "%w", err)
	}
	return posts, nil
}
