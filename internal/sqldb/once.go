package sqldb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// ErrKeyReused is returned for an idempotency key that came with a different request before.
var ErrKeyReused = errors.New("the idempotency key was used for a different request")

// Request is a write that is carried out once. The table of its service keeps the key, a hash of the request and the
// answer; never the request itself.
type Request struct {
	Table   string // user_requests or post_requests
	OwnerID int64  // keys of different owners have nothing to do with each other
	Key     string // empty: carried out each time
	Name    string // what is asked for
	Body    any    // with which arguments
}

const (
	keyLife       = 24 * time.Hour
	forgetEvery   = 50 // one of so many writes with a key deletes expired keys
	expiredAtOnce = 100
	attempts      = 5 // to carry out a write that others got in the way of
)

// Once carries out work in a transaction and returns its answer, as JSON keeps it. If the request's key was seen before
// with the same request, work is not carried out and the answer of that time is returned; with a different request the
// error is ErrKeyReused. Of two calls with one key at the same time, one waits for the other.
func Once[T any](ctx context.Context, db *DB, request Request, work func(context.Context, *sql.Tx) (T, error)) (T, error) {
	for attempt := 1; ; attempt++ {
		answer, err := once(ctx, db, request, work)
		if lost := errors.Is(err, errRaced) || isRetry(err); lost && attempt < attempts {
			continue
		}
		if err == nil && request.Key != "" && rand.IntN(forgetEvery) == 0 { //nolint:gosec // chance, no secret
			err = db.forgetKeys(ctx, request.Table)
		}
		return answer, err
	}
}

var errRaced = errors.New("another call with the same key was first")

func once[T any](ctx context.Context, db *DB, request Request, work func(context.Context, *sql.Tx) (T, error)) (T, error) {
	var answer T
	tx, err := db.BeginTx(ctx, db.isolation())
	if err != nil {
		return answer, fmt.Errorf("begin %s: %w", request.Name, err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit

	if request.Key != "" {
		known, err := claim(ctx, tx, request, &answer)
		if err != nil || known {
			return answer, err
		}
	}
	if answer, err = work(ctx, tx); err != nil {
		return answer, err
	}
	if request.Key != "" {
		if err := remember(ctx, tx, request, answer); err != nil {
			return answer, err
		}
	}
	if err := tx.Commit(); err != nil {
		return answer, fmt.Errorf("commit %s: %w", request.Name, err)
	}
	return answer, nil
}

// isolation keeps MySQL from locking the gaps around a key that is not there, in which two calls would block each other.
func (db *DB) isolation() *sql.TxOptions {
	if db.Dialect == MySQL {
		return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return nil
}

// claim makes the key this transaction's own, so that others wait for its end. If the key was there, known is true and
// answer is what was answered then.
func claim(ctx context.Context, tx *sql.Tx, request Request, answer any) (known bool, err error) {
	hash, err := request.hash()
	if err != nil {
		return false, err
	}
	now := time.Now().UTC()
	forget := "DELETE FROM " + request.Table + " WHERE owner_id = ? AND request_key = ? AND created_at < ?"
	if _, err := tx.ExecContext(ctx, forget, request.OwnerID, request.Key, now.Add(-keyLife)); err != nil {
		return false, fmt.Errorf("forget key: %w", err)
	}

	insert := "INSERT INTO " + request.Table + " (owner_id, request_key, request_hash, answer, created_at) VALUES (?, ?, ?, '', ?)"
	_, err = tx.ExecContext(ctx, insert, request.OwnerID, request.Key, hash, now)
	if err == nil {
		return false, nil
	}
	if !IsDuplicate(err) {
		return false, fmt.Errorf("claim key: %w", err)
	}

	var oldHash, oldAnswer string
	query := "SELECT request_hash, answer FROM " + request.Table + " WHERE owner_id = ? AND request_key = ?"
	err = tx.QueryRowContext(ctx, query, request.OwnerID, request.Key).Scan(&oldHash, &oldAnswer)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, errRaced
	case err != nil:
		return false, fmt.Errorf("read key: %w", err)
	case oldHash != hash:
		return false, ErrKeyReused
	case oldAnswer == "":
		return false, errRaced
	}
	if err := json.Unmarshal([]byte(oldAnswer), answer); err != nil {
		return false, fmt.Errorf("read answer: %w", err)
	}
	return true, nil
}

func remember(ctx context.Context, tx *sql.Tx, request Request, answer any) error {
	text, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	update := "UPDATE " + request.Table + " SET answer = ? WHERE owner_id = ? AND request_key = ?"
	if _, err := tx.ExecContext(ctx, update, string(text), request.OwnerID, request.Key); err != nil {
		return fmt.Errorf("remember answer: %w", err)
	}
	return nil
}

func (r Request) hash() (string, error) {
	body, err := json.Marshal(r.Body)
	if err != nil {
		return "", fmt.Errorf("hash request: %w", err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(append([]byte(r.Name+"\n"), body...))), nil
}

// forgetKeys deletes some keys that have expired, a bounded number at a time.
func (db *DB) forgetKeys(ctx context.Context, table string) error {
	old := time.Now().UTC().Add(-keyLife)
	statement := "DELETE FROM " + table + " WHERE created_at < ? ORDER BY created_at LIMIT ?"
	if db.Dialect == SQLite {
		statement = "DELETE FROM " + table + " WHERE rowid IN (SELECT rowid FROM " + table + " WHERE created_at < ? ORDER BY created_at LIMIT ?)"
	}
	if _, err := db.ExecContext(ctx, statement, old, expiredAtOnce); err != nil {
		return fmt.Errorf("forget keys: %w", err)
	}
	return nil
}
