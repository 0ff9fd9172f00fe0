// Package ref is the identity of a thing across the whole cabinet: what kind it is and which one.
//
// A reference is what the API shows as an id, what the feed and the journal call their subject. The kind is inside,
// so that a refetch knows where to look without asking every table.
package ref

import (
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"github.com/google/uuid"
)

// Kind says what a reference refers to. The values are part of ids that clients keep: they never change.
type Kind string

// The kinds.
const (
	Person       Kind = "PE"
	Organisation Kind = "OR"
	Session      Kind = "SE"
	SickLeave    Kind = "SL"
	Benefit      Kind = "BE"
	Appeal       Kind = "AP"
	Document     Kind = "DO"
	Network      Kind = "NW"
	Verification Kind = "VE"
	Deadline     Kind = "DL"
	Contribution Kind = "CO"
	Announcement Kind = "AN"

	Clarification Kind = "CL"
)

// ErrMalformed is given for a text that is no reference. It says nothing of the text.
var ErrMalformed = errors.New("this is not an id of the cabinet")

// Ref is a reference.
type Ref struct {
	Kind Kind
	ID   uuid.UUID
}

// Of makes a reference.
func Of(kind Kind, id uuid.UUID) Ref { return Ref{Kind: kind, ID: id} }

// IsZero tells whether it refers to nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// String is the opaque text of the reference; Parse reads it. The zero reference is the empty text.
func (r Ref) String() string {
	if r.IsZero() {
		return ""
	}
	var b [2 + 1 + 22]byte
	copy(b[:], r.Kind)
	b[2] = '_'
	base64.RawURLEncoding.Encode(b[3:], r.ID[:])
	return string(b[:])
}

// Parse reads the text of a reference. Each reference has exactly one text.
func Parse(s string) (Ref, error) {
	kind, encoded, found := strings.Cut(s, "_")
	if !found || len(encoded) != 22 {
		return Ref{}, ErrMalformed
	}
	switch Kind(kind) {
	case Person, Organisation, Session, SickLeave, Benefit, Appeal, Document, Network, Verification,
		Deadline, Contribution, Announcement, Clarification:
	default:
		return Ref{}, ErrMalformed
	}
	var id uuid.UUID
	if n, err := base64.RawURLEncoding.Strict().Decode(id[:], []byte(encoded)); err != nil || n != len(id) {
		return Ref{}, ErrMalformed
	}
	return Of(Kind(kind), id), nil
}

// MarshalGQL writes the reference as the scalar ID.
func (r Ref) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, `"`+r.String()+`"`)
}

// UnmarshalGQL reads the scalar ID.
func (r *Ref) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return ErrMalformed
	}
	parsed, err := Parse(s)
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}
