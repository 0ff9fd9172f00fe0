package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// costOfOne is what every operation costs beside its fields: reading its document, whether it is carried out or refused.
const costOfOne = 100

// entrance has every operation pay for its document before anybody looks at it.
type entrance struct {
	spend func(ctx context.Context, cost int) error
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = entrance{}

// ExtensionName implements graphql.HandlerExtension.
func (entrance) ExtensionName() string { return "Entrance" }

// Validate implements graphql.HandlerExtension.
func (entrance) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements graphql.OperationParameterMutator.
func (e entrance) MutateOperationParameters(ctx context.Context, _ *graphql.RawParams) *gqlerror.Error {
	return paid(e.spend(ctx, costOfOne))
}

// spending has every operation pay for its fields before it is carried out, when their cost is known.
type spending struct {
	spend func(ctx context.Context, cost int) error
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = spending{}

// ExtensionName implements graphql.HandlerExtension.
func (spending) ExtensionName() string { return "Spending" }

// Validate implements graphql.HandlerExtension.
func (spending) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (s spending) MutateOperationContext(ctx context.Context, o *graphql.OperationContext) *gqlerror.Error {
	cost := 0
	if counted, ok := o.Stats.GetExtension("ComplexityLimit").(*extension.ComplexityStats); ok {
		cost = counted.Complexity
	}
	return paid(s.spend(ctx, cost))
}

// paid is nil, or the refusal as gqlgen wants it.
func paid(err error) *gqlerror.Error {
	if err == nil {
		return nil
	}
	return gqlerror.Wrap(err) // the presenter does the rest
}
