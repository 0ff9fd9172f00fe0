// Package viewer carries who is asking: the authenticated person, or the system with its reason.
//
// It is the one value that travels in a context from the edge to the privacy rules of Ent.
// It does not decide anything: rules decide (ent/rule, graph), services ask.
package viewer

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// Level is what an account may do.
type Level int

// The levels: basic views, extended also edits and submits.
const (
	Basic Level = iota + 1
	Extended
)

// Entry is how far a person has come in with their session.
type Entry int

// How far: a blocked one came from a network that they have not approved and sees nothing but the way to approve it; an
// incomplete one lacks something without which nobody uses the cabinet, and sees what; a complete one is in.
const (
	Blocked Entry = iota + 1
	Incomplete
	Complete
)

// Viewer is who asks. The zero value is nobody and is denied everything.
type Viewer struct {
	// PersonID is the signed-in person; also the id of the owner record of what they see.
	PersonID uuid.UUID
	// SessionID is the session through which they came.
	SessionID uuid.UUID
	// Level is what their account may do.
	Level Level
	// Entry is how far they have come in.
	Entry Entry
	// Principals are further owners on whose behalf the person may see and act
	// (organisations, represented persons). The person is not in it.
	Principals []uuid.UUID

	systemReason string
}

// System returns the viewer of work that nobody asked for at this moment (events of the fund,
// sweeps, seeding, the login itself). The reason says which, for logs; it must not be empty.
func System(reason string) Viewer { return Viewer{systemReason: reason} }

// IsSystem tells whether this is the program's own work.
func (v Viewer) IsSystem() bool { return v.systemReason != "" }

// SystemReason is why the system acts; empty for people.
func (v Viewer) SystemReason() string { return v.systemReason }

// IsPerson tells whether somebody is signed in.
func (v Viewer) IsPerson() bool { return v.PersonID != uuid.Nil && !v.IsSystem() }

// Owners are all owners whose records this viewer may see: the person first, then the principals.
func (v Viewer) Owners() []uuid.UUID {
	if !v.IsPerson() {
		return nil
	}
	return append([]uuid.UUID{v.PersonID}, v.Principals...)
}

// MaySee tells whether the records of an owner are open to this viewer.
func (v Viewer) MaySee(owner uuid.UUID) bool {
	if !v.IsPerson() || owner == uuid.Nil {
		return false
	}
	return owner == v.PersonID || slices.Contains(v.Principals, owner)
}

type contextKey struct{}

// NewContext returns a context in which v asks.
func NewContext(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// NewSystemContext is NewContext with System.
func NewSystemContext(ctx context.Context, reason string) context.Context {
	return NewContext(ctx, System(reason))
}

// FromContext gives who asks; the zero Viewer when nobody does.
func FromContext(ctx context.Context) Viewer {
	v, _ := ctx.Value(contextKey{}).(Viewer)
	return v
}
