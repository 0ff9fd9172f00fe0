// Package page is the one way in which lists are cut into pages: by keyset, forward, with opaque cursors.
//
// A list is ordered by one column and, where that is equal, by id. The cursor of an item holds its values of both, so
// that a page begins behind an item even if the item is gone, and page 400 costs what page 1 does.
package page

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
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

// Column is a column by which a list of T can be ordered: NOT NULL, with an index that ends in it and the id. ByDay and
// ByTime make it.
type Column[T any] struct {
	name  string // in the database
	isDay bool   // a DATE; otherwise a point of time
	of    func(T) key
}

// ByDay is a column of days. of tells the day and the id of an item.
func ByDay[T any](name string, of func(T) (calendar.Date, uuid.UUID)) Column[T] {
	return Column[T]{name: name, isDay: true, of: func(item T) (k key) {
		k.day, k.id = of(item)
		return k
	}}
}

// ByTime is a column of points of time. of tells the time and the id of an item.
func ByTime[T any](name string, of func(T) (time.Time, uuid.UUID)) Column[T] {
	return Column[T]{name: name, of: func(item T) (k key) {
		k.time, k.id = of(item)
		return k
	}}
}

// Columns are all by which a list of T can be ordered, under the names that the API has for them.
type Columns[F ~string, T any] map[F]Column[T]

// Direction is the direction of an order as the API names it.
type Direction string

// The directions.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// ErrOrder is a fault of the program: the API lets no other order through than a list has.
var ErrOrder = errors.New("page: the list has no such order")

// order is the order of a list.
type order[T any] struct {
	Column[T]

	descending bool
}

// Request is a request for one page.
type Request[T any] struct {
	size  int
	order order[T]
	after *key
}

// key is the place of an item: its value in the column of the order, and its id.
type key struct {
	day  calendar.Date
	time time.Time
	id   uuid.UUID
}

// NewRequest checks a request for a page, in the order of one of the columns. first and after may be nil; first then
// is DefaultSize.
func NewRequest[F ~string, T any](first *int, after *Cursor, columns Columns[F, T], by F, d Direction) (Request[T], error) {
	column, ok := columns[by]
	if !ok || d != Ascending && d != Descending {
		return Request[T]{}, ErrOrder
	}
	r := Request[T]{size: DefaultSize, order: order[T]{column, d == Descending}}
	if first != nil {
		if *first < 1 || *first > MaxSize {
			return Request[T]{}, ErrSize
		}
		r.size = *first
	}
	if after != nil {
		k, ok := r.order.decode(*after)
		if !ok {
			return Request[T]{}, ErrCursor
		}
		r.after = &k
	}
	return r, nil
}

// Size is the number of items asked for.
func (r Request[T]) Size() int { return r.size }

// Select cuts a query to the page: where it begins, its order, and one item more than asked for, which tells
// whether another page follows.
func (r Request[T]) Select(s *sql.Selector) {
	column, id := s.C(r.order.name), s.C("id")
	if r.after != nil {
		values := []any{r.after.value(r.order.isDay), r.after.id}
		if r.order.descending {
			s.Where(sql.CompositeLT([]string{column, id}, values...))
		} else {
			s.Where(sql.CompositeGT([]string{column, id}, values...))
		}
	}
	if r.order.descending {
		s.OrderBy(sql.Desc(column), sql.Desc(id))
	} else {
		s.OrderBy(sql.Asc(column), sql.Asc(id))
	}
	s.Limit(r.size + 1)
}

func (k key) value(isDay bool) any {
	if isDay {
		return k.day
	}
	return k.time
}

// The encoding of a cursor: a mark of the order, eight bytes of the value, sixteen of the id.
const cursorBytes = 1 + 1 + 8 + 16

func (o order[T]) mark() (direction, column byte) {
	if o.descending {
		direction = 1
	}
	for _, c := range []byte(o.name) {
		column = column*31 + c
	}
	return direction, column
}

func (o order[T]) encode(k key) Cursor {
	var b [cursorBytes]byte
	b[0], b[1] = o.mark()
	value := k.time.UnixMicro()
	if o.isDay {
		value = k.day.Time(time.UTC).Unix()
	}
	binary.BigEndian.PutUint64(b[2:], uint64(value))
	copy(b[10:], k.id[:])
	return Cursor(base64.RawURLEncoding.EncodeToString(b[:]))
}

func (o order[T]) decode(c Cursor) (key, bool) {
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
	if o.isDay {
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

// NewConnection makes the page from what Select found. count counts the whole list and is called only if the total is
// asked for.
func NewConnection[T any](r Request[T], found []T, count func(context.Context) (int, error)) *Connection[T] {
	c := &Connection[T]{count: count, cursor: func(item T) Cursor { return r.order.encode(r.order.of(item)) }}
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
