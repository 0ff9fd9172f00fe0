package app

import (
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"kabinet/internal/config"
)

// redisTimeout is the time limit of everything asked of Redis: it is a cache and a bell, and whoever waits for it
// waits in the person's request.
const redisTimeout = 100 * time.Millisecond

// redisParts is the client and, in the demo, the server in the same process.
type redisParts struct {
	client   redis.UniversalClient
	embedded *miniredis.Miniredis
	stop     chan struct{}
}

func openRedis(c *config.Config) (*redisParts, error) {
	parts := &redisParts{stop: make(chan struct{})}
	address := c.RedisURL.Reveal()
	if address == "" {
		embedded := miniredis.NewMiniRedis()
		if err := embedded.StartAddr("127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("start in-process redis: %w", err)
		}
		parts.embedded = embedded
		address = "redis://" + embedded.Addr()
		go parts.passTime()
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("KABINET_REDIS_URL cannot be parsed") //nolint:err113 // the cause quotes the password
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = redisTimeout, redisTimeout, redisTimeout
	o.PoolTimeout, o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries = redisTimeout, true, 1, 1
	o.MinRetryBackoff, o.MaxRetryBackoff = time.Millisecond, 10*time.Millisecond
	o.ClientName, o.DisableIdentity = "kabinet", true
	parts.client = redis.NewClient(o)
	return parts, nil
}

// passTime makes keys expire: the in-process server has no clock of its own.
func (p *redisParts) passTime() {
	const step = time.Second
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.embedded.FastForward(step)
		}
	}
}

func (p *redisParts) close() error {
	close(p.stop)
	err := p.client.Close()
	if p.embedded != nil {
		p.embedded.Close()
	}
	return err
}
