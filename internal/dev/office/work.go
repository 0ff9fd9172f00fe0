package office

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	fileName     = "office.json"
	partName     = "office.json.part"
	booksVersion = 1

	// keptCommands is how many ids of commands are remembered; the cabinet repeats one for three days at most.
	keptCommands = 10_000
	// keptRefusals is how many refused reports are shown.
	keptRefusals = 50
)

// moment is demo time: milliseconds since the books were opened. It is no time.Duration, which would last for 292 years:
// less than half a real one.
type moment int64

func hours(n float64) moment { return moment(n * float64(time.Hour/time.Millisecond)) }

// anchor ties demo time to real time. It goes on while the office is closed.
type anchor struct {
	Real time.Time `json:"real"`
	Demo moment    `json:"demo"`
	Pace float64   `json:"pace"`
}

func (a anchor) at(now time.Time) moment {
	return a.Demo + moment(float64(max(0, now.Sub(a.Real).Milliseconds()))*a.Pace)
}

// books are all that the office knows. They are kept as JSON.
type books struct {
	Version   int                 `json:"version"`
	Clock     anchor              `json:"clock"`
	Serial    int64               `json:"serial"`    // the last one given to a number
	Taken     []string            `json:"taken"`     // ids of commands, oldest first
	Appeals   map[string]*dossier `json:"appeals"`   // by id
	Jobs      []*job              `json:"jobs"`      // oldest first
	Told      map[string]int      `json:"told"`      // how often each plan was carried out
	Sequences map[string]int64    `json:"sequences"` // of the newest report, by subject
	Queue     []*letter           `json:"queue"`     // what the cabinet has not taken, oldest first
	Refused   []refusal           `json:"refused"`   // the newest, oldest first
	Delivered int64               `json:"delivered"` // how many reports the cabinet has taken
}

// dossier is what employees have to know of an appeal.
type dossier struct {
	Kind       string `json:"kind,omitempty"`
	Number     string `json:"number,omitempty"`
	Specialist string `json:"specialist,omitempty"`
	Faulty     bool   `json:"faulty,omitempty"` // it will be returned for correction
	Hopeless   bool   `json:"hopeless,omitempty"`
}

// job is a plan under way.
type job struct {
	Plan    string            `json:"plan"`
	Subject string            `json:"subject,omitempty"` // what employees work on; empty in a story
	Step    int               `json:"step"`              // that is next
	Due     moment            `json:"due"`
	Hurry   bool              `json:"hurry,omitempty"` // the steps that follow are due at once
	Facts   map[string]string `json:"facts,omitempty"` // what a story has to remember
}

// letter is a report on its way to the cabinet.
type letter struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Subject  string          `json:"subject"`
	Sequence int64           `json:"sequence"`
	At       time.Time       `json:"at"`
	Data     json.RawMessage `json:"data"`
	Written  moment          `json:"written"`

	Refusals int       `json:"refusals,omitempty"`
	After    time.Time `json:"after,omitzero"` // it is not sent before
	// Swapped tells that it was sent before its predecessor, or that its successor was sent before it.
	Swapped bool `json:"swapped,omitempty"`
	// Raised tells that its number was raised because the cabinet knew a higher one.
	Raised bool `json:"raised,omitempty"`
}

// refusal is a report that the cabinet does not want.
type refusal struct {
	Type    string    `json:"type"`
	Subject string    `json:"subject"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

func newBooks(now time.Time, pace float64) *books {
	return &books{
		Version: booksVersion, Clock: anchor{Real: now, Pace: pace},
		// Numbers differ from those that lost books have given: at most one a second was.
		Serial:  now.Unix() % 1_000_000_000,
		Appeals: map[string]*dossier{}, Told: map[string]int{}, Sequences: map[string]int64{},
	}
}

func (b *books) demo(now time.Time) moment { return b.Clock.at(now) }

// setPace changes how fast demo time runs from now on.
func (b *books) setPace(now time.Time, pace float64) {
	b.Clock = anchor{Real: now, Demo: b.demo(now), Pace: pace}
}

func (b *books) serial() int64 {
	b.Serial++
	return b.Serial
}

func (b *books) dossier(appeal string) *dossier {
	d := b.Appeals[appeal]
	if d == nil {
		d = &dossier{}
		b.Appeals[appeal] = d
	}
	return d
}

func (b *books) knows(command string) bool { return slices.Contains(b.Taken, command) }

func (b *books) remember(command string) {
	b.Taken = append(b.Taken, command)
	b.Taken = slices.Delete(b.Taken, 0, max(0, len(b.Taken)-keptCommands))
}

// shelf is where the books stand.
type shelf struct {
	directory string
	last      []byte // the books as they stand there
}

// ErrBooks is given when the file of the office is there and cannot be read.
var ErrBooks = errors.New("office: the file office.json cannot be read; remove it, and the office begins anew")

// open gives the books, new ones if there are none.
func (s *shelf) open(now time.Time, pace float64) (*books, error) {
	if err := os.MkdirAll(s.directory, 0o700); err != nil {
		return nil, fmt.Errorf("office: directory: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(s.directory, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return newBooks(now, pace), nil
	}
	if err != nil {
		return nil, fmt.Errorf("office: open books: %w", err)
	}
	b, err := readBooks(text)
	if err != nil {
		return nil, err
	}
	s.last = text
	b.setPace(now, pace)
	return b, nil
}

func readBooks(text []byte) (*books, error) {
	var b books
	if json.Unmarshal(text, &b) != nil || b.Version != booksVersion || b.Appeals == nil || b.Told == nil || b.Sequences == nil {
		return nil, ErrBooks
	}
	return &b, nil
}

// keep replaces the books that stand there.
func (s *shelf) keep(b *books) error {
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("office: keep books: %w", err)
	}
	part := filepath.Join(s.directory, partName)
	if err := writeSynced(part, text); err != nil {
		return fmt.Errorf("office: keep books: %w", err)
	}
	if err := os.Rename(part, filepath.Join(s.directory, fileName)); err != nil {
		return fmt.Errorf("office: keep books: %w", err)
	}
	s.last = text
	// The new name is on the disk only when the directory is. The file is whole either way.
	directory, err := os.Open(s.directory)
	if err != nil {
		return fmt.Errorf("office: keep books: %w", err)
	}
	if err := errors.Join(directory.Sync(), directory.Close()); err != nil {
		return fmt.Errorf("office: keep books: %w", err)
	}
	return nil
}

func writeSynced(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
