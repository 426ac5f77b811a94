package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"bff"
	"bff/auth"
)

// provider is somebody else who signs tokens: its key set is served by HTTP, as it is at the moment.
type provider struct {
	mu      sync.Mutex
	keys    []jose.JSONWebKey
	status  int
	hang    chan struct{}
	fetches atomic.Int64
	*httptest.Server
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{status: http.StatusOK}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fetches.Add(1)
		p.mu.Lock()
		set, status, hang := jose.JSONWebKeySet{Keys: p.keys}, p.status, p.hang
		p.mu.Unlock()
		if hang != nil {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(set)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) publish(keys ...jose.JSONWebKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = keys
}

func (p *provider) set(status int, hang chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.hang = status, hang
}

func issuer(t *testing.T, source string) *auth.Issuer {
	t.Helper()
	i, err := auth.NewIssuer(t.Context(), source, "https://id.example", "shop", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return i
}

func content(sub string) jwt.MapClaims {
	return jwt.MapClaims{"iss": "https://id.example", "aud": []string{"other", "shop"}, "sub": sub, "exp": time.Now().Add(time.Hour).Unix(), "roles": []string{"admin"}}
}

func kid(name string) map[string]any { return map[string]any{"kid": name} }

func public(kid string, key any) jose.JSONWebKey { return jose.JSONWebKey{KeyID: kid, Key: key} }

func TestAnIssuersTokens(t *testing.T) {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rs, _ := rsa.GenerateKey(rand.Reader, 2048)
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	p := newProvider(t)
	restricted := public("restricted", &rs.PublicKey)
	restricted.Algorithm = "PS256"
	encryption := public("encryption", &rs.PublicKey)
	encryption.Use = "enc"
	p.publish(public("ed", ed.Public()), public("ec", &ec.PublicKey), public("rs", &rs.PublicKey), public("small", &small.PublicKey), restricted, encryption)
	i := issuer(t, p.URL)

	for name, key := range map[string]any{"ed": ed, "ec": ec, "rs": rs} {
		viewer, err := i.Verify(signWith(t, key, content("7"), kid(name)))
		if err != nil || viewer.UserID != 7 || !viewer.Admin || viewer.Expires.IsZero() {
			t.Errorf("%s: %v, %v", name, viewer, err)
		}
	}

	with := func(name string, value any) jwt.MapClaims {
		c := content("7")
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	der, _ := x509.MarshalPKIXPublicKey(&rs.PublicKey)
	rsaPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	none, _ := jwt.NewWithClaims(jwt.SigningMethodNone, content("7")).SignedString(jwt.UnsafeAllowNoneSignatureType)
	for name, token := range map[string]string{
		"none":                    none,
		"no kid":                  signWith(t, ed, content("7"), nil),
		"empty kid":               signWith(t, ed, content("7"), kid("")),
		"kid is a path":           signWith(t, ed, content("7"), kid("../../dev/null")),
		"kid is SQL":              signWith(t, ed, content("7"), kid("' OR 1=1 --")),
		"kid is an address":       signWith(t, ed, content("7"), kid("https://evil.example/key")),
		"kid is long":             signWith(t, ed, content("7"), kid(strings.Repeat("k", 10_000))),
		"kid is no text":          signWith(t, ed, content("7"), map[string]any{"kid": 1}),
		"HMAC with the PEM":       signWith(t, rsaPEM, content("7"), kid("rs")),
		"HMAC with the modulus":   signWith(t, rs.N.Bytes(), content("7"), kid("rs")),
		"another kind of key":     signWith(t, ec, content("7"), kid("rs")),
		"RSA for EC":              signWith(t, rs, content("7"), kid("ec")),
		"a small key":             signWith(t, small, content("7"), kid("small")),
		"another algorithm":       signWith(t, rs, content("7"), kid("restricted")),
		"a key for encryption":    signWith(t, rs, content("7"), kid("encryption")),
		"its own key by jwk":      signWith(t, small, content("7"), map[string]any{"kid": "rs", "jwk": map[string]any{"kty": "RSA"}, "jku": "https://evil.example", "x5u": "https://evil.example"}),
		"critical header":         signWith(t, ed, content("7"), map[string]any{"kid": "ed", "crit": []string{"exp"}}),
		"without expiry":          signWith(t, ed, with("exp", nil), kid("ed")),
		"expired":                 signWith(t, ed, with("exp", time.Now().Add(-time.Hour).Unix()), kid("ed")),
		"without audience":        signWith(t, ed, with("aud", nil), kid("ed")),
		"another audience":        signWith(t, ed, with("aud", "evil"), kid("ed")),
		"other audiences":         signWith(t, ed, with("aud", []string{"evil", "bff"}), kid("ed")),
		"without issuer":          signWith(t, ed, with("iss", nil), kid("ed")),
		"another issuer":          signWith(t, ed, with("iss", "bff"), kid("ed")),
		"not yet":                 signWith(t, ed, with("nbf", time.Now().Add(time.Hour).Unix()), kid("ed")),
		"from the future":         signWith(t, ed, with("iat", time.Now().Add(time.Hour).Unix()), kid("ed")),
		"subject is no id":        signWith(t, ed, with("sub", "lucus"), kid("ed")),
		"a megabyte":              strings.Repeat("a", 1<<20),
		"a hundred thousand dots": strings.Repeat(".", 100_000),
	} {
		if viewer, err := i.Verify(token); bff.KindOf(err) != bff.Unauthenticated || viewer.SignedIn() {
			t.Errorf("%s: %v, %v", name, viewer, err)
		}
	}
}

func TestAnIssuersKeysChangeAndItsSourceFails(t *testing.T) {
	_, one, _ := ed25519.GenerateKey(rand.Reader)
	_, two, _ := ed25519.GenerateKey(rand.Reader)
	p := newProvider(t)
	p.publish(public("one", one.Public()))
	i := issuer(t, p.URL)
	valid := func(key ed25519.PrivateKey, name string) bool {
		_, err := i.Verify(signWith(t, key, content("1"), kid(name)))
		return err == nil
	}
	if !valid(one, "one") || valid(two, "two") {
		t.Fatal("before the change")
	}
	p.publish(public("one", one.Public()), public("two", two.Public()))
	time.Sleep(1100 * time.Millisecond) // what was just asked for is not asked for again at once
	if !valid(two, "two") || !valid(one, "one") {
		t.Error("a new key is not taken at its first use")
	}

	for name, fail := range map[string]func(){
		"down": func() { p.set(http.StatusBadGateway, nil) },
		"hung": func() { p.set(http.StatusOK, make(chan struct{})) },
		"empty": func() {
			p.set(http.StatusOK, nil)
			p.publish()
		},
	} {
		fail()
		time.Sleep(1100 * time.Millisecond)
		before := p.fetches.Load()
		var group sync.WaitGroup
		for range 200 { // keys that nobody knows cannot flood the source
			group.Go(func() { valid(two, "unknown") })
		}
		group.Wait()
		if n := p.fetches.Load() - before; n > 2 {
			t.Errorf("%s: %d fetches", name, n)
		}
		if !valid(one, "one") || !valid(two, "two") {
			t.Errorf("%s: known keys are refused", name)
		}
	}
}

func TestAKeySetInAFile(t *testing.T) {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	set, err := json.Marshal(map[string]any{"keys": []any{public("ed", ed.Public()), map[string]any{"kty": "AKP", "kid": "of the future"}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, set, 0o600); err != nil {
		t.Fatal(err)
	}
	i := issuer(t, path)
	own := auth.NewKeys(newKey(t), time.Hour)
	either := auth.Either{Own: own, Issuer: i}
	mine, err := own.Sign(auth.Viewer{UserID: 3})
	if err != nil {
		t.Fatal(err)
	}
	if viewer, err := either.Verify(mine); err != nil || viewer.UserID != 3 {
		t.Errorf("our own: %v, %v", viewer, err)
	}
	if viewer, err := either.Verify(signWith(t, ed, content("4"), kid("ed"))); err != nil || viewer.UserID != 4 {
		t.Errorf("the issuer's: %v, %v", viewer, err)
	}
	if _, err := either.Verify("a.b.c"); bff.KindOf(err) != bff.Unauthenticated {
		t.Error(err)
	}
	for _, bad := range []string{filepath.Join(t.TempDir(), "absent"), write(t, "no JSON"), write(t, `{"keys":[]}`)} {
		if _, err := auth.NewIssuer(t.Context(), bad, "a", "b", slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func FuzzVerify(f *testing.F) {
	private, err := auth.GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	own := auth.NewKeys(private, time.Hour)
	good, err := own.Sign(auth.Viewer{UserID: 1})
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "jwks.json")
	set, _ := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("own", private.Public())}})
	if err := os.WriteFile(path, set, 0o600); err != nil {
		f.Fatal(err)
	}
	foreign, err := auth.NewIssuer(f.Context(), path, "https://id.example", "shop", slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	either := auth.Either{Own: own, Issuer: foreign}
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Add("eyJhbGciOiJFZERTQSIsImtpZCI6Im93biJ9.e30.AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		viewer, err := either.Verify(token)
		if err == nil && token != good {
			t.Errorf("%q speaks for %v", token, viewer)
		}
		if err != nil && bff.KindOf(err) != bff.Unauthenticated {
			t.Errorf("%q: %v", token, err)
		}
	})
}
