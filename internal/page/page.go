// Package page is the one way in which lists are cut into pages: by keyset, forward, with opaque cursors.
//
// A list is ordered by one column and, where that is equal, by id. The cursor of an item holds its values of both, so
// that a page begins behind an item even if the item is gone, and page 400 costs what page 1 does.
package page

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"io"
	"slices"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// Bounds of the size of a page, in items.
const (
	DefaultSize = 20
	MaxSize     = 100
)

// The refusals of a request for a page.
var (
	ErrSize = fault.New(fault.BadInput,
		locale.Text{Ru: "Размер страницы first должен быть от 1 до 100.", En: "The page size, first, must be from 1 to 100."},
		locale.Text{Ru: "Читайте длинный список по страницам с помощью after.", En: "Read a long list page by page with after."})
	ErrCursor = fault.New(fault.BadInput,
		locale.Text{Ru: "Курсор after не от этого списка с этим порядком.", En: "The cursor after is not from this list in this order."},
		locale.Text{Ru: "Передайте endCursor предыдущей страницы без изменений или начните с первой страницы.", En: "Send the endCursor of the previous page unchanged, or begin with the first page."})
)

// Cursor is an opaque position.
type Cursor string

// MarshalGQL writes the scalar Cursor.
func (c Cursor) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(c))) }

// UnmarshalGQL reads the scalar Cursor; whose it is shows when it is used.
func (c *Cursor) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > 256 {
		return ErrCursor
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(s); err != nil {
		return ErrCursor
	}
	*c = Cursor(s)
	return nil
}

// Column is a column by which a list can be ordered: NOT NULL, with an index that ends in it and the id.
type Column struct {
	Name  string // in the database
	IsDay bool   // a DATE; otherwise a point of time
}

// Order is the order of a list.
type Order struct {
	Column     Column
	Descending bool
}

// Request is a request for one page.
type Request struct {
	size  int
	order Order
	after *key
}

type key struct {
	day  calendar.Date
	time time.Time
	id   uuid.UUID
}

// NewRequest checks a request for a page. first and after may be nil; first then is DefaultSize.
func NewRequest(first *int, after *Cursor, order Order) (Request, error) {
	r := Request{size: DefaultSize, order: order}
	if first != nil {
		if *first < 1 || *first > MaxSize {
			return Request{}, ErrSize
		}
		r.size = *first
	}
	if after != nil {
		k, ok := order.decode(*after)
		if !ok {
			return Request{}, ErrCursor
		}
		r.after = &k
	}
	return r, nil
}

// Size is the number of items asked for.
func (r Request) Size() int { return r.size }

// Select cuts a query to the page: where it begins, its order, and one item more than asked for, which tells
// whether another page follows.
func (r Request) Select(s *sql.Selector) {
	column, id := s.C(r.order.Column.Name), s.C("id")
	if r.after != nil {
		values := []any{r.after.value(r.order.Column), r.after.id}
		if r.order.Descending {
			s.Where(sql.CompositeLT([]string{column, id}, values...))
		} else {
			s.Where(sql.CompositeGT([]string{column, id}, values...))
		}
	}
	if r.order.Descending {
		s.OrderBy(sql.Desc(column), sql.Desc(id))
	} else {
		s.OrderBy(sql.Asc(column), sql.Asc(id))
	}
	s.Limit(r.size + 1)
}

func (k key) value(c Column) any {
	if c.IsDay {
		return k.day
	}
	return k.time
}

// The encoding of a cursor: a mark of the order, eight bytes of the value, sixteen of the id.
const cursorBytes = 1 + 1 + 8 + 16

func (o Order) mark() (direction, column byte) {
	if o.Descending {
		direction = 1
	}
	for _, c := range []byte(o.Column.Name) {
		column = column*31 + c
	}
	return direction, column
}

func (o Order) encode(k key) Cursor {
	var b [cursorBytes]byte
	b[0], b[1] = o.mark()
	value := k.time.UnixMicro()
	if o.Column.IsDay {
		value = k.day.Time(time.UTC).Unix()
	}
	binary.BigEndian.PutUint64(b[2:], uint64(value))
	copy(b[10:], k.id[:])
	return Cursor(base64.RawURLEncoding.EncodeToString(b[:]))
}

func (o Order) decode(c Cursor) (key, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(b) != cursorBytes {
		return key{}, false
	}
	if direction, column := o.mark(); b[0] != direction || b[1] != column {
		return key{}, false
	}
	value := int64(binary.BigEndian.Uint64(b[2:])) //nolint:gosec // see encode
	k := key{id: uuid.UUID(b[10:])}
	// Years that no database column and no calendar here can hold come only from a forged cursor.
	const longest = 1 << 58
	if value > longest || value < -longest {
		return key{}, false
	}
	if o.Column.IsDay {
		t := time.Unix(value, 0).UTC()
		if t.Year() < 1800 || t.Year() > 9999 {
			return key{}, false
		}
		k.day = calendar.DateOf(t, time.UTC)
	} else {
		k.time = time.UnixMicro(value).UTC()
		if k.time.Year() < 1800 || k.time.Year() > 9999 {
			return key{}, false
		}
	}
	// A position has one text: base64 would overlook line ends, a day a time of day.
	return k, o.encode(k) == c
}

// Info is where a page stands in its list.
type Info struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *Cursor
	EndCursor       *Cursor
}

// Edge is an item and its position.
type Edge[T any] struct {
	Node   T
	Cursor Cursor
}

// Connection is one page.
type Connection[T any] struct {
	Nodes    []T
	PageInfo Info

	cursor func(T) Cursor
	count  func(context.Context) (int, error)
}

// Position is the value of an item in the column of the order, and its id.
type Position struct {
	Day  calendar.Date
	Time time.Time
	ID   uuid.UUID
}

// NewConnection makes the page from what Select found. position tells the place of an item in this order; count
// counts the whole list and is called only if the total is asked for.
func NewConnection[T any](r Request, found []T, position func(T) Position, count func(context.Context) (int, error)) *Connection[T] {
	c := &Connection[T]{count: count}
	c.cursor = func(item T) Cursor {
		p := position(item)
		return r.order.encode(key{day: p.Day, time: p.Time, id: p.ID})
	}
	c.PageInfo.HasPreviousPage = r.after != nil
	if len(found) > r.size {
		c.PageInfo.HasNextPage = true
		found = found[:r.size]
	}
	c.Nodes = found
	if len(found) > 0 {
		first, last := c.cursor(found[0]), c.cursor(found[len(found)-1])
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &first, &last
	}
	return c
}

// Edges are the items with their positions.
func (c *Connection[T]) Edges() []Edge[T] {
	edges := make([]Edge[T], len(c.Nodes))
	for i, n := range c.Nodes {
		edges[i] = Edge[T]{Node: n, Cursor: c.cursor(n)}
	}
	return edges
}

// TotalCount counts the whole list.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.count(ctx) }

// Direction is the direction of an order as the API names it.
type Direction string

// The directions.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// Strings gives the values of an enumeration as the database keeps them, each once: a client may repeat one any number
// of times, and every one would be an argument of the statement.
func Strings[T ~string](values []T) []string {
	s := make([]string, 0, min(len(values), 32))
	for _, v := range values {
		if !slices.Contains(s, string(v)) {
			s = append(s, string(v))
		}
	}
	return s
}
