package person_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent/auditentry"
	"kabinet/ent/insuredrecord"
	entperson "kabinet/ent/person"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/identifier"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/transition"
)

// report is what the fund holds of the person of login.
func report(sequence int64) person.Report {
	return person.Report{
		UID: "UID-0000000001", Sequence: sequence, Snils: snils, LastName: "Иванова", FirstName: "Мария", MiddleName: "Петровна",
		BirthDate: calendar.NewDate(1985, time.May, 17), Inn: "500100732259", PassportSeries: "4509", PassportNumber: "123456",
		PassportIssuedOn: calendar.NewDate(2010, time.June, 1), Phone: "+79161234567", Email: "ivanova@example.ru",
		RegisteredAddress: "Москва", AccessCode: "7K3M9Q2T",
	}
}

func (p *place) apply(ctx context.Context, r person.Report) error {
	return p.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return p.ApplyInsured(ctx, tx, r) })
}

func (p *place) link(t *testing.T, id uuid.UUID, n identifier.Snils, code string) person.LinkOutcome {
	t.Helper()
	var outcome person.LinkOutcome
	require.NoError(t, p.store.InTx(persontest.As(t, id), func(ctx context.Context, tx *storage.Tx) (err error) {
		outcome, err = p.Link(ctx, tx, id, n, code)
		return err
	}))
	return outcome
}

// insured is the id of the person with the SNILS.
func (p *place) insured(t *testing.T) uuid.UUID {
	t.Helper()
	row, err := p.store.InsuredRecord.Query().Only(persontest.System(t))
	require.NoError(t, err)
	return row.OwnerID
}

func TestAReportOnSomebodyUnknownMakesThem(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		require.NoError(t, p.apply(persontest.System(t), report(1)))
		persons, owners := p.count(t)
		require.Equal(t, []int{1, 1}, []int{persons, owners})
		made := p.insured(t)
		require.EqualValues(t, 1, p.version(t, made))

		id, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		require.Equal(t, made, id, "who is recognised by their SNILS later")
		got, err := p.Viewer(persontest.As(t, id))
		require.NoError(t, err)
		uid, err := p.FundUID(persontest.As(t, id), got)
		require.NoError(t, err)
		require.Nil(t, uid, "not linked yet")
	})
}

func TestAReportOnSomebodyKnownIsTheirs(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		require.NoError(t, p.apply(persontest.System(t), report(1)))
		require.Equal(t, id, p.insured(t))
		require.EqualValues(t, 1, p.version(t, id))

		unconfirmed := login("1001")
		unconfirmed.Trusted = false
		stranger, err := p.Admit(t.Context(), unconfirmed)
		require.NoError(t, err)
		rows, err := p.store.InsuredRecord.Query().All(persontest.As(t, stranger))
		require.NoError(t, err)
		require.Empty(t, rows, "an unconfirmed account claims the same SNILS in vain")
	})
}

func TestReportsApplyInOrderAndOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		system := persontest.System(t)
		require.NoError(t, p.apply(system, report(2)))
		require.ErrorIs(t, p.apply(system, report(2)), transition.ErrStale)
		require.ErrorIs(t, p.apply(system, report(1)), transition.ErrStale)
		require.EqualValues(t, 1, p.version(t, id))

		moved := report(3)
		moved.Snils = otherSnils
		require.ErrorIs(t, p.apply(system, moved), transition.ErrImpossible, "the number is of another person")
		renumbered := report(3)
		renumbered.UID = "UID-0000000002"
		require.ErrorIs(t, p.apply(system, renumbered), transition.ErrImpossible, "the person has another number")
		persons, _ := p.count(t)
		require.Equal(t, 1, persons, "nobody is made of what is refused")
		require.EqualValues(t, 1, p.version(t, id))

		require.NoError(t, p.apply(system, report(3)))
		require.EqualValues(t, 2, p.version(t, id))
		require.Error(t, p.apply(persontest.As(t, id), report(4)), "a person writes no record")
	})
}

func TestReportsAtOnceMakeOnePerson(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		const reports = 6
		system := persontest.System(t)
		failures := make([]error, reports)
		var id uuid.UUID
		var wg sync.WaitGroup
		for i := range reports {
			wg.Go(func() { failures[i] = p.apply(system, report(int64(i+1))) })
		}
		wg.Go(func() { id, _ = p.Admit(system, login("1000")) })
		wg.Wait()
		applied := 0
		for _, err := range failures {
			if !errors.Is(err, transition.ErrStale) {
				require.NoError(t, err)
				applied++
			}
		}
		persons, owners := p.count(t)
		require.Equal(t, []int{1, 1}, []int{persons, owners})
		require.Equal(t, id, p.insured(t))
		require.GreaterOrEqual(t, p.version(t, id), int64(applied))
		row, err := p.store.InsuredRecord.Query().Where(insuredrecord.OwnerID(id)).Only(system)
		require.NoError(t, err)
		require.EqualValues(t, reports, row.FundSequence, "the newest won")
	})
}

func TestNothingOfTheFundsRecordIsInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		require.NoError(t, p.apply(persontest.System(t), report(1)))
		row, err := p.store.InsuredRecord.Query().Only(persontest.System(t))
		require.NoError(t, err)
		who, err := p.store.Person.Query().Where(entperson.ID(row.OwnerID)).Only(persontest.System(t))
		require.NoError(t, err)
		dump := fmt.Sprint(row, who) + string(row.Record) + string(row.UIDHash) + string(who.SnilsHash)
		for _, secret := range []string{"0000000001", string(snils), "Иванова", "500100732259", "123456", "9161234567", "ivanova", "Москва", "7K3M9Q2T", "1985"} {
			require.NotContains(t, dump, secret)
		}
	})
}

