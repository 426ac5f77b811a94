package userd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"bff/internal/sqldb"
)

type seedUser struct {
	id                                int64
	username, avatar, phone, password string
}

// seedTime is when the seeded rows were made, as far as they say; each is a second younger than the one before.
var seedTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// seed puts the first two users into an empty table, and adds generated ones until there are as many as wanted. The
// generated ones are the same on every machine, and cannot sign in.
func (s *Service) seed(ctx context.Context, generated int) error {
	var count int64
	if err := s.store.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM users").Scan(&count); err != nil {
		return fmt.Errorf("count users: %w", err)
	}

	if count == 0 {
		first := []seedUser{
			{1, "lucus", "avatar1.png", "13100000001", "111111"},
			{2, "mars", "avatar2.png", "13100000002", "222222"},
		}
		if err := s.insert(ctx, first); err != nil {
			return err
		}
	}

	users := make([]seedUser, generated)
	for i := range users {
		id := int64(i + 3)
		users[i] = seedUser{id: id, username: fmt.Sprintf("user%06d", id), avatar: fmt.Sprintf("avatar%d.png", id), phone: fmt.Sprintf("132%08d", id)}
	}
	for part := range slices.Chunk(users, 500) {
		if err := s.insert(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// insert adds those of the users that are not there.
func (s *Service) insert(ctx context.Context, users []seedUser) error {
	verb := map[sqldb.Dialect]string{sqldb.MySQL: "INSERT IGNORE", sqldb.SQLite: "INSERT OR IGNORE"}[s.store.db.Dialect]
	var args []any
	for _, user := range users {
		hash := ""
		if user.password != "" {
			var err error
			if hash, err = s.passwords.hash(user.password); err != nil {
				return fmt.Errorf("hash password: %w", err)
			}
		}
		created := seedTime.Add(time.Duration(user.id) * time.Second)
		args = append(args, user.id, user.username, user.avatar, user.phone, hash, created)
	}

	rows := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?), ", len(users)), ", ")
	statement := verb + " INTO users (id, username, avatar, phone, password_hash, created_at) VALUES " + rows
	if _, err := s.store.db.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("insert users: %w", err)
	}
	return nil
}
