package fund

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kabinet/docs/events"
)

// decoder is a service that does nothing but decode.
func decoder(t require.TestingT) *Service {
	schemas, err := loadSchemas()
	require.NoError(t, err)
	return &Service{schemas: schemas}
}

// requireSound fails unless what may be applied has all that an event needs.
func requireSound(t *testing.T, s *Service, found []Event) {
	t.Helper()
	for _, e := range found {
		if e.refusal != "" {
			continue
		}
		for _, attribute := range []string{e.ID, e.Source, e.Type, e.Subject} {
			require.NotEmpty(t, attribute)
			require.LessOrEqual(t, len(attribute), 255)
			require.True(t, utf8.ValidString(attribute))
			require.NotContains(t, attribute, "\x00")
		}
		require.Positive(t, e.Sequence)
		require.Contains(t, s.schemas, e.Type)
		require.True(t, json.Valid(e.Data))
	}
}

func FuzzDecode(f *testing.F) {
	s := decoder(f)
	f.Add(MediaTypeEvent, []byte(`{"specversion":"1.0","id":"a","source":"b","type":"ru.sfr.sickleave.changed","subject":"d","sequence":"1","data":{"number":"910000000001","state":"030"}}`))
	f.Add(MediaTypeBatch, []byte(`[{"specversion":"1.0"},[],null]`))
	f.Add("application/json", []byte(`{}`))
	for _, name := range exampleNames(f) {
		text, err := events.Files.ReadFile(name)
		require.NoError(f, err)
		sealed, err := Seal(text)
		require.NoError(f, err)
		f.Add(MediaTypeEvent, sealed)
		f.Add(MediaTypeBatch, slices.Concat([]byte("["), sealed, []byte("]")))
	}
	f.Fuzz(func(t *testing.T, mediaType string, body []byte) {
		found, err := s.decode(http.Header{"Content-Type": {mediaType}}, body)
		if err != nil {
			require.Empty(t, found)
			return
		}
		requireSound(t, s, found)
	})
}

func FuzzDecodeBinary(f *testing.F) {
	s := decoder(f)
	f.Add("a", "urn:test", "ru.sfr.sickleave.changed", "910000000001", "1", []byte(`{"number":"910000000001","state":"030"}`))
	f.Add("%41", `"urn:\\test"`, "ru.sfr.system.status", "SMS", "9223372036854775807", []byte(`{"system":"SMS","state":"DEGRADED"}`))
	f.Fuzz(func(t *testing.T, id, source, kind, subject, sequence string, body []byte) {
		decoded, _ := headerValue(id)
		header := http.Header{"Content-Type": {"application/json"}, "Ce-Specversion": {"1.0"}, "Webhook-Id": {decoded}}
		for name, value := range map[string]string{
			"id": id, "source": source, "type": kind, "subject": subject, "sequence": sequence, "checksum": Checksum(body),
		} {
			header.Set(headerPrefix+name, value)
		}
		found, err := s.decode(header, body)
		if err != nil {
			require.Empty(t, found)
			return
		}
		require.Len(t, found, 1)
		require.Equal(t, decoded, found[0].ID)
		requireSound(t, s, found)
	})
}

// Whatever a sender writes as the HTTP binding says is read as it was.
func FuzzHeaderValue(f *testing.F) {
	for _, value := range []string{"", "a", "С-42", "100%", `"`, " ", "\x00", "%41"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := headerValue(headerText(value))
		require.Equal(t, utf8.ValidString(value), ok)
		if ok {
			require.Equal(t, value, got)
		}
		if got, ok := headerValue(value); ok {
			require.True(t, utf8.ValidString(got))
		}
	})
}

// headerText writes the value of an attribute for a header.
func headerText(value string) string {
	const digits = "0123456789ABCDEF"
	var text strings.Builder
	for _, c := range []byte(value) {
		if c <= ' ' || c > '~' || c == '"' || c == '%' {
			text.Write([]byte{'%', digits[c>>4], digits[c&15]})
			continue
		}
		text.WriteByte(c)
	}
	return text.String()
}

func exampleNames(t require.TestingT) []string {
	names, err := fs.Glob(events.Files, "*.example.json")
	require.NoError(t, err)
	return names
}

// In binary mode the type of an event is not signed: no data must fit the schemas of two types.
func TestNoDataFitsTwoTypes(t *testing.T) {
	s := decoder(t)
	names := exampleNames(t)
	require.Len(t, names, len(s.schemas))
	for _, name := range names {
		own := strings.TrimSuffix(name, ".example.json")
		text, err := events.Files.ReadFile(name)
		require.NoError(t, err)
		var example struct{ Data map[string]json.RawMessage }
		require.NoError(t, json.Unmarshal(text, &example))
		for _, reduced := range []bool{false, true} {
			if reduced {
				reduce(t, own, example.Data)
			}
			data, err := json.Marshal(example.Data)
			require.NoError(t, err)
			for other := range s.schemas {
				misfit := s.misfit(Event{Type: other, Data: data})
				switch {
				case other != own:
					require.Equal(t, ReasonSchema, misfit, "%s as %s", own, other)
				case !reduced: // a schema may require more of some values
					require.Empty(t, misfit, own)
				}
			}
		}
	}
}

// reduce takes away what the schema of a type does not require.
func reduce(t *testing.T, kind string, data map[string]json.RawMessage) {
	t.Helper()
	text, err := events.Files.ReadFile(kind + ".schema.json")
	require.NoError(t, err)
	var schema struct{ Required []string }
	require.NoError(t, json.Unmarshal(text, &schema))
	for member := range data {
		if !slices.Contains(schema.Required, member) {
			delete(data, member)
		}
	}
}

func TestUnambiguous(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, `{"a":1,"b":1}`: true, `{"a":{"a":1},"b":[{"a":1},{"a":2}]}`: true, `{"a":"b","b":"a"}`: true,
		`{"a":1,"a":2}`: false, `{"x":{"a":1,"a":2}}`: false, `[{"a":1,"\u0061":2}]`: false, `{"a":[{"b":1}],"a":0}`: false,
		`{"a":"\u0000"}`: false, `{"\u0000":1}`: false, `{"a":1`: false,
	} {
		require.Equal(t, want, unambiguous([]byte(text)), text)
	}
}
