package requestid

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"net/http"
)

// Header is the header of an answer that carries the request's id.
const Header = "X-Request-Id"

// entropy is how many random bytes an id has: 80 bits make two equal ids among the requests of a
// year unlikely, and give 16 characters without padding, which can be read out over the phone.
const entropy = 10

// alphabet is Crockford's: no letter in it can be mistaken for a digit when read aloud.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// New makes an id: 16 lower-case letters and digits, random.
func New() string {
	var b [entropy]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program rather than return less
	return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding).EncodeToString(b[:])
}

type contextKey struct{}

// NewContext returns a context of the request with that id.
func NewContext(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// FromContext gives the id of the request; empty outside of one.
func FromContext(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}

// Middleware gives every request a fresh id, in its context and in the answer's header.
func Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := New()
		w.Header().Set(Header, id)
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), id)))
	})
}
