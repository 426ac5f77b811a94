package postd

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pagev1 "bff/internal/gen/page/v1"
	postv1 "bff/internal/gen/post/v1"
	"bff/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// store is the table of posts. Every reading method is one statement.
type store struct{ db *sqldb.DB }

const columns = "posts.id, posts.author_id, posts.title, posts.body, posts.created_at"

func (s *store) byIDs(ctx context.Context, ids []int64) ([]*postv1.Post, error) {
	query := "SELECT " + columns + " FROM posts WHERE id IN (" + sqldb.Placeholders(len(ids)) + ")"
	return s.query(ctx, query, sqldb.Args(ids)...)
}

func (s *store) page(ctx context.Context, args *pagev1.PageArgs) ([]*postv1.Post, *pagev1.PageInfo, error) {
	cut, err := sqldb.NewCut(args)
	if err != nil {
		return nil, nil, err
	}
	query := "SELECT " + columns + " FROM posts WHERE " + cut.Where + " ORDER BY id " + cut.Order + " LIMIT ?"
	posts, err := s.query(ctx, query, append(cut.Args, cut.Limit)...)
	if err != nil {
		return nil, nil, err
	}
	posts, info := sqldb.Page(cut, posts)
	return posts, info, nil
}

// pagesByAuthor numbers the posts of each author on the index of (author_id, id) alone and reads the rows of those
// that are in the pages.
func (s *store) pagesByAuthor(ctx context.Context, authors []int64, args *pagev1.PageArgs) ([]*postv1.AuthorPosts, error) {
	cut, err := sqldb.NewCut(args)
	if err != nil {
		return nil, err
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(authors)))
	query := `SELECT ` + columns + ` FROM (
			SELECT id, ROW_NUMBER() OVER (PARTITION BY author_id ORDER BY id ` + cut.Order + `) AS place
			FROM posts WHERE author_id IN (` + sqldb.Placeholders(len(distinct)) + `) AND ` + cut.Where + `
		) AS numbered JOIN posts ON posts.id = numbered.id
		WHERE numbered.place <= ? ORDER BY posts.id ` + cut.Order
	params := append(append(sqldb.Args(distinct), cut.Args...), cut.Limit)
	posts, err := s.query(ctx, query, params...)
	if err != nil {
		return nil, err
	}

	byAuthor := make(map[int64][]*postv1.Post, len(distinct))
	for _, post := range posts {
		byAuthor[post.GetAuthorId()] = append(byAuthor[post.GetAuthorId()], post)
	}
	pages := make([]*postv1.AuthorPosts, len(distinct))
	for i, author := range distinct {
		rows, info := sqldb.Page(cut, byAuthor[author])
		pages[i] = &postv1.AuthorPosts{AuthorId: author, Posts: rows, PageInfo: info}
	}
	return pages, nil
}

func (s *store) countsByAuthor(ctx context.Context, authors []int64) (counts map[int64]int64, err error) {
	counts = make(map[int64]int64, len(authors))
	for _, author := range authors {
		counts[author] = 0
	}

	query := "SELECT author_id, COUNT(*) FROM posts WHERE author_id IN (" + sqldb.Placeholders(len(authors)) + ") GROUP BY author_id"
	rows, err := s.db.QueryContext(ctx, query, sqldb.Args(authors)...)
	if err != nil {
		return nil, fmt.Errorf("count posts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var author, count int64
		if err := rows.Scan(&author, &count); err != nil {
			return nil, fmt.Errorf("read count: %w", err)
		}
		counts[author] = count
	}
	return counts, rows.Err()
}

func (s *store) query(ctx context.Context, query string, args ...any) (posts []*postv1.Post, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("select posts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()

	for rows.Next() {
		post, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read post: %w", err)
		}
		posts = append(posts, post)
	}
	return posts, rows.Err()
}

func scan(row interface{ Scan(...any) error }) (*postv1.Post, error) {
	var post postv1.Post
	var created time.Time
	err := row.Scan(&post.Id, &post.AuthorId, &post.Title, &post.Body, &created)
	post.CreatedAt = timestamppb.New(created)
	return &post, err
}
