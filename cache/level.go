package cache

import (
	"context"
	"time"

	"bff/fetch"
)

// The first byte of what stands in Redis.
const (
	markValue   = 'v' // the codec's bytes follow
	markAbsent  = '-' // there is no such value
	markDropped = 'x' // there was a write: whoever reads it asks the service, and nobody fills it
)

// level is one kind of value in Redis.
type level[V any] struct {
	redis  *Redis
	entity string
	codec  Codec[V]
	ttl    time.Duration
	absent time.Duration
	see    Observer
	timed  func(level, entity string, took time.Duration)
}

func (l *level[V]) layer(next fetch.Func[int64, V]) fetch.Func[int64, V] {
	return func(ctx context.Context, keys []int64) (map[int64]V, error) {
		found, missing, fillable := l.lookUp(ctx, keys)
		if len(missing) == 0 {
			return found, nil
		}

		fetched, err := next(ctx, missing)
		f := fill{values: map[string][]byte{}, ttls: map[string]time.Duration{}, made: time.Now()}
		for _, key := range missing {
			value, ok := fetched[key]
			if ok {
				found[key] = value
			}
			if fillable && (ok || err == nil) { // absent because of an error is not known to be absent
				l.add(f, key, value, ok)
			}
		}
		if len(f.values) > 0 && !l.redis.fill(f) {
			l.see(ctx, "redis", l.entity, "overflow", len(f.values))
		}
		return found, err
	}
}

// lookUp returns what Redis has and which keys it has not. fillable says whether it is worth telling Redis.
func (l *level[V]) lookUp(ctx context.Context, keys []int64) (found map[int64]V, missing []int64, fillable bool) {
	found = make(map[int64]V, len(keys))
	if !l.redis.breaker.allows() {
		l.see(ctx, "redis", l.entity, "skipped", len(keys))
		return found, keys, false
	}
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = redisKey(l.entity, key)
	}
	start := time.Now()
	texts, err := l.redis.read(ctx, names)
	l.timed("redis", l.entity, time.Since(start))
	if err != nil {
		l.see(ctx, "redis", l.entity, "error", len(keys))
		return found, keys, false
	}

	absent, garbage := 0, 0
	for i, key := range keys {
		switch text := texts[i]; {
		case l.redis.distrusted(names[i]), len(text) == 0, text[0] == markDropped:
			missing = append(missing, key)
		case text[0] == markAbsent:
			absent++
		default:
			value, err := l.codec.Decode(key, text[1:])
			if err != nil || text[0] != markValue {
				garbage++
				missing = append(missing, key)
				continue
			}
			found[key] = value
		}
	}
	l.see(ctx, "redis", l.entity, "hit", len(found))
	l.see(ctx, "redis", l.entity, "absent", absent)
	l.see(ctx, "redis", l.entity, "garbage", garbage)
	l.see(ctx, "redis", l.entity, "miss", len(missing)-garbage)
	return found, missing, true
}

func (l *level[V]) add(f fill, key int64, value V, found bool) {
	name := redisKey(l.entity, key)
	if !found {
		f.values[name], f.ttls[name] = []byte{markAbsent}, jittered(l.absent)
		return
	}
	text, err := l.codec.Encode(value)
	if err != nil {
		return
	}
	f.values[name], f.ttls[name] = append([]byte{markValue}, text...), jittered(l.ttl)
}
