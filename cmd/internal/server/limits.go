package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"bff"
	"bff/auth"
	"bff/graph"
	"bff/limit"
)

// Attempts to sign in that fail: as many at once, and one more each few seconds.
const (
	loginBurst        = 10
	loginEvery        = 10 * time.Second // for one name from one address
	addressLoginBurst = 50
	addressLoginEvery = 2 * time.Second // for one address
)

// logins bounds attempts to sign in, by name and address and by address alone. Those that succeed count for nothing.
type logins struct{ names, addresses *limit.Limiter }

func newLogins(store limit.Store) logins {
	return logins{
		names:     limit.New(limit.Rate{Units: 1, Per: loginEvery, Burst: loginBurst}, store),
		addresses: limit.New(limit.Rate{Units: 1, Per: addressLoginEvery, Burst: addressLoginBurst}, store),
	}
}

// Try implements graph.Logins.
func (l logins) Try(ctx context.Context, username string) error {
	byName, byAddress := loginKeys(ctx, username)
	wait := l.addresses.Take(ctx, byAddress, 1)
	if wait == 0 {
		if wait = l.names.Take(ctx, byName, 1); wait > 0 {
			l.addresses.Take(ctx, byAddress, -1)
		}
	}
	if wait > 0 {
		return bff.Errorf(bff.RateLimited, "too many attempts to sign in: wait %d s", seconds(wait))
	}
	return nil
}

// Succeeded implements graph.Logins.
func (l logins) Succeeded(ctx context.Context, username string) {
	byName, byAddress := loginKeys(ctx, username)
	l.names.Take(ctx, byName, -1)
	l.addresses.Take(ctx, byAddress, -1)
}

func loginKeys(ctx context.Context, username string) (byName, byAddress string) {
	sum := sha256.Sum256([]byte(username))
	byAddress = "login:" + bff.AddressFrom(ctx)
	return byAddress + ":" + hex.EncodeToString(sum[:8]), byAddress
}

func seconds(wait time.Duration) int { return int((wait + time.Second - 1) / time.Second) }

// admit spends what operations can cost, from the viewer's account or the address's. 0: there is no bound.
func admit(rate int, store limit.Store) func(ctx context.Context, cost int) *gqlerror.Error {
	if rate == 0 {
		return nil
	}
	limiter := limit.New(limit.Rate{Units: rate, Per: time.Minute, Burst: max(rate/6, 1)}, store)
	return func(ctx context.Context, cost int) *gqlerror.Error {
		key := "address:" + bff.AddressFrom(ctx)
		if viewer := auth.From(ctx); viewer.SignedIn() {
			key = "viewer:" + strconv.FormatInt(viewer.UserID, 10)
		}
		wait := limiter.Take(ctx, key, max(cost, 1))
		if wait == 0 {
			return nil
		}
		err := graph.RequestError(graph.CodeRateLimited, "%s", fmt.Sprintf("too much for now: wait %d s", seconds(wait)))
		err.Extensions["retryAfter"] = seconds(wait)
		return err
	}
}
