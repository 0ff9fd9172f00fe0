package graph

import (
	"context"
	"errors"

	"kabinet/graph/model"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// userErrors sorts what a mutation's service answered: faults of the input go into the payload, in the language of
// the request, everything else remains an error. The list is never nil.
func userErrors(ctx context.Context, err error) ([]*model.UserError, error) {
	var faults fault.Invalid
	if err != nil && !errors.As(err, &faults) {
		return nil, err
	}
	shown := make([]*model.UserError, len(faults))
	for i, f := range faults {
		shown[i] = &model.UserError{Field: f.Path, Code: f.Code, Message: f.Message.In(locale.FromContext(ctx))}
		if shown[i].Field == nil {
			shown[i].Field = []string{}
		}
	}
	return shown, nil
}
