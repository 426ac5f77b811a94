package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"bff"
	"bff/auth"
)

func TestVerifyAcceptsWhatSignWrote(t *testing.T) {
	keys := auth.NewKeys(newKey(t), time.Hour)
	for _, viewer := range []auth.Viewer{{UserID: 1}, {UserID: 2, Admin: true}} {
		token, err := keys.Sign(viewer)
		if err != nil {
			t.Fatal(err)
		}
		got, err := keys.Verify(token)
		if left := time.Until(got.Expires); left < 59*time.Minute || left > time.Hour {
			t.Errorf("Verify: expires in %s", left)
		}
		got.Expires = time.Time{}
		if got != viewer || err != nil {
			t.Errorf("Verify = %v, %v, want %v", got, err, viewer)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	private := newKey(t)
	keys := auth.NewKeys(private, time.Hour)
	good, err := keys.Sign(auth.Viewer{UserID: 1})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	now := time.Now()
	valid := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": "bff", "aud": "bff", "sub": "1", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix()}
	}
	with := func(name string, value any) jwt.MapClaims {
		content := valid()
		if content[name] = value; value == nil {
			delete(content, name)
		}
		return content
	}
	sign := func(content jwt.MapClaims) string {
		token, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, content).SignedString(private)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	if _, err := keys.Verify(sign(valid())); err != nil {
		t.Fatalf("the test's own token is refused: %v", err)
	}
	encode := base64.RawURLEncoding.EncodeToString

	tests := map[string]string{
		"empty":              "",
		"not a token":        "abc",
		"too long":           good + strings.Repeat("A", auth.MaxTokenLength),
		"alg none":           encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
		"alg none, signed":   encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + "." + parts[2],
		"alg None":           encode([]byte(`{"alg":"None"}`)) + "." + parts[1] + ".",
		"no signature":       parts[0] + "." + parts[1] + ".",
		"public key as HMAC": hmacToken(private.Public().(ed25519.PublicKey), parts[1]),
		"another key":        foreign(t),
		"changed content":    parts[0] + "." + encode([]byte(`{"iss":"bff","aud":"bff","sub":"2","exp":9999999999}`)) + "." + parts[2],
		"expired":            sign(with("exp", now.Add(-time.Minute).Unix())),
		"without expiry":     sign(with("exp", nil)),
		"not yet valid":      sign(with("nbf", now.Add(time.Hour).Unix())),
		"from the future":    sign(with("iat", now.Add(time.Hour).Unix())),
		"another issuer":     sign(with("iss", "evil")),
		"another audience":   sign(with("aud", "evil")),
		"without subject":    sign(with("sub", nil)),
		"subject zero":       sign(with("sub", "0")),
		"negative subject":   sign(with("sub", "-1")),
		"subject as SQL":     sign(with("sub", "1 OR 1=1")),
		"dots":               strings.Repeat(".", 100),
		"trailing bytes":     good + "x",
		"a line break":       good[:len(good)-4] + "\n" + good[len(good)-4:],
		"critical header":    signWith(t, private, valid(), map[string]any{"crit": []string{"b64"}, "b64": false}),
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			viewer, err := keys.Verify(token)
			if bff.KindOf(err) != bff.Unauthenticated || viewer.SignedIn() {
				t.Fatalf("Verify = %v, %v, want Unauthenticated and nobody", viewer, err)
			}
			if len(token) > 10 && strings.Contains(err.Error(), token[len(token)/2:]) {
				t.Errorf("the error %q holds a part of the token", err)
			}
		})
	}
}

func TestTokensExpire(t *testing.T) {
	private := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		keys := auth.NewKeys(private, time.Hour)
		token, err := keys.Sign(auth.Viewer{UserID: 1})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Minute)
		if _, err := keys.Verify(token); err != nil {
			t.Errorf("a minute before its end: %v", err)
		}
		time.Sleep(2 * time.Minute)
		if _, err := keys.Verify(token); bff.MessageOf(err) != "the token has expired: sign in again" {
			t.Errorf("a minute after its end: %v", err)
		}
	})
}

func TestReadKey(t *testing.T) {
	private := newKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}

	got, err := auth.ReadKey(write("good.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if err != nil || !got.Equal(private) {
		t.Errorf("ReadKey of a good file: %v", err)
	}
	for _, path := range []string{
		filepath.Join(dir, "absent.pem"),
		write("text.pem", []byte("no key")),
		write("garbage.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der[:10]})),
	} {
		if _, err := auth.ReadKey(path); err == nil {
			t.Errorf("ReadKey(%s) succeeded", filepath.Base(path))
		}
	}
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	private, err := auth.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func foreign(t *testing.T) string {
	t.Helper()
	token, err := auth.NewKeys(newKey(t), time.Hour).Sign(auth.Viewer{UserID: 1})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// hmacToken is the classic confusion of algorithms: the public key used as the secret of an HMAC.
func hmacToken(public ed25519.PublicKey, content string) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + content
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// signWith signs content under a header with more members.
func signWith(t *testing.T, private any, content jwt.MapClaims, header map[string]any) string {
	t.Helper()
	var method jwt.SigningMethod = jwt.SigningMethodEdDSA
	switch private.(type) {
	case *rsa.PrivateKey:
		method = jwt.SigningMethodRS256
	case *ecdsa.PrivateKey:
		method = jwt.SigningMethodES256
	case []byte:
		method = jwt.SigningMethodHS256
	}
	token := jwt.NewWithClaims(method, content)
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
