package web

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/google/uuid"

	"kabinet/internal/clientaddr"
	"kabinet/internal/identity"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

// Networks knows from which networks people let themselves in.
type Networks interface {
	// Allows tells whether a person may come in from an address.
	Allows(ctx context.Context, person uuid.UUID, address netip.Addr) (bool, error)
	// Blocked notes that a person has proved who they are from where they may not come in.
	Blocked(ctx context.Context, person uuid.UUID) error
}

// admit decides what a proved identity comes in as. When something of that cannot be found out, nobody comes in.
func (e *edge) admit(r *http.Request, login identity.Login) (session.Start, error) {
	ctx := r.Context()
	person, err := e.People.Admit(ctx, login)
	if err != nil {
		return session.Start{}, err
	}
	if n := login.Profile.Snils; login.Trusted && n != "" && e.Fund != nil {
		e.Fund.Appeared(n) // what was reported of them before they were known
	}
	level, err := e.levelOf(ctx, person, login)
	if err != nil {
		return session.Start{}, err
	}
	address := clientaddr.FromContext(ctx)
	entry, err := e.entryOf(ctx, viewer.Viewer{PersonID: person, Level: level}, address)
	if err != nil {
		return session.Start{}, err
	}
	if entry == viewer.Blocked {
		if err := e.Networks.Blocked(ctx, person); err != nil {
			return session.Start{}, err
		}
	}
	return session.Start{
		Person: person, Level: level, Entry: entry, Kind: session.Browser, Device: r.UserAgent(), Method: login.Method, Address: address,
		Provider: login.Provider, Subject: login.Subject, ProviderSession: login.ProviderSession, Tokens: login.Tokens,
	}, nil
}

// levelOf is what the account may do: all, when the provider has confirmed it or the fund has by other means.
func (e *edge) levelOf(ctx context.Context, person uuid.UUID, login identity.Login) (viewer.Level, error) {
	if login.Trusted {
		return viewer.Extended, nil
	}
	if e.Confirmed != nil {
		confirmed, err := e.Confirmed(ctx, person)
		if err != nil {
			return 0, err
		}
		if confirmed {
			return viewer.Extended, nil
		}
	}
	return viewer.Basic, nil
}

// entryOf is how far a person comes in from an address.
func (e *edge) entryOf(ctx context.Context, v viewer.Viewer, address netip.Addr) (viewer.Entry, error) {
	if e.Networks != nil {
		allowed, err := e.Networks.Allows(ctx, v.PersonID, address)
		if err != nil {
			return 0, err
		}
		if !allowed {
			return viewer.Blocked, nil
		}
	}
	return e.reached(ctx, v)
}

// reached is how far a person has come in who is let in from where they are.
func (e *edge) reached(ctx context.Context, v viewer.Viewer) (viewer.Entry, error) {
	if e.Entry == nil {
		return viewer.Complete, nil
	}
	entry, err := e.Entry(viewer.NewContext(ctx, v), v)
	if err != nil {
		return 0, err
	}
	return max(entry, viewer.Incomplete), nil // a network is the only thing that blocks
}

// promoted looks again how far somebody has come in who was not in at the last look: a step just done opens the door.
// One who was blocked is let in by the network from which they ask now, once they have approved it. All others were let
// in by the network of their login, and may change it as they like.
func (e *edge) promoted(ctx context.Context, token string, open session.Open) (_ session.Open, err error) {
	v := open.Viewer
	var entry viewer.Entry
	switch {
	case v.Entry >= viewer.Complete:
		return open, nil
	case v.Entry >= viewer.Incomplete:
		entry, err = e.reached(ctx, v)
	default:
		entry, err = e.entryOf(ctx, v, clientaddr.FromContext(ctx))
	}
	if err != nil || entry <= v.Entry {
		return open, err
	}
	return e.Sessions.Promote(ctx, token, open, entry)
}
