package contribution

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent/contribution"
	"kabinet/ent/predicate"
	"kabinet/internal/calendar"
	"kabinet/internal/page"
	"kabinet/internal/viewer"
)

// Filter chooses contributions; what is given must hold together.
type Filter struct {
	Kinds  []Kind
	Period *calendar.Range // of months: those whose first day lies in it
	// Employer is an employer's registration number at the fund.
	Employer *string
}

// OrderField is what the list can be ordered by.
type OrderField string

// ByPeriod is the only order.
const ByPeriod OrderField = "PERIOD"

// Order is the order of the list.
type Order struct {
	Field     OrderField
	Direction page.Direction
}

// columns are where the orders stand in the database and in an item.
func columns() page.Columns[OrderField, *Contribution] {
	return page.Columns[OrderField, *Contribution]{
		ByPeriod: page.ByDay(contribution.FieldPeriod, func(c *Contribution) (calendar.Date, uuid.UUID) { return c.Period, c.ID.ID }),
	}
}

// Connection is a page of contributions.
type Connection = page.Connection[*Contribution]

// Edge is a contribution and its position.
type Edge = page.Edge[*Contribution]

// List gives a page of the viewer's contributions, the newest month first unless another order is given.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByPeriod, Direction: page.Descending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), contribution.OwnerID(viewer.FromContext(ctx).PersonID))
	rows, err := s.store.Contribution.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list contributions: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.Contribution.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.Contribution {
	if f == nil {
		return nil
	}
	var where []predicate.Contribution
	if f.Kinds != nil {
		where = append(where, contribution.KindIn(page.Strings(f.Kinds)...))
	}
	if f.Period != nil {
		if !f.Period.From.IsZero() {
			where = append(where, contribution.PeriodGTE(f.Period.From))
		}
		if !f.Period.To.IsZero() {
			where = append(where, contribution.PeriodLTE(f.Period.To))
		}
	}
	if f.Employer != nil {
		where = append(where, contribution.EmployerRegistrationNumber(*f.Employer))
	}
	return where
}
