package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	issuer    = "bff"
	audience  = "bff"
	adminRole = "admin"

	// MaxTokenLength bounds what is parsed at all, in bytes.
	MaxTokenLength = 8192
	leeway         = 5 * time.Second
)

// Keys signs and verifies tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037). Safe for concurrent use.
type Keys struct {
	private  ed25519.PrivateKey
	lifetime time.Duration
	parser   *jwt.Parser
	now      func() time.Time
}

// NewKeys returns keys for a private key. Tokens live for lifetime. Every replica of the server needs the same key.
func NewKeys(private ed25519.PrivateKey, lifetime time.Duration) *Keys {
	k := &Keys{private: private, lifetime: lifetime, now: time.Now}
	k.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return k.now() }),
	)
	return k
}

// GenerateKey returns a new private key, for a process that needs no other to trust its tokens.
func GenerateKey() (ed25519.PrivateKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	return private, err
}

// ReadKey reads an Ed25519 private key from a PEM file in PKCS #8, as written by
// `openssl genpkey -algorithm ed25519`.
func ReadKey(path string) (ed25519.PrivateKey, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read signing key: %w", err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("signing key %s holds no PEM block", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("signing key %s is not in PKCS #8: %w", path, err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("signing key %s is not an Ed25519 key", path)
	}
	return private, nil
}

type claims struct {
	jwt.RegisteredClaims
	Roles []string `json:"roles,omitempty"`
}

// Sign returns a token that speaks for the viewer until its lifetime ends.
func (k *Keys) Sign(viewer Viewer) (string, error) {
	now := k.now()
	content := claims{RegisteredClaims: jwt.RegisteredClaims{
		Issuer:    issuer,
		Audience:  jwt.ClaimStrings{audience},
		Subject:   strconv.FormatInt(viewer.UserID, 10),
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(k.lifetime)),
	}}
	if viewer.Admin {
		content.Roles = []string{adminRole}
	}
	return jwt.NewWithClaims(jwt.SigningMethodEdDSA, content).SignedString(k.private)
}

// Verify returns the viewer a token speaks for. It answers Unauthenticated for every token that this server's key has
// not signed, that names another algorithm, issuer or audience, or that has expired; the message never holds any part
// of the token.
func (k *Keys) Verify(token string) (Viewer, error) {
	return verify(k.parser, token, func(*jwt.Token) (any, error) { return k.private.Public(), nil })
}

// IsAdmin says whether one of the roles is that of an administrator.
func IsAdmin(roles []string) bool { return slices.Contains(roles, adminRole) }
