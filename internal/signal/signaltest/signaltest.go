// Package signaltest gives tests a Redis of their own: one within the process and the real one.
//
// The real one is the server named by KABINET_TEST_REDIS_URL, which `make test` starts; without it the tests fail, for
// a test that runs on an imitation only proves half.
package signaltest

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// RedisVariable names the real server.
const RedisVariable = "KABINET_TEST_REDIS_URL"

const (
	// databases are those that a Redis has unless told otherwise; the first keeps who uses which.
	databases = 16
	// claimFor is after how long the database of a test that was killed is free again.
	claimFor = 5 * time.Minute
	// claimWithin is how long a test waits for a free database.
	claimWithin = time.Minute
	answerTime  = 500 * time.Millisecond
)

// EachRedis runs a test on miniredis and again on the real Redis. Each gets an empty database; channels are common to
// all databases of a server, so that a test must not mind strangers' signals.
func EachRedis(t *testing.T, test func(t *testing.T, r redis.UniversalClient)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) {
		_, client := Miniredis(t)
		test(t, client)
	})
	t.Run("redis", func(t *testing.T) { test(t, Redis(t)) })
}

// Miniredis starts a Redis within the process, which the test may stop, restart and move forward in time.
func Miniredis(t testing.TB) (*miniredis.Miniredis, redis.UniversalClient) {
	t.Helper()
	server := miniredis.RunT(t)
	return server, connect(t, &redis.Options{Addr: server.Addr()})
}

// Redis gives an empty database of the real Redis.
func Redis(t testing.TB) redis.UniversalClient {
	t.Helper()
	address := os.Getenv(RedisVariable)
	require.NotEmpty(t, address, RedisVariable+" is not set: run `make test`, or `scripts/with-services go test ./…`")
	options, err := redis.ParseURL(address)
	require.NoError(t, err)
	options.DB = claim(t, connect(t, options))
	client := connect(t, options)
	require.NoError(t, client.FlushDB(t.Context()).Err())
	return client
}

// claim finds a database that no other test, in whatever process, uses.
func claim(t testing.TB, registry redis.UniversalClient) int {
	t.Helper()
	mine := uuid.NewString()
	deadline := time.After(claimWithin)
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		for db := 1; db < databases; db++ {
			key := "kabinet-test:database:" + strconv.Itoa(db)
			got, err := registry.SetNX(t.Context(), key, mine, claimFor).Result()
			require.NoError(t, err)
			if got {
				// The test's context is over when its cleanups run.
				t.Cleanup(func() { require.NoError(t, registry.Del(context.WithoutCancel(t.Context()), key).Err()) })
				return db
			}
		}
		select {
		case <-deadline:
			require.FailNow(t, "no free database in the test Redis")
		case <-retry.C:
		}
	}
}

// connect makes a client as impatient as the program's.
func connect(t testing.TB, o *redis.Options) redis.UniversalClient {
	t.Helper()
	own := *o
	own.DialTimeout, own.ReadTimeout, own.WriteTimeout = answerTime, answerTime, answerTime
	own.MaxRetries, own.DialerRetries, own.ContextTimeoutEnabled = 1, 1, true
	client := redis.NewClient(&own)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}
