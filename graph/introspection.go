package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

var errIntrospection = fault.New(fault.BadInput,
	locale.Text{Ru: "Интроспекция отключена.", En: "Introspection is off."},
	locale.Text{Ru: "Схема опубликована в файле schema.graphql.", En: "The schema is published as schema.graphql."})

// noIntrospection refuses to tell the schema before anything runs. gqlgen would refuse field by field, as a fault of ours.
type noIntrospection struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = noIntrospection{}

// ExtensionName implements graphql.HandlerExtension.
func (noIntrospection) ExtensionName() string { return "NoIntrospection" }

// Validate implements graphql.HandlerExtension.
func (noIntrospection) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (noIntrospection) MutateOperationContext(_ context.Context, o *graphql.OperationContext) *gqlerror.Error {
	if introspects(o.Operation.SelectionSet) {
		return gqlerror.WrapPath(nil, errIntrospection)
	}
	return nil
}

// introspects looks at the root fields, through fragments, which validation has found to have no cycles.
func introspects(set ast.SelectionSet) bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "__schema" || s.Name == "__type" {
				return true
			}
		case *ast.InlineFragment:
			if introspects(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if introspects(s.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}
