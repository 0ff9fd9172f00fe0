package locale

import (
	"context"

	"golang.org/x/text/language"
)

// Language is one of the languages in which the cabinet speaks to people.
type Language string

// The languages of the cabinet. Russian is the default.
const (
	Russian Language = "ru"
	English Language = "en"
)

// maxHeader bounds the Accept-Language header that is looked at, in bytes: parsing
// cost grows with the header and no browser sends one this long.
const maxHeader = 256

// Text is one sentence in both languages.
type Text struct {
	Ru string
	En string
}

// In gives the sentence in a language; an unknown one gets Russian.
func (t Text) In(l Language) string {
	if l == English {
		return t.En
	}
	return t.Ru
}

// IsZero tells whether there is no text at all.
func (t Text) IsZero() bool { return t == Text{} }

// FromHeader chooses the language for a value of Accept-Language (RFC 9110, 12.5.4).
// Anything that cannot be understood means Russian.
func FromHeader(header string) Language {
	if header == "" || len(header) > maxHeader {
		return Russian
	}
	tags, weights, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return Russian
	}
	for i, tag := range tags {
		if weights[i] == 0 {
			continue
		}
		switch base, _ := tag.Base(); base.String() {
		case "ru":
			return Russian
		case "en":
			return English
		}
	}
	return Russian
}

type contextKey struct{}

// NewContext returns a context in which people are answered in l.
func NewContext(ctx context.Context, l Language) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// FromContext gives the language people are answered in; Russian when none was set.
func FromContext(ctx context.Context) Language {
	if l, ok := ctx.Value(contextKey{}).(Language); ok {
		return l
	}
	return Russian
}
