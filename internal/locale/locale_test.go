package locale_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/locale"
)

func TestFromHeader(t *testing.T) {
	for _, c := range []struct {
		header string
		want   locale.Language
	}{
		{"", locale.Russian},
		{"en", locale.English},
		{"en-GB,en;q=0.9,ru;q=0.8", locale.English},
		{"de,ru;q=0.5,en;q=0.4", locale.Russian},
		{"de, fr", locale.Russian},
		{"en;q=0, ru", locale.Russian},
		{"en;q=abc", locale.Russian},
		{"\x00;;;", locale.Russian},
		{strings.Repeat("en,", 10_000), locale.Russian},
	} {
		require.Equal(t, c.want, locale.FromHeader(c.header), "header %.40q", c.header)
	}
}

func TestContext(t *testing.T) {
	require.Equal(t, locale.Russian, locale.FromContext(t.Context()))
	ctx := locale.NewContext(t.Context(), locale.English)
	require.Equal(t, locale.English, locale.FromContext(ctx))
	text := locale.Text{Ru: "да", En: "yes"}
	require.Equal(t, "yes", text.In(locale.FromContext(ctx)))
	require.Equal(t, "да", text.In(locale.Language("de")))
}

func FuzzFromHeader(f *testing.F) {
	f.Add("en-GB,en;q=0.9")
	f.Fuzz(func(t *testing.T, header string) {
		l := locale.FromHeader(header)
		require.Contains(t, []locale.Language{locale.Russian, locale.English}, l)
	})
}
