// Package batch loads a relation once for all siblings of an answer.
//
// The items of one page share a Lazy for each of their relations. The first item whose relation is asked for has it
// loaded for all of them, in one statement; the others wait for that and share it. Unlike a loader that collects keys
// for a moment, this needs no timer, and the number of statements does not depend on scheduling.
//
// A load has one form everywhere: ids in, a map out, absent what the viewer may not see. Group and Index make such a
// map of what a statement has found; One asks a load for a single item.
package batch

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"kabinet/internal/fault"
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

// Group sorts the rows of a relation under the items that they belong to, in their order. Every item has a list, an
// empty one if it has no rows: a relation without any is no absent relation.
func Group[R, V any](ids []uuid.UUID, rows []R, item func(R) uuid.UUID, value func(R) V) map[uuid.UUID][]V {
	groups := make(map[uuid.UUID][]V, len(ids))
	for _, id := range ids {
		groups[id] = []V{}
	}
	for _, row := range rows {
		groups[item(row)] = append(groups[item(row)], value(row))
	}
	return groups
}

// Index puts items under their ids.
func Index[V any](items []V, id func(V) uuid.UUID) map[uuid.UUID]V {
	found := make(map[uuid.UUID]V, len(items))
	for _, v := range items {
		found[id(v)] = v
	}
	return found
}

// One loads a single item, fault.ErrNotFound when the load does not return it.
func One[V any](ctx context.Context, id uuid.UUID,
	load func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]V, error),
) (V, error) {
	found, err := load(ctx, []uuid.UUID{id})
	v, ok := found[id]
	if err == nil && !ok {
		err = fault.ErrNotFound
	}
	return v, err
}
