package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"kabinet/graph/model"
	"kabinet/internal/fault"
	"kabinet/internal/viewer"
)

// access is the directive @access: the one place that compares what a field needs with what the account may do.
func access(ctx context.Context, _ any, next graphql.Resolver, level model.AccessLevel) (any, error) {
	v := viewer.FromContext(ctx)
	switch {
	case !v.IsPerson():
		return nil, fault.ErrUnauthenticated
	case level == model.AccessLevelExtended && v.Level < viewer.Extended:
		return nil, fault.ErrAccessLevel
	}
	return next(ctx)
}
