// Package batch loads a relation once for all siblings of an answer.
//
// The items of one page share a Lazy for each of their relations. The first item whose relation is asked for has it
// loaded for all of them, in one statement; the others wait for that and share it. Unlike a loader that collects keys
// for a moment, this needs no timer, and the number of statements does not depend on scheduling.
package batch

import (
	"context"
	"sync"

	"github.com/google/uuid"
)

// Lazy is a relation of the items of one page. The zero value is ready. It lives no longer than the answer.
type Lazy[V any] struct {
	once   sync.Once
	values map[uuid.UUID]V
	err    error
}

// Get gives the value of the item id. The first call loads the values of all ids; an item that the load did not
// return has the zero value. The load runs in the context of the first caller: all callers serve one request.
func (l *Lazy[V]) Get(ctx context.Context, id uuid.UUID, ids []uuid.UUID,
	load func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]V, error),
) (V, error) {
	l.once.Do(func() { l.values, l.err = load(ctx, ids) })
	if l.err != nil {
		var none V
		return none, l.err
	}
	return l.values[id], nil
}
