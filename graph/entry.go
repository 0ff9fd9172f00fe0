package graph

import (
	"context"

	"kabinet/graph/model"
	"kabinet/internal/entry"
	"kabinet/internal/network"
	"kabinet/internal/viewer"
)

// stateAfter is how far the viewer has come in after a step was tried; nil when it had faults.
func (r *Resolver) stateAfter(ctx context.Context, err error) (*entry.State, []*model.UserError, error) {
	faults, err := userErrors(ctx, err)
	if err != nil || len(faults) > 0 {
		return nil, faults, err
	}
	state, err := r.Services.Entry.State(ctx)
	return state, faults, err
}

// letIn is the context of a viewer who is blocked no more: what they see then is what their next request sees.
func letIn(ctx context.Context) context.Context {
	v := viewer.FromContext(ctx)
	v.Entry = max(v.Entry, viewer.Incomplete)
	return viewer.NewContext(ctx, v)
}

// networksAfter are the viewer's networks after a change of them was tried; nil when it had faults.
func (r *Resolver) networksAfter(ctx context.Context, err error) ([]*network.Network, []*model.UserError, error) {
	faults, err := userErrors(ctx, err)
	if err != nil || len(faults) > 0 {
		return nil, faults, err
	}
	left, err := r.Services.Networks.List(ctx)
	return left, faults, err
}

func entryStateOf(e viewer.Entry) model.EntryState {
	switch e {
	case viewer.Complete:
		return model.EntryStateComplete
	case viewer.Incomplete:
		return model.EntryStateIncomplete
	case viewer.Blocked:
	}
	return model.EntryStateBlocked
}

// pointers gives what the generated code wants of a list; nil stays nil.
func pointers[T any](values []T) []*T {
	if values == nil {
		return nil
	}
	list := make([]*T, len(values))
	for i := range values {
		list[i] = &values[i]
	}
	return list
}
