package limits

import (
	"context"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// entryBytes is what an entry costs beside its key: the entry itself, the map's slot and headers.
const entryBytes = 200

// byteLRU keeps the values used last, bounded by the bytes of their keys. It is safe for concurrent use.
type byteLRU[V any] struct {
	mu      sync.Mutex
	limit   int
	held    int
	entries map[string]*entry[V]
	ring    entry[V] // its next is the entry used last, its previous the one to go first
}

type entry[V any] struct {
	key            string
	value          V
	next, previous *entry[V]
}

func newByteLRU[V any](limit int) *byteLRU[V] {
	c := &byteLRU[V]{limit: limit, entries: map[string]*entry[V]{}}
	c.ring.next, c.ring.previous = &c.ring, &c.ring
	return c
}

func (c *byteLRU[V]) get(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		var none V
		return none, false
	}
	e.unlink()
	c.pushFront(e)
	return e.value, true
}

// add keeps a value unless it is larger than the whole cache, and drops the oldest to make room.
func (c *byteLRU[V]) add(key string, value V) {
	cost := len(key) + entryBytes
	if cost > c.limit {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		e.value = value
		e.unlink()
		c.pushFront(e)
		return
	}
	e := &entry[V]{key: strings.Clone(key), value: value} // the key may be a part of something much larger
	c.entries[e.key] = e
	c.pushFront(e)
	c.held += cost
	for c.held > c.limit {
		oldest := c.ring.previous
		oldest.unlink()
		delete(c.entries, oldest.key)
		c.held -= len(oldest.key) + entryBytes
	}
}

func (c *byteLRU[V]) pushFront(e *entry[V]) {
	e.next, e.previous = c.ring.next, &c.ring
	e.next.previous, e.previous.next = e, e
}

func (e *entry[V]) unlink() {
	e.next.previous, e.previous.next = e.previous, e.next
}

// treeFactor is how many bytes a parsed and validated document takes for one byte of its text, measured on the dearest
// texts (many short names), rounded up.
const treeFactor = 100

// QueryCache keeps parsed documents, bounded by the memory that they take.
type QueryCache struct{ trees *byteLRU[*ast.QueryDocument] }

var _ graphql.Cache[*ast.QueryDocument] = (*QueryCache)(nil)

// NewQueryCache makes a cache that takes about so many bytes of memory at most.
func NewQueryCache(memory int) *QueryCache {
	return &QueryCache{trees: newByteLRU[*ast.QueryDocument](memory / treeFactor)}
}

// Get implements graphql.Cache.
func (c *QueryCache) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	return c.trees.get(text)
}

// Add implements graphql.Cache.
func (c *QueryCache) Add(_ context.Context, text string, doc *ast.QueryDocument) {
	c.trees.add(text, doc)
}
