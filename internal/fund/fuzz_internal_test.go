package fund

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzDecode(f *testing.F) {
	schemas, err := loadSchemas()
	require.NoError(f, err)
	s := &Service{schemas: schemas}
	f.Add(MediaTypeEvent, []byte(`{"specversion":"1.0","id":"a","source":"b","type":"ru.sfr.sickleave.changed","subject":"d","sequence":"1","data":{"number":"910000000001","state":"030"}}`))
	f.Add(MediaTypeBatch, []byte(`[{"specversion":"1.0"},[],null]`))
	f.Fuzz(func(t *testing.T, mediaType string, body []byte) {
		found, err := s.decode(mediaType, body)
		if err != nil {
			require.Empty(t, found)
			return
		}
		for _, e := range found {
			if e.refusal == "" {
				require.NotEmpty(t, e.ID)
				require.Positive(t, e.Sequence)
				require.Contains(t, schemas, e.Type)
			}
		}
	})
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
