package postd

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// seedTime is when the seeded rows were made, as far as they say; each is a second younger than the one before.
var seedTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	firstPosts     = 3 // by user 1
	firstGenerated = 3 // id of the first generated user
)

type seedPost struct {
	author      int64
	title, body string
	created     time.Time
}

// seed puts the first three posts into an empty table, and adds generated ones until there are as many as wanted,
// shared evenly among the generated users. The generated ones are the same on every machine.
func (s *Service) seed(ctx context.Context, users, wanted int) error {
	var count int64
	if err := s.store.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM posts").Scan(&count); err != nil {
		return fmt.Errorf("count posts: %w", err)
	}
	var generated int
	err := s.store.db.QueryRowContext(ctx, "SELECT generated FROM post_seeds WHERE id = 1").Scan(&generated)
	fresh := errors.Is(err, sql.ErrNoRows)
	if err != nil && !fresh {
		return fmt.Errorf("read seeds: %w", err)
	}

	var posts []seedPost
	if fresh && count == 0 {
		for i := range firstPosts {
			posts = append(posts, seedPost{
				author: 1, title: fmt.Sprintf("文章%d", i+1), body: fmt.Sprintf("文章%d的内容", i+1),
				created: seedTime.Add(time.Duration(i+1) * time.Second),
			})
		}
	}
	for i := generated; i < wanted; i++ {
		posts = append(posts, seedPost{
			author: int64(firstGenerated + i%users), title: fmt.Sprintf("Post %06d", i+1), body: fmt.Sprintf("Generated post number %d.", i+1),
			created: seedTime.Add(time.Duration(firstPosts+i+1) * time.Second),
		})
	}
	if len(posts) == 0 && !fresh {
		return nil
	}
	return s.insert(ctx, posts, max(generated, wanted))
}

// insert adds posts and remembers how many were generated, both or neither.
func (s *Service) insert(ctx context.Context, posts []seedPost, generated int) error {
	tx, err := s.store.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit

	for part := range slices.Chunk(posts, 500) {
		var args []any
		for _, post := range part {
			args = append(args, post.author, post.title, post.body, post.created)
		}
		rows := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?), ", len(part)), ", ")
		if _, err := tx.ExecContext(ctx, "INSERT INTO posts (author_id, title, body, created_at) VALUES "+rows, args...); err != nil {
			return fmt.Errorf("insert posts: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, "REPLACE INTO post_seeds (id, generated) VALUES (1, ?)", generated); err != nil {
		return fmt.Errorf("remember seeds: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
