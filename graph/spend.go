package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// spending has every operation paid for before it is carried out, with what it costs.
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
	if err := s.spend(ctx, cost); err != nil {
		return gqlerror.Wrap(err) // the presenter does the rest
	}
	return nil
}
