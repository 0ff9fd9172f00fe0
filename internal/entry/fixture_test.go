package entry_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/internal/audit"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/confirm"
	"kabinet/internal/entry"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/owner"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

const (
	snils      = identifier.Snils("11223344595")
	otherSnils = identifier.Snils("08765430300")
	code       = "7K3M9Q2T"
)

// place is the service on an empty database.
type place struct {
	*entry.Service

	store  *storage.Store
	seen   *storagetest.Statements
	people *person.Service
	clock  *clock.Fixed
	keys   int
}

// deaf is told of what nobody listens to.
type deaf struct{}

func (deaf) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		c := clock.NewFixed(time.Date(2026, time.November, 22, 9, 0, 0, 0, time.UTC))
		sealer, recorder, journal := persontest.Sealer(t), feed.NewRecorder(c, deaf{}), audit.NewJournal(c)
		p := &place{store: s, seen: seen, clock: c, people: person.New(s, sealer, recorder, journal, c)}
		secrets := confirm.New(confirm.Options{Store: s, Sealer: sealer, Journal: journal, Clock: c, Log: slog.New(slog.DiscardHandler)})
		var err error
		p.Service, err = entry.New(entry.Options{
			Store: s, Sealer: sealer, People: p.people, Feed: recorder, Journal: journal, Clock: c,
			Guess: func(ctx context.Context, person uuid.UUID, check func(context.Context, *storage.Tx) (bool, error)) error {
				return secrets.Guess(ctx, person, confirm.AccessCode, check)
			},
		})
		require.NoError(t, err)
		test(t, p)
	})
}

// login is a login that tells all that is required.
func login(subject string) identity.Login {
	return identity.Login{
		Provider: "esia", Subject: subject, Trusted: true,
		Profile: identity.Profile{
			LastName: "Иванова", FirstName: "Мария", BirthDate: calendar.NewDate(1985, time.May, 17), Snils: snils, Inn: "500100732259",
			Passport:  identity.Passport{Series: "4509", Number: "123456", IssuedOn: calendar.NewDate(2010, time.June, 1), IssuedBy: "ОВД"},
			Phone:     identity.Phone{Number: "+79161234567", Confirmed: true},
			Email:     identity.Email{Address: "ivanova@example.ru"},
			Addresses: []identity.Address{{Kind: identity.Registration, Text: "Москва"}},
		},
	}
}

func (p *place) admit(t *testing.T, l identity.Login) uuid.UUID {
	t.Helper()
	id, err := p.people.Admit(t.Context(), l)
	require.NoError(t, err)
	return id
}

// as is a context in which the person asks through a session.
func as(t *testing.T, id uuid.UUID) context.Context {
	t.Helper()
	return viewer.NewContext(t.Context(), viewer.Viewer{PersonID: id, SessionID: id, Level: viewer.Extended, Entry: viewer.Incomplete})
}

// report has the fund tell of the person of login, with the code by which they link their account.
func (p *place) report(t *testing.T, sequence int64, accessCode string) {
	t.Helper()
	require.NoError(t, p.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
		return p.people.ApplyInsured(ctx, tx, person.Report{
			UID: "UID-0000000001", Sequence: sequence, Snils: snils, LastName: "Иванова", FirstName: "Мария",
			BirthDate: calendar.NewDate(1985, time.May, 17), AccessCode: accessCode,
		})
	}))
}

func (p *place) key() string {
	p.keys++
	return fmt.Sprintf("intention-%d", p.keys)
}

// all names every document as it is shown.
func (p *place) all(ctx context.Context, t *testing.T) []entry.AcceptedDocument {
	t.Helper()
	state, err := p.State(ctx)
	require.NoError(t, err)
	documents := make([]entry.AcceptedDocument, len(state.Terms))
	for i, term := range state.Terms {
		documents[i] = entry.AcceptedDocument{Document: term.Document, Version: term.Version, TextHash: term.TextHash(ctx)}
	}
	return documents
}

func (p *place) version(t *testing.T, id uuid.UUID) int64 {
	t.Helper()
	n, err := owner.Sequence(persontest.System(t), p.store, id)
	require.NoError(t, err)
	return n
}

// done gives what a person's journal has of an action, allowed and denied.
func (p *place) done(t *testing.T, id uuid.UUID, action string) (allowed, denied int) {
	t.Helper()
	entries, err := p.store.AuditEntry.Query().Where(auditentry.OwnerID(id), auditentry.Action(action)).
		Order(ent.Asc(auditentry.FieldSequence)).All(persontest.System(t))
	require.NoError(t, err)
	for _, e := range entries {
		require.Equal(t, id.String(), e.Actor)
		if e.Allowed {
			allowed++
		} else {
			denied++
		}
	}
	return allowed, denied
}

func codes(t *testing.T, err error) map[string]fault.InputCode {
	t.Helper()
	var faults fault.Invalid
	require.ErrorAs(t, err, &faults)
	found := map[string]fault.InputCode{}
	for _, f := range faults {
		found[strings.Join(f.Path, ".")] = f.Code
		require.NotEmpty(t, f.Message.Ru)
		require.NotEmpty(t, f.Message.En)
	}
	return found
}
