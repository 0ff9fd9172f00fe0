package entry

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"kabinet/internal/locale"
)

// Document is a text that everybody accepts before they come in.
type Document string

// The documents.
const (
	TermsOfUse   Document = "TERMS_OF_USE"
	PersonalData Document = "PERSONAL_DATA"
)

// Documents lists all documents.
func Documents() []Document { return []Document{TermsOfUse, PersonalData} }

//go:embed terms/*.md
var texts embed.FS

// Term is a document in its present version.
type Term struct {
	Document   Document
	Version    string // day from which it holds
	AcceptedAt *time.Time

	title, text, hash locale.Text
}

// Title is the title in the language of the request.
func (t *Term) Title(ctx context.Context) string { return t.title.In(locale.FromContext(ctx)) }

// Text is the text, in Markdown, in the language of the request.
func (t *Term) Text(ctx context.Context) string { return t.text.In(locale.FromContext(ctx)) }

// TextHash is the SHA-256 of Text in hexadecimal: what is accepted is what was shown.
func (t *Term) TextHash(ctx context.Context) string { return t.hash.In(locale.FromContext(ctx)) }

// shows tells whether a hash is that of the text in one of the languages.
func (t *Term) shows(hash string) bool { return hash == t.hash.Ru || hash == t.hash.En }

// versions are the present versions, and the names of the files.
func versions() []Term {
	return []Term{
		{Document: TermsOfUse, Version: "2026-11-01"},
		{Document: PersonalData, Version: "2026-11-01"},
	}
}

// loadTerms reads the documents in their present versions.
func loadTerms() ([]Term, error) {
	terms := versions()
	for i := range terms {
		t := &terms[i]
		name := strings.ReplaceAll(strings.ToLower(string(t.Document)), "_", "-")
		for _, language := range []struct {
			code              string
			title, text, hash *string
		}{
			{"ru", &t.title.Ru, &t.text.Ru, &t.hash.Ru},
			{"en", &t.title.En, &t.text.En, &t.hash.En},
		} {
			content, err := texts.ReadFile("terms/" + name + "." + t.Version + "." + language.code + ".md")
			if err != nil {
				return nil, fmt.Errorf("entry: terms: %w", err)
			}
			*language.text = string(content)
			heading, _, _ := strings.Cut(*language.text, "\n")
			*language.title = strings.TrimPrefix(heading, "# ")
			sum := sha256.Sum256(content)
			*language.hash = hex.EncodeToString(sum[:])
		}
	}
	return terms, nil
}
