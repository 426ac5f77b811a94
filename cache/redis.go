package cache

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	prefix  = "bff:v1:"              // of all keys; another version for another meaning of the bytes
	channel = "bff:v1:dropped"       // where replicas tell each other of writes
	news    = "bff:v1:published"     // where they tell each other of what is new
	guard   = 10 * time.Second       // how long a drop keeps late fills out: longer than any fetch takes
	stale   = 2 * time.Second        // a fill that waited longer is thrown away
	retry   = 250 * time.Millisecond // between tries to tell Redis of a drop
	fills   = 1024                   // batches that wait to be written
	untold  = 10_000                 // drops that Redis could not be told of
)

// RedisOptions tune the connection. The zero value works.
type RedisOptions struct {
	Timeout time.Duration // of one command; default 50 ms
	Logger  *slog.Logger  // for changes of state; default: discarded
}

// Redis is the connection of a process to the shared level: one server, or a cluster. It does its best and never fails
// a request: what it cannot do is a miss. Safe for concurrent use.
type Redis struct {
	client  redis.UniversalClient
	cluster bool
	timeout time.Duration
	logger  *slog.Logger
	breaker *breaker
	cancel  context.CancelFunc
	ended   sync.WaitGroup
	fills   chan fill

	mu        sync.Mutex
	listeners map[string]func(keys []int64)
	hear      func(text string)    // of news; nil: nobody listens
	untold    map[string]time.Time // redis keys that were dropped and still stand there, with when to give up
}

// fill is values on their way into Redis.
type fill struct {
	values map[string][]byte // by redis key
	ttls   map[string]time.Duration
	made   time.Time
}

// NewRedis returns a connection to the server at addrs, or to the cluster if there are several. It does not wait for
// it. Close it when no request is on its way.
func NewRedis(addrs []string, options RedisOptions) (*Redis, error) {
	if len(addrs) == 0 {
		return nil, errors.New("no Redis server is named")
	}
	if options.Timeout <= 0 {
		options.Timeout = 50 * time.Millisecond
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}

	quiet()
	ctx, cancel := context.WithCancel(context.Background())
	r := &Redis{
		client: redis.NewUniversalClient(&redis.UniversalOptions{
			Addrs: addrs, IsClusterMode: len(addrs) > 1, ContextTimeoutEnabled: true, DisableIdentity: true,
			DialTimeout: 2 * options.Timeout, ReadTimeout: options.Timeout, WriteTimeout: options.Timeout, PoolTimeout: options.Timeout,
			MaxRetries: -1, DialerRetries: 1, MaxActiveConns: 128,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		}),
		cluster: len(addrs) > 1, timeout: options.Timeout, logger: options.Logger, cancel: cancel,
		fills: make(chan fill, fills), listeners: map[string]func([]int64){}, untold: map[string]time.Time{},
	}
	r.breaker = &breaker{logger: options.Logger, closing: ctx, probe: func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, r.timeout)
		defer cancel()
		return r.client.Ping(ctx).Err()
	}}
	r.ended.Go(func() { r.write(ctx) })
	r.ended.Go(func() { r.subscribe(ctx) })
	r.ended.Go(func() { r.tellLater(ctx) })
	return r, nil
}

// quiet keeps the library, whose logger is one for the process, from printing each failed attempt.
var quiet = sync.OnceFunc(func() { redis.SetLogger(silent{}) })

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// Open says whether Redis is given up for now.
func (r *Redis) Open() bool { return !r.breaker.allows() }

// Close ends the connection; it returns when all goroutines have ended.
func (r *Redis) Close() error {
	r.cancel()
	r.ended.Wait()
	r.breaker.ended.Wait()
	return r.client.Close()
}

func redisKey(entity string, id int64) string {
	return prefix + entity + ":" + strconv.FormatInt(id, 10)
}

// do carries out commands within the timeout, unless Redis is given up.
func (r *Redis) do(ctx context.Context, commands func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	err := commands(ctx)
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	r.breaker.note(err)
	return err
}

