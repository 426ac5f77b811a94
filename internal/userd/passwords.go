package userd

import (
	"context"
	"fmt"

	"github.com/alexedwards/argon2id"
)

// passwords hashes and compares by argon2id (RFC 9106). Each hashing takes memory, so only a few run at a time.
type passwords struct {
	params *argon2id.Params
	turns  chan struct{}
	// absent stands for the hash of a user that does not exist or cannot sign in: comparing with it takes the same time.
	absent string
}

const hashingsAtOnce = 4

// params are those that OWASP recommends for argon2id: 19 MiB, two passes, one lane.
func newPasswords() *passwords {
	p := &passwords{
		params: &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		turns:  make(chan struct{}, hashingsAtOnce),
	}
	p.absent = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	return p
}

func (p *passwords) hash(password string) (string, error) {
	return argon2id.CreateHash(password, p.params)
}

// match says whether a password has a hash; never for the empty hash. It waits for its turn until ctx ends.
func (p *passwords) match(ctx context.Context, password, hash string) (bool, error) {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return false, ctx.Err()
	}

	compared := hash
	if hash == "" {
		compared = p.absent
	}
	ok, err := argon2id.ComparePasswordAndHash(password, compared)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok && hash != "", nil
}