func TestALinkNeedsTheOwnSnilsAndTheCode(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		require.Equal(t, person.LinkWrong, p.link(t, id, snils, ""), "the fund knows nobody")
		require.Equal(t, person.LinkWrong, p.link(t, id, snils, "7K3M9Q2T"))
		without := report(1)
		without.AccessCode = ""
		require.NoError(t, p.apply(persontest.System(t), without))
		require.Equal(t, person.LinkWrong, p.link(t, id, snils, ""), "no code was given")
		require.NoError(t, p.apply(persontest.System(t), report(2)))
		for _, code := range []string{"", "7K3M9Q2", "7K3M9Q2TT", "7K3M9Q2S", "*"} {
			require.Equal(t, person.LinkWrong, p.link(t, id, snils, code), "%q", code)
		}
		require.Equal(t, person.LinkWrong, p.link(t, id, otherSnils, "7K3M9Q2T"))
		require.Equal(t, person.LinkDone, p.link(t, id, snils, " 7k3m-9q2t"))
		require.Equal(t, person.LinkAlready, p.link(t, id, snils, "7K3M9Q2T"))
		require.Equal(t, person.LinkAlready, p.link(t, id, snils, "wrong"))

		ann := persontest.As(t, id)
		got, err := p.Viewer(ann)
		require.NoError(t, err)
		uid, err := p.FundUID(ann, got)
		require.NoError(t, err)
		require.Equal(t, "UID-0000000001", *uid)
		missing, err := p.Missing(ann, got)
		require.NoError(t, err)
		require.Empty(t, missing)
	})
}

func TestAnAccountThatIsConfirmedNoMoreIsNotLinked(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		require.NoError(t, p.apply(persontest.System(t), report(1)))
		unconfirmed := login("1000")
		unconfirmed.Trusted = false
		_, err := p.Admit(t.Context(), unconfirmed)
		require.NoError(t, err)
		require.Equal(t, person.LinkWrong, p.link(t, id, snils, "7K3M9Q2T"))
	})
}

func TestAnAccountThatIsAnothersByNowIsNotLinked(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		require.NoError(t, p.apply(persontest.System(t), report(1)))
		changed := login("1000")
		changed.Profile.Snils = otherSnils
		again, err := p.Admit(t.Context(), changed)
		require.NoError(t, err)
		require.Equal(t, id, again)
		require.Equal(t, person.LinkWrong, p.link(t, id, otherSnils, "7K3M9Q2T"), "the record has the number before")
		require.Equal(t, person.LinkWrong, p.link(t, id, snils, "7K3M9Q2T"), "the account has the number after")
	})
}

// One report makes the person while the other has looked for them in vain and is about to do the same. (A transaction of
// SQLite holds the only write lock there is, so that two never meet.)
func TestTwoReportsOnSomebodyUnknownMeet(t *testing.T) {
	var made atomic.Int32
	both := make(chan struct{})
	store := storagetest.OpenPostgres(t, storage.OnStatement(func(_ context.Context, query string) {
		if strings.HasPrefix(query, `INSERT INTO "persons"`) && made.Add(1) == 2 {
			close(both)
		}
	}))
	c := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	p := &place{Service: newService(store, persontest.Sealer(t), c), store: store, clock: c}
	system := persontest.System(t)
	first := make(chan struct{})
	second := make(chan error, 1)
	go func() {
		<-first
		second <- p.apply(system, report(2))
	}()
	require.NoError(t, store.InTx(system, func(ctx context.Context, tx *storage.Tx) error {
		err := p.ApplyInsured(ctx, tx, report(1))
		close(first)
		select {
		case <-both:
		case <-ctx.Done():
			return ctx.Err()
		}
		return err
	}))
	require.NoError(t, <-second)
	persons, owners := p.count(t)
	require.Equal(t, []int{1, 1}, []int{persons, owners})
	require.EqualValues(t, 2, p.version(t, p.insured(t)))
}

func TestACodeServesOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id, system := p.admit(t), persontest.System(t)
		require.NoError(t, p.apply(system, report(1)))
		require.Equal(t, person.LinkDone, p.link(t, id, snils, "7K3M9Q2T"))
		require.NoError(t, p.apply(system, report(2)))
		require.Equal(t, person.LinkAlready, p.link(t, id, snils, "7K3M9Q2T"), "a report leaves the link as it is")

		back := report(3)
		back.Unlinked = true
		require.NoError(t, p.apply(system, back))
		unlinked := func() int {
			rows, err := p.store.AuditEntry.Query().Where(auditentry.OwnerID(id), auditentry.Action("record.unlink")).All(system)
			require.NoError(t, err)
			for _, row := range rows {
				require.Equal(t, "system:test", row.Actor)
				require.Equal(t, ref.Of(ref.Person, id).String(), row.Subject)
				require.True(t, row.Allowed)
			}
			return len(rows)
		}
		require.Equal(t, 1, unlinked(), "the journal tells that the link was taken back")
		require.Equal(t, person.LinkWrong, p.link(t, id, snils, "7K3M9Q2T"), "the code has served, though the fund repeats it")
		anew := report(4)
		anew.Unlinked = true
		anew.AccessCode = "NEWCODE1"
		require.NoError(t, p.apply(system, anew))
		require.Equal(t, 1, unlinked(), "there was none to take back")
		silent := report(5)
		silent.AccessCode = ""
		require.NoError(t, p.apply(system, silent))
		require.Equal(t, person.LinkDone, p.link(t, id, snils, "NEWCODE1"), "unchanged by a report without one")
	})
}
