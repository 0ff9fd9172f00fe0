package page_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/page"
)

// position is an item of a list, reduced to what its place depends on.
type position struct {
	day  calendar.Date
	time time.Time
	id   uuid.UUID
}

func (p position) atDay() (calendar.Date, uuid.UUID) { return p.day, p.id }
func (p position) atTime() (time.Time, uuid.UUID)    { return p.time, p.id }

// columns are all that lists of the cabinet are ordered by.
func columns() page.Columns[string, position] {
	return page.Columns[string, position]{
		"issued_on": page.ByDay("issued_on", position.atDay), "starts_on": page.ByDay("starts_on", position.atDay),
		"created_at": page.ByTime("created_at", position.atTime), "updated_at": page.ByTime("updated_at", position.atTime),
	}
}

// order is one of the orders that lists of the cabinet have.
type order struct {
	by        string
	direction page.Direction
}

func orders() []order {
	var all []order
	for _, by := range []string{"issued_on", "starts_on", "created_at", "updated_at"} {
		all = append(all, order{by, page.Ascending}, order{by, page.Descending})
	}
	return all
}

func (o order) request(first *int, after *page.Cursor) (page.Request[position], error) {
	return page.NewRequest(first, after, columns(), o.by, o.direction)
}

// cursorIn gives the cursor of an item in an order.
func cursorIn(t require.TestingT, o order, p position) page.Cursor {
	request, err := o.request(nil, nil)
	require.NoError(t, err)
	c := page.NewConnection(request, []position{p}, nil)
	require.NotNil(t, c.PageInfo.EndCursor)
	require.Equal(t, c.PageInfo.StartCursor, c.PageInfo.EndCursor)
	require.Equal(t, *c.PageInfo.EndCursor, c.Edges()[0].Cursor)
	return *c.PageInfo.EndCursor
}

func somewhere() position {
	return position{
		day:  calendar.NewDate(2026, time.March, 8),
		time: time.Date(2026, time.March, 8, 12, 30, 0, 123_456_000, time.UTC),
		id:   uuid.MustParse("01960000-0000-7000-8000-00000000000a"),
	}
}

func TestAnOrderThatTheListDoesNotHaveIsRefused(t *testing.T) {
	for _, o := range []order{{"", page.Ascending}, {"name", page.Ascending}, {"created_at", ""}, {"created_at", "UP"}} {
		_, err := o.request(nil, nil)
		require.ErrorIs(t, err, page.ErrOrder, "%v", o)
	}
}

func TestTheSizeOfAPageHasBounds(t *testing.T) {
	for _, first := range []int{1, 2, 20, 99, 100} {
		request, err := orders()[0].request(&first, nil)
		require.NoError(t, err)
		require.Equal(t, first, request.Size())
	}
	for _, first := range []int{0, -1, 101, 1000, math.MaxInt32, math.MinInt32, math.MaxInt, math.MinInt} {
		_, err := orders()[0].request(&first, nil)
		require.ErrorIs(t, err, page.ErrSize, "%d", first)
		require.Equal(t, fault.BadInput, fault.CodeOf(err))
	}
	request, err := orders()[0].request(nil, nil)
	require.NoError(t, err)
	require.Equal(t, page.DefaultSize, request.Size())
}

func TestACursorServesItsOwnOrderOnly(t *testing.T) {
	for i, of := range orders() {
		cursor := cursorIn(t, of, somewhere())
		for j, asked := range orders() {
			_, err := asked.request(nil, &cursor)
			if i == j {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, page.ErrCursor, "of %v in %v", of, asked)
		}
	}
}

func TestAForgedCursorIsRefused(t *testing.T) {
	for _, order := range orders() {
		good := cursorIn(t, order, somewhere())
		for name, forged := range map[string]page.Cursor{
			"empty":      "",
			"cut":        good[:len(good)-1],
			"longer":     good + "A",
			"padded":     good + "=",
			"line end":   good[:5] + "\n" + good[5:],
			"carriage":   good + "\r\n",
			"not base64": "!" + good[1:],
			"of a feed":  "9wAAAAAAAAAB",
			"SQL":        "' OR 1=1 --",
		} {
			_, err := order.request(nil, &forged)
			require.ErrorIs(t, err, page.ErrCursor, name)
		}
	}
}

func TestTheScalarCursor(t *testing.T) {
	good := cursorIn(t, orders()[0], somewhere())
	var out bytes.Buffer
	good.MarshalGQL(&out)
	var text string
	require.NoError(t, json.Unmarshal(out.Bytes(), &text))

	var read page.Cursor
	require.NoError(t, read.UnmarshalGQL(text))
	require.Equal(t, good, read)

	for name, value := range map[string]any{
		"null": nil, "number": 1, "empty": "", "not base64": "a b", "too long": string(bytes.Repeat([]byte("A"), 300)),
	} {
		require.ErrorIs(t, read.UnmarshalGQL(value), page.ErrCursor, name)
		require.Equal(t, good, read, "a refused value changes nothing")
	}
}

func TestTheTotalIsCountedOnlyWhenAskedFor(t *testing.T) {
	request, err := orders()[0].request(nil, nil)
	require.NoError(t, err)
	counted := 0
	c := page.NewConnection(request, nil, func(context.Context) (int, error) { counted++; return 42, nil })
	require.Empty(t, c.Nodes)
	require.Empty(t, c.Edges())
	require.Equal(t, page.Info{}, c.PageInfo)
	require.Zero(t, counted)
	total, err := c.TotalCount(t.Context())
	require.NoError(t, err)
	require.Equal(t, 42, total)
	require.Equal(t, 1, counted)
}

// FuzzCursor shows that whatever text is sent as a cursor is refused or is the one text of a position.
func FuzzCursor(f *testing.F) {
	for _, order := range orders() {
		f.Add(string(cursorIn(f, order, somewhere())))
	}
	f.Add("")
	f.Add("AAAA")
	f.Add("9wAAAAAAAAAB")
	f.Fuzz(func(t *testing.T, text string) {
		cursor, accepted := page.Cursor(text), 0
		for _, order := range orders() {
			if _, err := order.request(nil, &cursor); err != nil {
				require.ErrorIs(t, err, page.ErrCursor)
				continue
			}
			accepted++
			require.Len(t, text, 35)
			require.NotContains(t, text, "\n")
		}
		require.LessOrEqual(t, accepted, 1, "a cursor is of one order")
	})
}
