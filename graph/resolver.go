package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"kabinet/graph/model"
	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/batch"
	"kabinet/internal/benefit"
	"kabinet/internal/clarification"
	"kabinet/internal/confirm"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/entry"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/network"
	"kabinet/internal/notice"
	"kabinet/internal/person"
	"kabinet/internal/ref"
	"kabinet/internal/session"
	"kabinet/internal/sickleave"
	"kabinet/internal/verification"
	"kabinet/internal/viewer"
)

// maxNodeErrors bounds the errors of nodes(ids:): what else is not found is null without a word.
const maxNodeErrors = 10

// Services are the rooms behind the API.
type Services struct {
	People     *person.Service
	SickLeaves *sickleave.Service
	Benefits   *benefit.Service
	Appeals    *appeal.Service
	Documents  *document.Service
	Sessions   *session.Service
	Feed       *feed.Hub

	Clarifications *clarification.Service
	Deadlines      *deadline.Service
	Contributions  *contribution.Service
	Notices        *notice.Service

	Entry         *entry.Service
	Networks      *network.Service
	Verifications *verification.Service
	Confirmations *confirm.Service
	Journal       *audit.Reader
}

// Resolver is the root of the resolvers. A resolver decodes, calls one method of a service and wraps what it gives.
type Resolver struct {
	Services Services
	// Ending gives the end of the session of a request, whenever there is reason to.
	Ending func(ctx context.Context) <-chan *session.Ending
}

// node finds what a reference refers to, if the viewer may see it.
func (r *Resolver) node(ctx context.Context, id ref.Ref) (any, error) {
	if !viewer.FromContext(ctx).IsPerson() {
		return nil, fault.ErrUnauthenticated
	}
	found, err := r.load(ctx, id.Kind, []uuid.UUID{id.ID})
	if err != nil {
		return nil, err
	}
	node, ok := found[id.ID]
	if !ok {
		return nil, fault.ErrNotFound
	}
	return node, nil
}

// nodes finds what references refer to, with one statement for each kind among them. What the viewer may not see is
// absent from the answer.
func (r *Resolver) nodes(ctx context.Context, refs []*ref.Ref) (map[ref.Ref]any, error) {
	kinds := make(map[ref.Kind][]uuid.UUID)
	for _, id := range refs {
		if !slices.Contains(kinds[id.Kind], id.ID) {
			kinds[id.Kind] = append(kinds[id.Kind], id.ID)
		}
	}
	nodes := make(map[ref.Ref]any, len(refs))
	for kind, ids := range kinds {
		found, err := r.load(ctx, kind, ids)
		if err != nil {
			return nil, err
		}
		for id, node := range found {
			nodes[ref.Of(kind, id)] = node
		}
	}
	return nodes, nil
}

// load reads things of one kind, those that the viewer may see, with one statement.
func (r *Resolver) load(ctx context.Context, kind ref.Kind, ids []uuid.UUID) (map[uuid.UUID]any, error) {
	switch kind {
	case ref.Person:
		return asNodes(r.people(ctx, ids))
	case ref.Session:
		return asNodes(r.sessions(ctx))
	case ref.SickLeave:
		return asNodes(r.Services.SickLeaves.ByIDs(ctx, ids))
	case ref.Benefit:
		return asNodes(r.Services.Benefits.ByIDs(ctx, ids))
	case ref.Appeal:
		return asNodes(r.Services.Appeals.ByIDs(ctx, ids))
	case ref.Document:
		return asNodes(r.Services.Documents.ByIDs(ctx, ids))
	case ref.Verification:
		return asNodes(r.Services.Verifications.ByIDs(ctx, ids))
	case ref.Network:
		return asNodes(r.networks(ctx))
	case ref.Clarification:
		return asNodes(r.Services.Clarifications.ByIDs(ctx, ids))
	case ref.Deadline:
		return asNodes(r.Services.Deadlines.ByIDs(ctx, ids))
	case ref.Contribution:
		return asNodes(r.Services.Contributions.ByIDs(ctx, ids))
	case ref.Announcement:
		return asNodes(r.Services.Notices.ByIDs(ctx, ids))
	case ref.Organisation:
	}
	return nil, nil //nolint:nilnil // the API shows none
}

// people are the viewer alone: nobody sees anybody else.
func (r *Resolver) people(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*person.Person, error) {
	own := viewer.FromContext(ctx).PersonID
	if !slices.Contains(ids, own) {
		return nil, nil //nolint:nilnil // none of them
	}
	p, err := r.Services.People.Viewer(ctx)
	return map[uuid.UUID]*person.Person{own: p}, err
}

// sessions are those that the viewer's list has: one that has ended is there no more.
func (r *Resolver) sessions(ctx context.Context) (map[uuid.UUID]*session.Session, error) {
	open, err := r.Services.Sessions.List(ctx)
	return batch.Index(open, func(s *session.Session) uuid.UUID { return s.ID.ID }), err
}

// networks are all of the viewer's: there are few.
func (r *Resolver) networks(ctx context.Context) (map[uuid.UUID]*network.Network, error) {
	all, err := r.Services.Networks.List(ctx)
	return batch.Index(all, func(n *network.Network) uuid.UUID { return n.ID.ID }), err
}

// asNodes forgets the type of what a service has found.
func asNodes[T any](found map[uuid.UUID]*T, err error) (map[uuid.UUID]any, error) {
	nodes := make(map[uuid.UUID]any, len(found))
	for id, v := range found {
		nodes[id] = v
	}
	return nodes, err
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
	case ref.Verification:
		typeName, node = "VerificationRequest", &verification.Verification{ID: id}
	case ref.Clarification:
		typeName, node = "Clarification", &clarification.Clarification{ID: id}
	case ref.Deadline:
		typeName, node = "Deadline", &deadline.Deadline{ID: id}
	case ref.Contribution:
		typeName, node = "Contribution", &contribution.Contribution{ID: id}
	case ref.Session, ref.Organisation, ref.Network, ref.Announcement:
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
		case model.SubjectKindVerification:
			refs = append(refs, ref.Verification)
		case model.SubjectKindClarification:
			refs = append(refs, ref.Clarification)
		case model.SubjectKindDeadline:
			refs = append(refs, ref.Deadline)
		case model.SubjectKindContribution:
			refs = append(refs, ref.Contribution)
		}
	}
	return refs
}
