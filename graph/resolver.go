package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"kabinet/graph/model"
	"kabinet/internal/appeal"
	"kabinet/internal/benefit"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/person"
	"kabinet/internal/ref"
	"kabinet/internal/session"
	"kabinet/internal/sickleave"
	"kabinet/internal/viewer"
)

// Services are the rooms behind the API.
type Services struct {
	People     *person.Service
	SickLeaves *sickleave.Service
	Benefits   *benefit.Service
	Appeals    *appeal.Service
	Documents  *document.Service
	Sessions   *session.Service
	Feed       *feed.Hub
}

// Resolver is the root of the resolvers. A resolver decodes, calls one method of a service and wraps what it gives.
type Resolver struct{ Services Services }

// node finds what a reference refers to, if the viewer may see it.
func (r *Resolver) node(ctx context.Context, id ref.Ref) (any, error) {
	if !viewer.FromContext(ctx).IsPerson() {
		return nil, fault.ErrUnauthenticated
	}
	switch id.Kind {
	case ref.Person:
		return found(r.Services.People.Get(ctx, id.ID))
	case ref.Session:
		return found(r.Services.Sessions.Get(ctx, id.ID))
	case ref.SickLeave:
		return found(r.Services.SickLeaves.Get(ctx, id.ID))
	case ref.Benefit:
		return found(r.Services.Benefits.Get(ctx, id.ID))
	case ref.Appeal:
		return found(r.Services.Appeals.Get(ctx, id.ID))
	case ref.Document:
		return found(r.Services.Documents.Get(ctx, id.ID))
	case ref.Organisation:
		return nil, fault.ErrNotFound
	}
	return nil, fault.ErrNotFound
}

// found keeps a nil pointer from becoming an interface that is not nil.
func found[T any](v *T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// bare is what a reference refers to with nothing but its id, for answers that ask for nothing else: a stream of
// changes needs no read per change then. It gives nil when more is asked for.
func bare(ctx context.Context, id ref.Ref) any {
	var typeName string
	var node any
	switch id.Kind {
	case ref.Person:
		typeName, node = "Person", &person.Person{ID: id}
	case ref.SickLeave:
		typeName, node = "SickLeave", &sickleave.SickLeave{ID: id}
	case ref.Benefit:
		typeName, node = "Benefit", &benefit.Benefit{ID: id}
	case ref.Appeal:
		typeName, node = "Appeal", &appeal.Appeal{ID: id}
	case ref.Document:
		typeName, node = "Document", &document.Document{ID: id}
	case ref.Session, ref.Organisation:
		return nil
	}
	selected := graphql.GetFieldContext(ctx).Field.Selections
	for _, f := range graphql.CollectFields(graphql.GetOperationContext(ctx), selected, []string{typeName, "Node"}) {
		if f.Name != "id" && f.Name != "__typename" {
			return nil
		}
	}
	return node
}

// asksFor tells whether a field is selected below the present one.
func asksFor(ctx context.Context, name string) bool {
	return slices.ContainsFunc(graphql.CollectFieldsCtx(ctx, nil), func(f graphql.CollectedField) bool { return f.Name == name })
}

func levelOf(l viewer.Level) model.AccessLevel {
	if l >= viewer.Extended {
		return model.AccessLevelExtended
	}
	return model.AccessLevelBasic
}

func subjectKinds(kinds []model.SubjectKind) []ref.Kind {
	refs := make([]ref.Kind, 0, len(kinds))
	for _, k := range kinds {
		switch k {
		case model.SubjectKindSickLeave:
			refs = append(refs, ref.SickLeave)
		case model.SubjectKindBenefit:
			refs = append(refs, ref.Benefit)
		case model.SubjectKindAppeal:
			refs = append(refs, ref.Appeal)
		case model.SubjectKindDocument:
			refs = append(refs, ref.Document)
		case model.SubjectKindPerson:
			refs = append(refs, ref.Person)
		}
	}
	return refs
}
