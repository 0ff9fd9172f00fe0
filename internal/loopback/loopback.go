// Package loopback finds addresses for servers that tests start.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// The ports lie below those that the kernel gives to outgoing connections: a server is given its address long before it
// listens there, or is away for a while, and no connection of a test beside it must take the port meanwhile.
const (
	lowest = 15_000
	count  = 15_000
)

// FreeAddress is one on which nobody listens. It is not held.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(count)) //nolint:gosec // chance, not a secret
		if l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err == nil {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}
