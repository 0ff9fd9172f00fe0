// Package pagetest reads lists as a client does, page by page, and compares them with what they should hold.
package pagetest

import (
	"context"

	"github.com/stretchr/testify/require"

	"kabinet/internal/page"
)

// RequireList fails unless the list, read in pages of the given size, is what is wanted, in that order, and its total too.
func RequireList[T any, ID comparable](ctx context.Context, t require.TestingT, want []ID, size int, id func(T) ID,
	list func(first *int, after *page.Cursor) (*page.Connection[T], error),
) {
	got := []ID{}
	var after *page.Cursor
	for {
		c, err := list(&size, after)
		require.NoError(t, err)
		require.LessOrEqual(t, len(c.Nodes), size)
		for _, node := range c.Nodes {
			got = append(got, id(node))
		}
		total, err := c.TotalCount(ctx)
		require.NoError(t, err)
		require.Equal(t, len(want), total)
		require.Equal(t, len(got) < len(want), c.PageInfo.HasNextPage)
		if !c.PageInfo.HasNextPage {
			break
		}
		after = c.PageInfo.EndCursor
	}
	if want == nil {
		want = []ID{}
	}
	require.Equal(t, want, got)
}
