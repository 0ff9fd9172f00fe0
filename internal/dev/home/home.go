// Package home is the page /dev of the demo: who there is to log in as, and where everything is.
package home

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"

	"kabinet/internal/dev/persona"
)

//go:embed home.html
var page string

// policy lets the page carry its style and nothing else.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Links are the addresses that the page names.
type Links struct {
	Public   string
	Admin    string
	Emulator string
}

// New makes the page. It never changes, so it is rendered once.
func New(links Links) (http.Handler, error) {
	t, err := template.New("home").Parse(page)
	if err != nil {
		return nil, fmt.Errorf("home page: %w", err)
	}
	var rendered bytes.Buffer
	if err := t.Execute(&rendered, struct {
		Links
		Personas []persona.Persona
	}{links, persona.All()}); err != nil {
		return nil, fmt.Errorf("home page: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(rendered.Bytes()) // the client has gone
	}), nil
}
