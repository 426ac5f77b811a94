package cache

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Get returns what stands under a key of another room's; false: nothing, or Redis did not answer.
func (r *Redis) Get(ctx context.Context, key string) (string, bool) {
	if !r.breaker.allows() {
		return "", false
	}
	var text string
	var missing bool
	err := r.do(context.WithoutCancel(ctx), func(ctx context.Context) (err error) {
		text, err = r.client.Get(ctx, prefix+key).Result()
		missing = errors.Is(err, redis.Nil)
		return err
	})
	return text, err == nil && !missing
}

// Set puts a text under a key of another room's, for a while, if Redis answers.
func (r *Redis) Set(ctx context.Context, key, text string, ttl time.Duration) {
	if !r.breaker.allows() {
		return
	}
	_ = r.do(context.WithoutCancel(ctx), func(ctx context.Context) error {
		return r.client.Set(ctx, prefix+key, text, ttl).Err()
	})
}

// Announce implements bus.Wire.
func (r *Redis) Announce(ctx context.Context, text string) error {
	if !r.breaker.allows() {
		return errGivenUp
	}
	return r.do(context.WithoutCancel(ctx), func(ctx context.Context) error { return r.client.Publish(ctx, news, text).Err() })
}

// Hear implements bus.Wire. There is one who hears.
func (r *Redis) Hear(hear func(text string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hear = hear
}

func (r *Redis) news(text string) {
	r.mu.Lock()
	hear := r.hear
	r.mu.Unlock()
	if hear != nil {
		hear(text)
	}
}

// spend is what Spend does, on the server and by its clock, in microseconds.
var spend = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local empty = tonumber(redis.call('GET', KEYS[1]) or 0)
if empty < now then empty = now end
empty = empty + tonumber(ARGV[1])
local wait = empty - now - tonumber(ARGV[2])
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', empty), 'PX', math.max(1, math.ceil((empty - now) / 1000)))
return 0`)

// Spend implements limit.Store.
func (r *Redis) Spend(ctx context.Context, key string, spent, most time.Duration) (wait time.Duration, err error) {
	if !r.breaker.allows() {
		return 0, errGivenUp
	}
	err = r.do(context.WithoutCancel(ctx), func(ctx context.Context) error {
		micros, err := spend.Run(ctx, r.client, []string{prefix + "limit:" + key}, spent.Microseconds(), most.Microseconds()).Int64()
		wait = time.Duration(micros) * time.Microsecond
		return err
	})
	return wait, err
}