// read returns the bytes that stand under keys, nil for each that has none: by one command, or in a cluster by one
// pipeline for each node.
func (r *Redis) read(ctx context.Context, keys []string) ([][]byte, error) {
	texts := make([][]byte, len(keys))
	err := r.do(ctx, func(ctx context.Context) error {
		if r.cluster {
			return r.readCluster(ctx, keys, texts)
		}
		values, err := r.client.MGet(ctx, keys...).Result()
		for i, value := range values {
			if text, ok := value.(string); ok {
				texts[i] = []byte(text)
			}
		}
		return err
	})
	return texts, err
}

func (r *Redis) readCluster(ctx context.Context, keys []string, texts [][]byte) error {
	commands, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range keys {
			p.Get(ctx, key)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	for i, command := range commands {
		if text, err := command.(*redis.StringCmd).Bytes(); err == nil {
			texts[i] = text
		}
	}
	return nil
}

// fill hands values to the writer beside the request. If it cannot keep up they are thrown away: they are a cache's.
func (r *Redis) fill(f fill) bool {
	select {
	case r.fills <- f:
		return true
	default:
		return false
	}
}

// write puts fills into Redis. A key that is there stays as it is: it is newer, or the mark of a drop.
func (r *Redis) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-r.fills:
			if time.Since(f.made) > stale || !r.breaker.allows() {
				continue
			}
			_ = r.do(ctx, func(ctx context.Context) error {
				_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
					for key, text := range f.values {
						p.SetNX(ctx, key, text, f.ttls[key])
					}
					return nil
				})
				return err
			})
		}
	}
}

// drop marks keys as dropped in Redis, so that no late fill gets in, and tells the other replicas.
func (r *Redis) drop(ctx context.Context, entity string, ids []int64) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = redisKey(entity, id)
	}

	ctx = context.WithoutCancel(ctx)
	err := errGivenUp
	if r.breaker.allows() {
		err = r.tell(ctx, keys)
	}
	if err == nil {
		return
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		if len(r.untold) < untold {
			r.untold[key] = time.Now().Add(time.Minute + guard) // by then it has expired
		}
	}
}

var errGivenUp = errors.New("redis is given up for now")

func (r *Redis) tell(ctx context.Context, keys []string) error {
	message := strings.Join(keys, " ")
	return r.do(ctx, func(ctx context.Context) error {
		_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, key := range keys {
				p.Set(ctx, key, string(markDropped), guard)
			}
			p.Publish(ctx, channel, message)
			return nil
		})
		return err
	})
}

// distrusted says whether what stands in Redis under a key may be older than a write that Redis could not be told of.
func (r *Redis) distrusted(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, is := r.untold[key]
	return is
}

// tellLater tells Redis of the drops that it could not be told of.
func (r *Redis) tellLater(ctx context.Context) {
	tick := time.NewTicker(retry)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}

		r.mu.Lock()
		var keys []string
		for key, until := range r.untold {
			keys = append(keys, key)
			if time.Now().After(until) {
				delete(r.untold, key)
			}
		}
		r.mu.Unlock()
		if len(keys) == 0 || !r.breaker.allows() || r.tell(ctx, keys) != nil {
			continue
		}
		r.mu.Lock()
		for _, key := range keys {
			delete(r.untold, key)
		}
		r.mu.Unlock()
	}
}

// listen has drops of an entity, whoever made them, told to drop.
func (r *Redis) listen(entity string, drop func(keys []int64)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listeners[entity] = drop
}

// subscribe hears the drops of all replicas. A message that is lost costs the memory level's time to live.
func (r *Redis) subscribe(ctx context.Context) {
	subscription := r.client.Subscribe(ctx, channel, news)
	defer func() { _ = subscription.Close() }()
	messages := subscription.Channel(redis.WithChannelHealthCheckInterval(3 * time.Second))
	for {
		select {
		case <-ctx.Done():
			return
		case message, ok := <-messages:
			if !ok {
				return
			}
			if message.Channel == news {
				r.news(message.Payload)
				continue
			}
			r.heard(message.Payload)
		}
	}
}

func (r *Redis) heard(message string) {
	byEntity := map[string][]int64{}
	for key := range strings.SplitSeq(message, " ") {
		entity, text, _ := strings.Cut(strings.TrimPrefix(key, prefix), ":")
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			byEntity[entity] = append(byEntity[entity], id)
		}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	for entity, ids := range byEntity {
		if drop := r.listeners[entity]; drop != nil {
			drop(ids)
		}
	}
}
