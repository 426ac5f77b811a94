package userd

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	pagev1 "bff/internal/gen/page/v1"
	userv1 "bff/internal/gen/user/v1"
	"bff/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// store is the table of users. Every method is one statement, update a transaction.
type store struct{ db *sqldb.DB }

const columns = "id, username, avatar, phone, created_at"

func (s *store) byIDs(ctx context.Context, ids []int64) ([]*userv1.User, error) {
	query := "SELECT " + columns + " FROM users WHERE id IN (" + sqldb.Placeholders(len(ids)) + ")"
	return s.query(ctx, query, sqldb.Args(ids)...)
}

func (s *store) page(ctx context.Context, args *pagev1.PageArgs) ([]*userv1.User, *pagev1.PageInfo, error) {
	cut, err := sqldb.NewCut(args)
	if err != nil {
		return nil, nil, err
	}
	query := "SELECT " + columns + " FROM users WHERE " + cut.Where + " ORDER BY id " + cut.Order + " LIMIT ?"
	users, err := s.query(ctx, query, append(cut.Args, cut.Limit)...)
	if err != nil {
		return nil, nil, err
	}
	users, info := sqldb.Page(cut, users)
	return users, info, nil
}

func (s *store) query(ctx context.Context, query string, args ...any) (users []*userv1.User, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("select users: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()

	for rows.Next() {
		user, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read user: %w", err)
		}
		users = append(users, user)
	}
	return users, rows.Err()
}

func scan(row interface{ Scan(...any) error }, more ...any) (*userv1.User, error) {
	var user userv1.User
	var created time.Time
	err := row.Scan(append([]any{&user.Id, &user.Username, &user.Avatar, &user.Phone, &created}, more...)...)
	user.CreatedAt = timestamppb.New(created)
	return &user, err
}

type credentials struct {
	user  *userv1.User
	hash  string
	roles []string
}

// credentials is the only statement that selects the password's hash. It answers sql.ErrNoRows.
func (s *store) credentials(ctx context.Context, username string) (credentials, error) {
	var found credentials
	var roles string
	var err error
	row := s.db.QueryRowContext(ctx, "SELECT "+columns+", password_hash, roles FROM users WHERE username = ?", username)
	if found.user, err = scan(row, &found.hash, &roles); err != nil {
		return credentials{}, fmt.Errorf("select credentials: %w", err)
	}
	if roles != "" {
		found.roles = strings.Split(roles, ",")
	}
	return found, nil
}

// update changes the fields that are set and returns the user as it is then.
func (s *store) update(ctx context.Context, change *userv1.UpdateProfileRequest) (*userv1.User, error) {
	request := sqldb.Request{
		Table: "user_requests", OwnerID: change.GetId(), Key: change.GetIdempotencyKey(), Name: "UpdateProfile",
		Body: []*string{change.Username, change.Avatar, change.Phone}, //nolint:protogetter // nil means unchanged
	}
	id, err := sqldb.Once(ctx, s.db, request, func(ctx context.Context, tx *sql.Tx) (int64, error) {
		return change.GetId(), updateRow(ctx, tx, change)
	})
	if err != nil {
		return nil, err
	}

	users, err := s.byIDs(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	if len(users) == 0 {
		return nil, errNoUser
	}
	return users[0], nil
}

var errNoUser = status.Error(codes.NotFound, "the user does not exist")

func updateRow(ctx context.Context, tx *sql.Tx, change *userv1.UpdateProfileRequest) error {
	const statement = `UPDATE users SET username = COALESCE(?, username), avatar = COALESCE(?, avatar), phone = COALESCE(?, phone) WHERE id = ?`
	result, err := tx.ExecContext(ctx, statement, change.Username, change.Avatar, change.Phone, change.GetId())
	if sqldb.IsDuplicate(err) {
		return status.Error(codes.AlreadyExists, "the username is taken")
	}
	if err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	met, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	if met == 0 {
		return errNoUser
	}
	return nil
}
