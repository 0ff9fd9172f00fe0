package office

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html
var pageHTML string

// policy lets the page carry its style and send its forms, and nothing else.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// maxForm bounds what is posted to the page.
const maxForm = 4 << 10

// page is the template of the page.
type page struct{ template *template.Template }

func newPage() (*page, error) {
	t, err := template.New("office").Parse(pageHTML)
	if err != nil {
		return nil, fmt.Errorf("office: page: %w", err)
	}
	return &page{t}, nil
}

// State is what the office shows of itself. It names subjects by their ids and numbers alone.
type State struct {
	Scenario     Scenario   `json:"scenario"`
	DelaySeconds float64    `json:"delaySeconds"` // of an answer, when slow
	Pace         float64    `json:"pace"`
	Quiet        bool       `json:"quiet"`
	Commands     int        `json:"commands"`  // that are remembered
	Delivered    int64      `json:"delivered"` // reports that the cabinet has taken
	Work         []Matter   `json:"work"`
	Waiting      []Waiting  `json:"waiting"`
	Refused      []Unwanted `json:"refused"`
}

// Matter is something that goes on.
type Matter struct {
	Title        string  `json:"title"`
	Subject      string  `json:"subject,omitempty"`
	Step         int     `json:"step"` // that is next, from 1
	Steps        int     `json:"steps"`
	DueInSeconds float64 `json:"dueInSeconds"` // real ones
}

// Waiting is a report that the cabinet has not taken.
type Waiting struct {
	Type     string `json:"type"`
	Subject  string `json:"subject"`
	Sequence int64  `json:"sequence"`
	Refusals int    `json:"refusals"`
}

// Unwanted is a report that was laid aside because the cabinet does not want it.
type Unwanted struct {
	Type    string    `json:"type"`
	Subject string    `json:"subject"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// State tells what is under way.
func (o *Office) State() State {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.desk()
	s := State{
		Scenario: o.conduct.scenario, DelaySeconds: o.conduct.delay.Seconds(), Pace: d.Clock.Pace, Quiet: o.quiet,
		Commands: len(d.Taken), Delivered: d.Delivered, Work: []Matter{}, Waiting: []Waiting{}, Refused: []Unwanted{},
	}
	for _, j := range d.Jobs {
		p := d.plans[j.Plan]
		if o.quiet && p.story {
			continue
		}
		left := max(0, j.Due-d.demo(d.now))
		s.Work = append(s.Work, Matter{
			Title: p.title, Subject: j.Subject, Step: j.Step + 1, Steps: len(p.steps),
			DueInSeconds: float64(left) / 1000 / d.Clock.Pace,
		})
	}
	for _, l := range d.Queue {
		s.Waiting = append(s.Waiting, Waiting{l.Type, l.Subject, l.Sequence, l.Refusals})
	}
	for _, r := range d.Refused {
		s.Refused = append(s.Refused, Unwanted(r))
	}
	return s
}

// Handler is the page of the office, below whatever path it is mounted (with a slash at its end, and stripped):
//
//	GET  /          the page
//	GET  /state     State as JSON
//	POST /scenario  {"scenario": "slow", "delaySeconds": 12, "pace": 60}, each if it is to change
//	POST /act       {"do": "news"}, "degrade", "decide"
//
// What is posted is JSON, answered with the state, or a form of the page. A browser may post from the page alone.
func (o *Office) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", o.showPage)
	mux.HandleFunc("GET /state", o.showState)
	mux.HandleFunc("POST /scenario", o.posted(o.setPosted))
	mux.HandleFunc("POST /act", o.posted(o.actPosted))
	protected := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		protected.ServeHTTP(w, r)
	})
}

func (o *Office) showPage(w http.ResponseWriter, _ *http.Request) {
	var body bytes.Buffer
	if err := o.page.template.Execute(&body, struct {
		State

		Scenarios []Scenario
	}{o.State(), Scenarios()}); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body.Bytes()) // the client has gone
}

func (o *Office) showState(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(o.State())
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n')) // the client has gone
}

// order is what is posted. What is absent stays.
type order struct {
	Scenario     *Scenario `json:"scenario"`
	DelaySeconds *float64  `json:"delaySeconds"`
	Pace         *float64  `json:"pace"`
	Do           string    `json:"do"`
}

// posted reads what is posted and has it done.
func (o *Office) posted(do func(order) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		isForm := mediaType == "application/x-www-form-urlencoded"
		var (
			in  order
			err error
		)
		switch {
		case mediaType == "application/json":
			err = json.NewDecoder(r.Body).Decode(&in)
		case isForm:
			in, err = readForm(r)
		default:
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return
		}
		if err == nil {
			err = do(in)
			if err != nil && !isBad(err) {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
		}
		if err != nil {
			http.Error(w, "Так нельзя. / This cannot be set.", http.StatusBadRequest)
			return
		}
		if !isForm {
			o.showState(w, r)
			return
		}
		w.Header().Set("Location", "./") // beside this address, whatever the page is mounted below
		w.WriteHeader(http.StatusSeeOther)
	}
}

// isBad tells whether what was posted is at fault, and not the office.
func isBad(err error) bool {
	return errors.Is(err, ErrScenario) || errors.Is(err, ErrDelay) || errors.Is(err, ErrPace) || errors.Is(err, errAct)
}

func readForm(r *http.Request) (order, error) {
	if err := r.ParseForm(); err != nil {
		return order{}, err
	}
	in := order{Do: r.PostForm.Get("do")}
	if s := Scenario(r.PostForm.Get("scenario")); s != "" {
		in.Scenario = &s
	}
	for field, target := range map[string]**float64{"delaySeconds": &in.DelaySeconds, "pace": &in.Pace} {
		text := strings.Replace(r.PostForm.Get(field), ",", ".", 1)
		if text == "" {
			continue
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return order{}, err
		}
		*target = &n
	}
	return in, nil
}

// setPosted sets all of it or none.
func (o *Office) setPosted(in order) error {
	scenario, delay := o.Scenario()
	if in.Scenario != nil {
		scenario = *in.Scenario
	}
	if in.DelaySeconds != nil {
		seconds := *in.DelaySeconds
		if !(seconds > 0 && seconds <= maxDelay.Seconds()) {
			return ErrDelay
		}
		delay = time.Duration(seconds * float64(time.Second))
	}
	if in.Pace != nil {
		if err := checkPace(*in.Pace); err != nil {
			return err
		}
	}
	if err := o.SetScenario(scenario, delay); err != nil {
		return err
	}
	if in.Pace != nil {
		return o.SetPace(*in.Pace)
	}
	return nil
}

// errAct is given for something that the office does not do.
var errAct = errors.New("office: nothing of this name can be done")

func (o *Office) actPosted(in order) error {
	switch in.Do {
	case "news":
		return o.Publish()
	case "degrade":
		return o.Degrade()
	case "decide":
		return o.DecideAll()
	}
	return errAct
}
