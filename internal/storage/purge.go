package storage

import (
	"context"

	"github.com/google/uuid"
)

// purgeBatch is how many rows Purge deletes by one statement, so that none holds its locks for long.
const purgeBatch = 1000

// Purge deletes rows until find finds none, and tells how many there were, also with an error. find gives the ids of at
// most limit rows that are to go, remove deletes them. Several instances may purge at once.
func Purge(ctx context.Context, find func(ctx context.Context, limit int) ([]uuid.UUID, error),
	remove func(ctx context.Context, ids []uuid.UUID) (int, error),
) (deleted int, err error) {
	for {
		ids, err := find(ctx, purgeBatch)
		if err != nil || len(ids) == 0 {
			return deleted, err
		}
		n, err := remove(ctx, ids)
		deleted += n
		if err != nil {
			return deleted, err
		}
	}
}
