package auth

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"bff"
)

// Issuer verifies tokens that somebody else signs: with the keys of a JSON Web Key Set (RFC 7517), a file's or a URL's.
// A token must name its key by kid, and be signed with EdDSA, ES256 or RS256. Keys change without a restart; while their
// source is down the known ones stay. Safe for concurrent use.
type Issuer struct {
	source string
	client *http.Client
	parser *jwt.Parser
	logger *slog.Logger
	keys   atomic.Pointer[map[string]jose.JSONWebKey] // by kid
	asked  chan chan struct{}                         // wishes to read the source again; closed when that was done
}

const (
	refreshEvery  = time.Minute            // so long a key is believed after it was taken out
	refreshAtMost = time.Second            // at most this often for keys that nobody knows
	refreshWait   = 300 * time.Millisecond // how long a token with an unknown key waits for that
	fetchTimeout  = 2 * time.Second
	maxKeySet     = 1 << 20 // bytes
	minRSABits    = 2048
)

// NewIssuer returns the verifier of an issuer's tokens. A file must be there; a URL need not answer yet. Run keeps the
// keys up to date.
func NewIssuer(ctx context.Context, source, issuer, audience string, logger *slog.Logger) (*Issuer, error) {
	i := &Issuer{
		source: source, client: &http.Client{Timeout: fetchTimeout}, logger: logger, asked: make(chan chan struct{}),
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodRS256.Alg()}),
			jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
			jwt.WithLeeway(leeway), jwt.WithStrictDecoding(),
		),
	}
	i.keys.Store(&map[string]jose.JSONWebKey{})
	if err := i.refresh(ctx); err != nil {
		if !i.remote() {
			return nil, err
		}
		logger.Warn("keys of the issuer not read yet", "error", err.Error())
	}
	return i, nil
}

func (i *Issuer) remote() bool {
	address, err := url.Parse(i.source)
	return err == nil && (address.Scheme == "https" || address.Scheme == "http")
}

// Run reads the keys again each minute, and at most each second when a token names a key that is not known, until ctx
// ends.
func (i *Issuer) Run(ctx context.Context) {
	var last time.Time
	failing := false
	refresh := func() {
		err := i.refresh(ctx)
		last = time.Now()
		if err != nil && !failing && ctx.Err() == nil {
			i.logger.Warn("keys of the issuer stay as they were", "error", err.Error())
		}
		failing = err != nil
	}
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			refresh()
		case done := <-i.asked:
			if time.Since(last) >= refreshAtMost {
				refresh()
			}
			close(done)
		}
	}
}

func (i *Issuer) refresh(ctx context.Context) error {
	text, err := i.read(ctx)
	if err != nil {
		return fmt.Errorf("read key set: %w", err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return errors.New("read key set: not a JSON Web Key Set")
	}
	keys := map[string]jose.JSONWebKey{}
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) == nil && usable(key) { // kinds that are not known are for others
			keys[key.KeyID] = key
		}
	}
	if len(keys) == 0 {
		return errors.New("read key set: no public signing key with a kid")
	}
	i.keys.Store(&keys)
	return nil
}

func usable(key jose.JSONWebKey) bool {
	if key.KeyID == "" || !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" {
		return false
	}
	public, isRSA := key.Key.(*rsa.PublicKey)
	return !isRSA || public.N.BitLen() >= minRSABits
}

func (i *Issuer) read(ctx context.Context) ([]byte, error) {
	if !i.remote() {
		return os.ReadFile(i.source)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, i.source, nil)
	if err != nil {
		return nil, err
	}
	response, err := i.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxKeySet))
}

// Verify returns the viewer that a token speaks for, as Keys.Verify does. The viewer's id is the token's subject, in
// decimal; the claim roles is a list of words.
func (i *Issuer) Verify(token string) (Viewer, error) {
	return verify(i.parser, token, i.key)
}

// key returns the key that a token names. It is not to be found out from outside why there is none.
func (i *Issuer) key(token *jwt.Token) (any, error) {
	kid, _ := token.Header["kid"].(string)
	if kid == "" {
		return nil, errNoKey
	}
	key, known := (*i.keys.Load())[kid]
	if !known {
		i.refreshSoon()
		if key, known = (*i.keys.Load())[kid]; !known {
			return nil, errNoKey
		}
	}
	if key.Algorithm != "" && key.Algorithm != token.Method.Alg() {
		return nil, errNoKey
	}
	return key.Key, nil
}

var errNoKey = errors.New("no such key")

// refreshSoon waits, not for long, until the source was read again.
func (i *Issuer) refreshSoon() {
	done := make(chan struct{})
	patience := time.NewTimer(refreshWait)
	defer patience.Stop()
	select {
	case i.asked <- done:
	case <-patience.C:
		return
	}
	select {
	case <-done:
	case <-patience.C:
	}
}

// Either verifies tokens that name their key by kid with an issuer's keys, all others with our own.
type Either struct {
	Own    *Keys
	Issuer *Issuer
}

// Verify returns the viewer that a token speaks for, as Keys.Verify does.
func (e Either) Verify(token string) (Viewer, error) {
	if len(token) > MaxTokenLength {
		return Viewer{}, errInvalid
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(token, &claims{})
	if err != nil {
		return Viewer{}, errInvalid
	}
	if _, named := parsed.Header["kid"]; named {
		return e.Issuer.Verify(token)
	}
	return e.Own.Verify(token)
}

var errInvalid = bff.Errorf(bff.Unauthenticated, "the token is not valid")

// verify returns the viewer that a token speaks for. The message never holds any part of the token.
func verify(parser *jwt.Parser, token string, key jwt.Keyfunc) (Viewer, error) {
	if len(token) > MaxTokenLength || strings.ContainsAny(token, "\r\n") { // which decoders leave out
		return Viewer{}, errInvalid
	}
	var content claims
	_, err := parser.ParseWithClaims(token, &content, func(t *jwt.Token) (any, error) {
		if _, critical := t.Header["crit"]; critical {
			return nil, errNoKey // RFC 7515, 4.1.11: what is not understood must be refused
		}
		return key(t)
	})
	if errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		return Viewer{}, bff.Errorf(bff.Unauthenticated, "the token has expired: sign in again")
	}
	if err != nil {
		return Viewer{}, errInvalid
	}
	id, err := strconv.ParseInt(content.Subject, 10, 64)
	if err != nil || id < 1 {
		return Viewer{}, errInvalid
	}
	return Viewer{UserID: id, Admin: IsAdmin(content.Roles), Expires: content.ExpiresAt.Time}, nil
}
