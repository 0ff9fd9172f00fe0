package transport

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDecodeJSON(t *testing.T) {
	for text, want := range map[string]any{
		` {"a" : [1, -2.5, 1e3, 1.0, 0, -0], "b":{}} `: map[string]any{"a": []any{int64(1), -2.5, int64(1000), int64(1), int64(0), int64(0)}, "b": map[string]any{}},
		`"\"\\\/\b\f\n\r\t\u0416\ud83c\udfc3"`:         "\"\\/\b\f\n\r\tЖ🏃",
		`"сеанс"`:                                      "сеанс",
		`[]`:                                           []any{},
		`true`:                                         true,
		`null`:                                         nil,
		`9223372036854775807`:                          int64(9223372036854775807),
		`-9223372036854775808`:                         int64(-9223372036854775808),
		`1e17`:                                         1e17,
	} {
		got, err := decodeJSON([]byte(text), 100)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{
		``, ` `, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{'a':1}`, `[1,]`, `[1 2]`, `01`, `-`, `+1`, `.5`, `1.`, `1e`, `0x1`, `NaN`, `Infinity`,
		`tru`, `True`, `"`, `"\`, `"\x"`, `"\u12"`, `"\u12G4"`, "\"\n\"", "\"\x00\"", `"\u0000"`, `"\ud800"`, `"\udc00"`, `"\ud800\ud800"`, `"\ud800x"`, `"\ud800\n"`,
		`1 1`, `{}{}`, "\ufeff{}", "\"\xff\"", "\"\xed\xa0\x80\"", `{"a":1,"a":1}`, `{"a":1,"\u0061":1}`, `9223372036854775808`, `1e309`, `-1e309`, `// c`, `/**/1`,
	} {
		_, err := decodeJSON([]byte(text), 100)
		require.ErrorIs(t, err, errJSON, "%q", text)
	}
	for _, text := range []string{strings.Repeat("[", 100_000), "[" + strings.Repeat("1,", 100) + "1]", strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65)} {
		_, err := decodeJSON([]byte(text), 100)
		require.ErrorIs(t, err, errJSONSize, "%.20q", text)
	}
}

// What Go writes is read back as it was.
func TestDecodeJSONReadsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Filter(func(s string) bool { return !strings.ContainsRune(s, 0) })
		want := map[string]any{
			"texts": []any{text.Draw(t, "a"), text.Draw(t, "b")},
			"whole": rapid.Int64().Draw(t, "whole"),
			"key":   map[string]any{text.Draw(t, "key"): nil},
		}
		written, err := json.Marshal(want)
		require.NoError(t, err)
		got, err := decodeJSON(written, 100)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// Whatever is accepted is JSON for everybody else too, and means the same.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{`{"query":"{ a }","variables":{"a":[1,2.5,null,true,"\ud83c\udfc3"]}}`, `[[[[]]]]`, `"\u0416"`, `1e5`, `{"a":{"b":{}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := decodeJSON(text, 1000)
		if err != nil {
			require.True(t, errors.Is(err, errJSON) || errors.Is(err, errJSONSize))
			return
		}
		var theirs any
		require.NoError(t, json.Unmarshal(text, &theirs))
		again, err := json.Marshal(got)
		require.NoError(t, err)
		expected, err := json.Marshal(theirs)
		require.NoError(t, err)
		require.JSONEq(t, string(expected), string(again))
	})
}

func TestCursorOf(t *testing.T) {
	for data, want := range map[string]string{
		`{"statusChanged":{"n":1,"cursor":"c1"}}`:   "c1",
		`{"a":{"cursor":"c1"},"b":{"cursor":"c2"}}`: "",
		`{"a":null}`:                                          "",
		`{"a":{"cursor":null}}`:                               "",
		`{"a":{"cursor":5}}`:                                  "",
		`{"a":[{"cursor":"c"}]}`:                              "",
		`{"a":{"Cursor":"c","x":"\"cursor\""}}`:               "",
		`{"a":{"cursor":"c\nid: forged"}}`:                    "",
		`{"a":{"cursor":"` + strings.Repeat("x", 513) + `"}}`: "",
		`null`: "",
		``:     "",
	} {
		require.Equal(t, want, cursorOf(json.RawMessage(data)), data)
	}
}
