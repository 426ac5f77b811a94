package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// lockWait is how long an instance waits for another one that migrates or seeds, in seconds.
const lockWait = 120

// Prepare brings the tables of a service up to date and fills them. Instances that start at the same time do it one
// after another. Migrations are the files NNNNN_title.sql under migrations/DIALECT in files; which were made is kept in
// the table NAME_versions.
func (db *DB) Prepare(ctx context.Context, name string, files fs.FS, seed func(context.Context) error) (err error) {
	unlock, err := db.lock(ctx, "bff_"+name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	if err := db.migrate(ctx, name, files); err != nil {
		return fmt.Errorf("migrate %s: %w", name, err)
	}
	if err := seed(ctx); err != nil {
		return fmt.Errorf("seed %s: %w", name, err)
	}
	return nil
}

// lock takes a lock that all instances share.
func (db *DB) lock(ctx context.Context, name string) (unlock func() error, err error) {
	if db.Dialect == SQLite {
		return lockFile(ctx, db.file)
	}

	conn, err := db.Conn(ctx) // the lock is held by a connection and ends with it
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	var taken bool
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?) = 1", name, lockWait).Scan(&taken); err != nil || !taken {
		return nil, errors.Join(fmt.Errorf("lock %s: not had within %d s", name, lockWait), err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK(?)", name)
		return errors.Join(err, conn.Close())
	}, nil
}

// lockFile locks an SQLite database by a transaction on another one beside it: the operating system ends it with its
// process. A database in memory has nobody to share it with.
func lockFile(ctx context.Context, file string) (unlock func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}

	beside, err := sql.Open("sqlite", fmt.Sprintf("file:%s.lock?_pragma=busy_timeout(%d)&_txlock=exclusive", file, lockWait*1000))
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", file, err)
	}
	tx, err := beside.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", file, err), beside.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), beside.Close()) }, nil
}

func (db *DB) migrate(ctx context.Context, name string, files fs.FS) error {
	dialect := map[Dialect]database.Dialect{MySQL: database.DialectMySQL, SQLite: database.DialectSQLite3}[db.Dialect]
	store, err := database.NewStore(dialect, name+"_versions")
	if err != nil {
		return err
	}
	dir, err := fs.Sub(files, "migrations/"+string(db.Dialect))
	if err != nil {
		return err
	}

	provider, err := goose.NewProvider("", db.DB, dir, goose.WithStore(store))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
