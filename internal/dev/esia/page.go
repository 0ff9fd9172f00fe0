package esia

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"kabinet/internal/dev/persona"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// page shows everything that the emulator shows to a browser. It needs no script, no picture and
// no form, and its policy allows none: the buttons are links, because a form's policy would also
// have to name every client that a login may lead back to.
type page struct {
	template *template.Template
	policy   string
}

func newPage() (*page, error) {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return nil, fmt.Errorf("esia emulator: the page: %w", err)
	}
	style := sha256.Sum256([]byte(pageCSS))
	return &page{
		template: t,
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}, nil
}

// view is what the template shows.
type view struct {
	Title   string
	Style   template.CSS
	Failure string
	Note    string
	People  []choice
	Refuse  string
}

// choice is one person to log in as.
type choice struct {
	FullName  string
	Title     string
	Password  string
	Signature string
}

func (p *page) people(w http.ResponseWriter, request string, personas []persona.Persona) {
	link := func(add url.Values) string {
		add.Set("request", request)
		return "/login?" + add.Encode()
	}
	v := view{Title: "Кто входит?", Refuse: link(url.Values{"refuse": {"1"}})}
	for _, person := range personas {
		v.People = append(v.People, choice{
			FullName:  person.FullName(),
			Title:     person.Title,
			Password:  link(url.Values{"persona": {person.Name}, "method": {"PWD"}}),
			Signature: link(url.Values{"persona": {person.Name}, "method": {"DS"}}),
		})
	}
	p.show(w, http.StatusOK, v)
}

// failure is for what must not be told to the client, because its address cannot be trusted.
func (p *page) failure(w http.ResponseWriter, refused *refusal) {
	p.show(w, http.StatusBadRequest, view{Title: "Войти не получится", Failure: refused.description()})
}

func (p *page) loggedOut(w http.ResponseWriter) {
	p.show(w, http.StatusOK, view{Title: "Вы вышли", Note: "Это окно можно закрыть."})
}

func (p *page) show(w http.ResponseWriter, status int, v view) {
	v.Style = template.CSS(pageCSS) // #nosec G203 -- the embedded file, nothing from outside
	var body bytes.Buffer
	if err := p.template.Execute(&body, v); err != nil {
		http.Error(w, "error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", p.policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may have gone; there is nobody to tell
}
