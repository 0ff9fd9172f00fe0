package graph

import (
	"context"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"

	"kabinet/graph/model"
	"kabinet/internal/appeal"
	"kabinet/internal/gate"
	"kabinet/internal/person"
	"kabinet/internal/requestid"
	"kabinet/internal/viewer"
)

// directives are those of the schema, with what they need.
type directives struct {
	people        *person.Service
	appeals       *appeal.Service
	confirmations confirmations
	denied        func(ctx context.Context, field string) error // journals a denial; may be nil
	log           *slog.Logger
}

// access is the directive @access.
func (d directives) access(ctx context.Context, _ any, next graphql.Resolver, level model.AccessLevel, stage model.EntryState) (any, error) {
	if err := gate.Admit(viewer.FromContext(ctx), levelNeeded(level), entryNeeded(stage)); err != nil {
		d.tell(ctx)
		return nil, err
	}
	return next(ctx)
}

// levelNeeded and entryNeeded take what they do not know for the strictest.
func levelNeeded(l model.AccessLevel) viewer.Level {
	if l == model.AccessLevelBasic {
		return viewer.Basic
	}
	return viewer.Extended
}

func entryNeeded(e model.EntryState) viewer.Entry {
	switch e {
	case model.EntryStateBlocked:
		return viewer.Blocked
	case model.EntryStateIncomplete:
		return viewer.Incomplete
	case model.EntryStateComplete:
	}
	return viewer.Complete
}

// tell has a denial journalled. It is denied all the same when that fails.
func (d directives) tell(ctx context.Context) {
	if d.denied == nil {
		return
	}
	f := graphql.GetFieldContext(ctx)
	if err := d.denied(ctx, f.Object+"."+f.Field.Name); err != nil {
		d.log.WarnContext(ctx, "denial not journalled", "error", err, "request_id", requestid.FromContext(ctx))
	}
}
