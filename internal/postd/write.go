package postd

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	postv1 "bff/internal/gen/post/v1"
	"bff/internal/sqldb"
)

const requests = "post_requests"

// kept is a post as an answer is kept for its idempotency key.
type kept struct{ *postv1.Post }

// MarshalJSON implements json.Marshaler.
func (k kept) MarshalJSON() ([]byte, error) { return protojson.Marshal(k.Post) }

// UnmarshalJSON implements json.Unmarshaler.
func (k *kept) UnmarshalJSON(text []byte) error {
	k.Post = new(postv1.Post)
	return protojson.Unmarshal(text, k.Post)
}

func (s *store) create(ctx context.Context, post *postv1.CreatePostRequest) (*postv1.Post, error) {
	request := sqldb.Request{
		Table: requests, OwnerID: post.GetAuthorId(), Key: post.GetIdempotencyKey(), Name: "CreatePost",
		Body: []string{post.GetTitle(), post.GetBody()},
	}
	answer, err := sqldb.Once(ctx, s.db, request, func(ctx context.Context, tx *sql.Tx) (kept, error) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		result, err := tx.ExecContext(ctx, "INSERT INTO posts (author_id, title, body, created_at) VALUES (?, ?, ?, ?)",
			post.GetAuthorId(), post.GetTitle(), post.GetBody(), now)
		if err != nil {
			return kept{}, fmt.Errorf("insert post: %w", err)
		}
		id, err := result.LastInsertId()
		if err != nil {
			return kept{}, fmt.Errorf("insert post: %w", err)
		}
		return lockedPost(ctx, tx, s.db.Dialect, id)
	})
	return answer.Post, err
}

func (s *store) update(ctx context.Context, change *postv1.UpdatePostRequest) (*postv1.Post, error) {
	request := sqldb.Request{
		Table: requests, OwnerID: change.GetActor().GetUserId(), Key: change.GetIdempotencyKey(), Name: "UpdatePost",
		Body: []any{change.GetId(), change.Title, change.Body}, //nolint:protogetter // nil means unchanged
	}
	answer, err := sqldb.Once(ctx, s.db, request, func(ctx context.Context, tx *sql.Tx) (kept, error) {
		if _, err := s.permitted(ctx, tx, change.GetActor(), change.GetId()); err != nil {
			return kept{}, err
		}
		_, err := tx.ExecContext(ctx, "UPDATE posts SET title = COALESCE(?, title), body = COALESCE(?, body) WHERE id = ?",
			change.Title, change.Body, change.GetId()) //nolint:protogetter // nil means unchanged
		if err != nil {
			return kept{}, fmt.Errorf("update post: %w", err)
		}
		return lockedPost(ctx, tx, s.db.Dialect, change.GetId())
	})
	return answer.Post, err
}

func (s *store) remove(ctx context.Context, removal *postv1.DeletePostRequest) (*postv1.Post, error) {
	request := sqldb.Request{
		Table: requests, OwnerID: removal.GetActor().GetUserId(), Key: removal.GetIdempotencyKey(), Name: "DeletePost",
		Body: removal.GetId(),
	}
	answer, err := sqldb.Once(ctx, s.db, request, func(ctx context.Context, tx *sql.Tx) (kept, error) {
		post, err := s.permitted(ctx, tx, removal.GetActor(), removal.GetId())
		if err != nil {
			return kept{}, err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM posts WHERE id = ?", removal.GetId()); err != nil {
			return kept{}, fmt.Errorf("delete post: %w", err)
		}
		return post, nil
	})
	return answer.Post, err
}

// permitted returns the post, locked until the transaction ends, if the actor may change it.
func (s *store) permitted(ctx context.Context, tx *sql.Tx, actor *postv1.Actor, id int64) (kept, error) {
	post, err := lockedPost(ctx, tx, s.db.Dialect, id)
	if err != nil {
		return kept{}, err
	}
	if post.GetAuthorId() != actor.GetUserId() && !actor.GetAdmin() {
		return kept{}, status.Error(codes.PermissionDenied, "the post is somebody else's")
	}
	return post, nil
}

func lockedPost(ctx context.Context, tx *sql.Tx, dialect sqldb.Dialect, id int64) (kept, error) {
	query := "SELECT " + columns + " FROM posts WHERE id = ?"
	if dialect == sqldb.MySQL {
		query += " FOR UPDATE" // an SQLite transaction that writes has the whole database for itself
	}
	post, err := scan(tx.QueryRowContext(ctx, query, id))
	if errors.Is(err, sql.ErrNoRows) {
		return kept{}, status.Error(codes.NotFound, "the post does not exist")
	}
	if err != nil {
		return kept{}, fmt.Errorf("select post: %w", err)
	}
	return kept{post}, nil
}
