package transport_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bff/transport"
)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func ask(h http.Handler, r *http.Request) (int, string) {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer.Code, answer.Body.String()
}

const (
	text   = `query U($id: ID!) { user(id: $id) { username } }`
	answer = `{"data":{"user":{"username":"lucus"}}}`
)

func body(members map[string]any) string {
	encoded, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func persistedQuery(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

func TestClientsRegisterDocuments(t *testing.T) {
	h := handler(transport.Options{})
	variables := map[string]any{"id": "1"}
	unknown := `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`
	byHash := body(map[string]any{"extensions": persistedQuery(hashOf(text)), "variables": variables})

	if status, got := ask(h, post(older, byHash)); status != 200 || got != unknown {
		t.Errorf("before: %d %s", status, got)
	}
	wrong := body(map[string]any{"query": text, "extensions": persistedQuery(hashOf("another")), "variables": variables})
	if _, got := ask(h, post(older, wrong)); !strings.Contains(got, "BAD_USER_INPUT") {
		t.Errorf("another's hash: %s", got)
	}
	invalid := `{ nothing }`
	for range 2 { // what is not valid is not registered
		ask(h, post(older, body(map[string]any{"query": invalid, "extensions": persistedQuery(hashOf(invalid))})))
		if _, got := ask(h, post(older, body(map[string]any{"extensions": persistedQuery(hashOf(invalid))}))); got != unknown {
			t.Errorf("an invalid document: %s", got)
		}
	}
	if status, got := ask(h, post(newer, body(map[string]any{"query": text, "extensions": persistedQuery(hashOf(text)), "variables": variables}))); status != 200 || got != answer {
		t.Errorf("registering: %d %s", status, got)
	}
	if status, got := ask(h, post(newer, byHash)); status != 200 || got != answer {
		t.Errorf("after: %d %s", status, got)
	}
	extensions, _ := json.Marshal(persistedQuery(hashOf(text)))
	if status, got := ask(h, get(newer, url.Values{"extensions": {string(extensions)}, "variables": {`{"id":"1"}`}})); status != 200 || got != answer {
		t.Errorf("by GET: %d %s", status, got)
	}
	for _, extension := range []any{1, "x", map[string]any{}, map[string]any{"version": 2, "sha256Hash": hashOf(text)}, map[string]any{"version": 1, "sha256Hash": "../x"}} {
		if _, got := ask(h, post(newer, body(map[string]any{"extensions": map[string]any{"persistedQuery": extension}}))); !strings.Contains(got, "BAD_USER_INPUT") {
			t.Errorf("%v: %s", extension, got)
		}
	}
}

// poisoned is a store into which somebody else wrote.
type poisoned struct{}

func (poisoned) Get(context.Context, string) (string, bool) { return `{ viewer { phone } }`, true }
func (poisoned) Set(context.Context, string, string)        {}

func TestAStoreCannotChangeWhatAHashMeans(t *testing.T) {
	h := handler(transport.Options{Persisted: poisoned{}})
	if _, got := ask(h, post(newer, body(map[string]any{"extensions": persistedQuery(hashOf(text))}))); !strings.Contains(got, "PERSISTED_QUERY_NOT_FOUND") {
		t.Error(got)
	}
}

func manifest(t *testing.T, content any) (*transport.Manifest, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "documents.json")
	if err := os.WriteFile(path, []byte(body(map[string]any{"x": content})[5:len(body(map[string]any{"x": content}))-1]), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := transport.ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	return m, path
}

func TestTrustedDocuments(t *testing.T) {
	relay, _ := manifest(t, map[string]string{hashOf(text): text, "short": text})
	codegen, _ := manifest(t, map[string]string{"sha256:" + hashOf(text): text, "short": text})
	apollo, _ := manifest(t, map[string]any{"format": "apollo-persisted-query-manifest", "version": 1, "operations": []any{
		map[string]string{"id": hashOf(text), "body": text, "name": "U", "type": "query"}, map[string]string{"id": "short", "body": text},
	}})
	variables := map[string]any{"id": "1"}
	for name, trusted := range map[string]*transport.Manifest{"Relay's": relay, "codegen's": codegen, "Apollo's": apollo} {
		var log bytes.Buffer
		for _, mode := range []transport.TrustedMode{transport.TrustedOff, transport.TrustedLog, transport.TrustedEnforce} {
			h := handler(transport.Options{Trusted: trusted, TrustedMode: mode, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			for _, member := range []string{"documentId", "doc_id", "id"} {
				for _, id := range []string{hashOf(text), "sha256:" + hashOf(text), "short"} {
					if status, got := ask(h, post(newer, body(map[string]any{member: id, "variables": variables}))); status != 200 || got != answer {
						t.Errorf("%s, %s, %s: %d %s", name, mode, member, status, got)
					}
					if status, got := ask(h, get(newer, url.Values{member: {id}, "variables": {`{"id":"1"}`}})); status != 200 || got != answer {
						t.Errorf("%s, %s, %s by GET: %d %s", name, mode, member, status, got)
					}
				}
			}
			if _, got := ask(h, post(newer, body(map[string]any{"id": "unknown"}))); !strings.Contains(got, "PERSISTED_QUERY_NOT_FOUND") {
				t.Errorf("unknown: %s", got)
			}
			if _, got := ask(h, post(newer, body(map[string]any{"query": text, "variables": variables}))); got != answer {
				t.Errorf("%s: the text of a trusted document: %s", mode, got)
			}
			if _, got := ask(h, post(newer, body(map[string]any{"extensions": persistedQuery(hashOf(text)), "variables": variables}))); got != answer {
				t.Errorf("%s: a trusted document by its hash: %s", mode, got)
			}
			for range 2 {
				_, got := ask(h, post(newer, body(map[string]any{"query": "{ user(id: 1) { username } }"})))
				if refused := strings.Contains(got, `"code":"FORBIDDEN"`); refused != (mode == transport.TrustedEnforce) {
					t.Errorf("%s: another document: %s", mode, got)
				}
			}
			other := "{ viewer { id } }"
			_, got := ask(h, post(newer, body(map[string]any{"query": other, "extensions": persistedQuery(hashOf(other))})))
			if refused := strings.Contains(got, `"code":"FORBIDDEN"`); refused != (mode == transport.TrustedEnforce) {
				t.Errorf("%s: registering another document: %s", mode, got)
			}
		}
		if n := strings.Count(log.String(), "document is not trusted"); n != 2 {
			t.Errorf("said %d times: %s", n, log.String())
		}
	}
}

func TestAManifestIsReadAgain(t *testing.T) {
	m, path := manifest(t, map[string]string{"a": text})
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Watch(ctx, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	h := handler(transport.Options{Trusted: m})
	known := func(id string) bool {
		_, got := ask(h, post(newer, body(map[string]any{"id": id, "variables": map[string]any{"id": "1"}})))
		return got == answer
	}
	change := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
	}
	change(`{"a":`)
	if !known("a") {
		t.Error("a file that is wrong took the documents away")
	}
	change(body(map[string]any{"b": text}))
	if known("a") || !known("b") {
		t.Error("the change is not seen")
	}
	cancel()
	<-done
	if !strings.Contains(log.String(), "stay as they were") || !strings.Contains(log.String(), "changed") {
		t.Error(log.String())
	}
	for _, wrong := range []string{"", "[]", "null", `{"a":1}`, `{"format":"apollo-persisted-query-manifest","operations":[{"id":""}]}`} {
		if err := os.WriteFile(path, []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := transport.ReadManifest(path); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}
