package calendar_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/calendar"
)

var (
	_ driver.Valuer            = calendar.Date{}
	_ sql.Scanner              = (*calendar.Date)(nil)
	_ encoding.TextMarshaler   = calendar.Date{}
	_ encoding.TextUnmarshaler = (*calendar.Date)(nil)
)

var november = calendar.NewDate(2026, time.November, 21)

func TestScan(t *testing.T) {
	kamchatka := time.FixedZone("PETT", 12*60*60)
	for name, src := range map[string]any{
		"text":                      "2026-11-21",
		"bytes":                     []byte("2026-11-21"),
		"RFC 3339":                  "2026-11-21T00:00:00Z",
		"RFC 3339 with offset":      "2026-11-21T23:59:59.999999999+12:00",
		"SQLite with offset":        []byte("2026-11-21 00:00:00+00:00"),
		"SQLite datetime()":         "2026-11-21 10:20:30",
		"SQLite with fraction":      "2026-11-21 10:20:30.123456",
		"SQLite to the minute":      "2026-11-21 10:20",
		"time.Time as text":         "2026-11-21 00:00:00 +0000 UTC",
		"time in UTC":               time.Date(2026, time.November, 21, 0, 0, 0, 0, time.UTC),
		"time keeps its own day":    time.Date(2026, time.November, 21, 1, 0, 0, 0, kamchatka),
		"last moment of that day":   time.Date(2026, time.November, 21, 23, 59, 59, 0, time.UTC),
		"time in the zone of Local": time.Date(2026, time.November, 21, 12, 0, 0, 0, calendar.Moscow()),
	} {
		t.Run(name, func(t *testing.T) {
			var d calendar.Date
			require.NoError(t, d.Scan(src))
			require.Equal(t, november, d)
		})
	}
}

func TestScanNull(t *testing.T) {
	d := november
	require.NoError(t, d.Scan(nil))
	require.True(t, d.IsZero())
}

func TestScanRefuses(t *testing.T) {
	for name, src := range map[string]any{
		"number":             int64(20261121),
		"empty text":         "",
		"garbage after":      "2026-11-21 or so",
		"no such day":        "2026-02-30 00:00:00",
		"no such hour":       "2026-11-21 25:00:00",
		"time out of limits": time.Time{},
		"another type":       calendar.Date{},
	} {
		t.Run(name, func(t *testing.T) {
			d := november
			require.ErrorIs(t, d.Scan(src), calendar.ErrDate)
			require.Equal(t, november, d, "a refused value must leave the old one")
		})
	}
}

func TestStoredFormRoundTrips(t *testing.T) {
	value, err := calendar.Date{}.Value()
	require.NoError(t, err)
	require.Nil(t, value)

	rapid.Check(t, func(t *rapid.T) {
		d := anyDate().Draw(t, "date")
		value, err := d.Value()
		require.NoError(t, err)
		require.True(t, driver.IsValue(value))
		var text, instant calendar.Date
		require.NoError(t, text.Scan(value))
		require.NoError(t, instant.Scan(d.Time(calendar.Moscow())))
		require.Equal(t, d, text)
		require.Equal(t, d, instant)
	})
}

func TestJSON(t *testing.T) {
	type card struct {
		Issued calendar.Date `json:"issued"`
		Closed calendar.Date `json:"closed"`
		Absent calendar.Date `json:"absent,omitzero"`
	}
	text, err := json.Marshal(card{Issued: november})
	require.NoError(t, err)
	require.JSONEq(t, `{"issued":"2026-11-21","closed":""}`, string(text))

	back := card{Closed: november}
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, card{Issued: november}, back)

	require.ErrorIs(t, json.Unmarshal([]byte(`{"issued":"21.11.2026"}`), &back), calendar.ErrDate)
	require.Error(t, json.Unmarshal([]byte(`{"issued":20261121}`), &back))
	require.Equal(t, november, back.Issued)
}

func TestGraphQL(t *testing.T) {
	var out bytes.Buffer
	november.MarshalGQL(&out)
	require.Equal(t, `"2026-11-21"`, out.String())

	out.Reset()
	calendar.Date{}.MarshalGQL(&out)
	require.Equal(t, `null`, out.String())

	var d calendar.Date
	require.NoError(t, d.UnmarshalGQL("2026-11-21"))
	require.Equal(t, november, d)

	for _, v := range []any{nil, "", "secret-987", "2026-02-30", 20261121, int64(1), 1.5, true, json.Number("2026"), []any{"2026-11-21"}, []byte("2026-11-21"), november} {
		err := d.UnmarshalGQL(v)
		require.ErrorIs(t, err, calendar.ErrDate)
		require.NotContains(t, err.Error(), "987")
		require.Equal(t, november, d)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"2026-11-21", "2026-11-21 00:00:00+00:00", "2026-11-21T10:20Z", "2026-11-21 00:00:00 +0000 UTC", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var fromText, fromBytes calendar.Date
		err := fromText.Scan(s)
		require.Equal(t, err, fromBytes.Scan([]byte(s)))
		require.Equal(t, fromText, fromBytes)
		if err == nil {
			require.True(t, strings.HasPrefix(s, fromText.String()) && !fromText.IsZero())
		}
	})
}
