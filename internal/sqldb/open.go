// Package sqldb opens the SQL database that a service keeps its rows in, and does what all services do with it the same
// way: migrations, work under one lock, and writes that are carried out once per idempotency key. It knows no table but
// its own.
//
//	db, err := sqldb.Open(ctx, "mysql://root@127.0.0.1:3306/bff")
//	err = db.Prepare(ctx, "users", migrations, seed)
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// Dialect is which SQL a database speaks.
type Dialect string

// The dialects. MariaDB counts as MySQL.
const (
	MySQL  Dialect = "mysql"
	SQLite Dialect = "sqlite"
)

// DB is an open database. Safe for concurrent use. Close it when no statement is on its way.
type DB struct {
	*sql.DB
	Dialect Dialect
	file    string // of an SQLite database; empty if it is in memory
}

const (
	maxConns    = 32
	connLife    = 5 * time.Minute
	dialTimeout = 5 * time.Second
	busyTimeout = "10000" // milliseconds that SQLite waits for a lock
)

// errDSN is all that is said of an address that cannot be read: it may hold a password.
var errDSN = errors.New("the address of the database must be mysql://USER:PASSWORD@HOST:PORT/NAME, sqlite:PATH, or sqlite::memory: for none that lasts")

// Open opens the database at an address and waits until it answers, or ctx ends. A MySQL database is created if it does
// not exist. sqlite::memory: is a new, empty database for each call. No error holds the password.
func Open(ctx context.Context, address string) (*DB, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok && path != "" {
		return openSQLite(ctx, path)
	}

	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "mysql" || parsed.Host == "" || len(parsed.Path) < 2 {
		return nil, errDSN
	}
	return openMySQL(ctx, parsed)
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	pragmas := "?_pragma=busy_timeout(" + busyTimeout + ")&_pragma=foreign_keys(1)&_txlock=immediate&_time_format=sqlite"
	conns, file := maxConns, path
	if path == ":memory:" {
		conns, file = 1, "" // each connection would be a database of its own
	} else {
		pragmas += "&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
	}

	pool, err := sql.Open("sqlite", "file:"+path+pragmas)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), pool.Close())
	}
	return &DB{pool, SQLite, file}, nil
}

func openMySQL(ctx context.Context, address *url.URL) (*DB, error) {
	config := mysql.NewConfig()
	config.Net = "tcp"
	config.Addr = address.Host
	if address.Port() == "" {
		config.Addr += ":3306"
	}
	config.User = address.User.Username()
	config.Passwd, _ = address.User.Password()
	config.ParseTime = true
	config.Loc = time.UTC
	config.Collation = "utf8mb4_general_ci"
	config.InterpolateParams = true // one round trip a statement; the driver quotes, and refuses charsets where that is unsafe
	config.ClientFoundRows = true   // an UPDATE tells how many rows it met, not how many it changed
	config.Timeout = dialTimeout
	config.Params = map[string]string{"time_zone": "'+00:00'"}
	config.Logger = silent{}

	name := strings.TrimPrefix(address.Path, "/")
	if err := createDatabase(ctx, config, name); err != nil {
		return nil, err
	}

	config.DBName = name
	pool, err := connect(config)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxLifetime(connLife)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", name, err), pool.Close())
	}
	return &DB{pool, MySQL, ""}, nil
}

func createDatabase(ctx context.Context, config *mysql.Config, name string) error {
	pool, err := connect(config)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()

	quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
	if _, err := pool.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+quoted+" CHARACTER SET utf8mb4"); err != nil { //nolint:gosec // quoted above; a name cannot be a parameter
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

func connect(config *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(config.Clone())
	if err != nil {
		return nil, errDSN
	}
	return sql.OpenDB(connector), nil
}

// silent drops what the driver would print of broken connections: the pool makes new ones, and a statement that fails
// returns its error.
type silent struct{}

func (silent) Print(...any) {}

// IsDuplicate says whether err is that a row with the same unique key exists.
func IsDuplicate(err error) bool {
	var fault *mysql.MySQLError
	if errors.As(err, &fault) {
		return fault.Number == 1062 // ER_DUP_ENTRY
	}
	var code interface{ Code() int }
	return errors.As(err, &code) && (code.Code() == 2067 || code.Code() == 1555) // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
}

// isRetry says whether err is that two transactions got into each other's way and one had to give up.
func isRetry(err error) bool {
	var fault *mysql.MySQLError
	return errors.As(err, &fault) && (fault.Number == 1213 || fault.Number == 1205) // ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT
}

// Placeholders returns "?,?,?" for n parameters; n is above 0.
func Placeholders(n int) string { return strings.Repeat("?,", n-1) + "?" }

// Args returns values as the parameters of a statement.
func Args[T any](values []T) []any {
	args := make([]any, len(values))
	for i, value := range values {
		args[i] = value
	}
	return args
}
