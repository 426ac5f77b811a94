// Package dbtest gives tests databases of their own: SQLite always, the real MySQL where there is one.
package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bff/internal/sqldb"
)

// Each runs a test once for each kind of database, with the address of an empty one. MySQL is the server that
// BFF_TEST_DATABASE names; without it that part is skipped, or fails if BFF_TEST_STACK is 1.
func Each(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("sqlite in memory", func(t *testing.T) { test(t, "sqlite::memory:") })
	t.Run("sqlite in a file", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	t.Run("mysql", func(t *testing.T) { test(t, MySQL(t)) })
}

// MySQL returns the address of an empty database on the server that BFF_TEST_DATABASE names. It is dropped when the
// test ends.
func MySQL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("BFF_TEST_DATABASE")
	switch {
	case server == "" && os.Getenv("BFF_TEST_STACK") == "1":
		t.Fatal("BFF_TEST_DATABASE is not set")
	case server == "" || testing.Short():
		t.Skip("needs MySQL: make stack-up, and BFF_TEST_DATABASE")
	}

	address, err := url.Parse(server)
	if err != nil {
		t.Fatal("BFF_TEST_DATABASE is not an address")
	}
	name := fmt.Sprintf("bff_test_%s", strings.ToLower(rand.Text()[:12]))
	address.Path = "/" + name
	t.Cleanup(func() {
		db, err := sqldb.Open(context.Background(), server)
		if err != nil {
			t.Errorf("drop %s: %v", name, err)
			return
		}
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+name); err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	})
	return address.String()
}
