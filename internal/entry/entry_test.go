package entry_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/entry"
	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/viewer"
)

// steps are the steps of a state and whether they are done.
func steps(s *entry.State) map[entry.StepKind]bool {
	found := map[entry.StepKind]bool{}
	for _, step := range s.Steps {
		found[step.Kind] = step.Done
	}
	return found
}

func (p *place) reached(t *testing.T, id uuid.UUID) viewer.Entry {
	t.Helper()
	got, err := p.Reached(t.Context(), id)
	require.NoError(t, err)
	return got
}

func TestAPersonComesInStepByStep(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		little := login("1000")
		little.Profile.Inn = ""
		id := p.admit(t, little)
		ann := as(t, id)
		expect := func(want viewer.Entry, done map[entry.StepKind]bool, missing ...person.Field) {
			t.Helper()
			state, err := p.State(ann)
			require.NoError(t, err)
			require.Equal(t, want, state.Entry)
			require.Equal(t, done, steps(state))
			require.Equal(t, want, p.reached(t, id))
			var lacking []person.Field
			for _, m := range state.Missing {
				lacking = append(lacking, m.Field)
			}
			require.Equal(t, missing, lacking)
		}
		expect(viewer.Incomplete, map[entry.StepKind]bool{
			entry.NetworkStep: true, entry.RequiredDataStep: false, entry.TermsStep: false, entry.FundRecordStep: false,
		}, person.FieldInn, person.FieldFundUID)

		_, err := p.people.SetInn(ann, person.InnInput{Inn: "376864406601", IdempotencyKey: p.key()})
		require.NoError(t, err)
		require.NoError(t, p.Accept(ann, entry.AcceptInput{Documents: p.all(ann, t), IdempotencyKey: p.key()}))
		expect(viewer.Incomplete, map[entry.StepKind]bool{
			entry.NetworkStep: true, entry.RequiredDataStep: true, entry.TermsStep: true, entry.FundRecordStep: false,
		}, person.FieldFundUID)

		p.report(t, 1, code)
		require.NoError(t, p.Link(ann, entry.LinkInput{Snils: snils, AccessCode: code, IdempotencyKey: p.key()}))
		expect(viewer.Complete, map[entry.StepKind]bool{
			entry.NetworkStep: true, entry.RequiredDataStep: true, entry.TermsStep: true, entry.FundRecordStep: true,
		})
	})
}

func TestAnUnconfirmedAccountNeedsNoLink(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		unconfirmed := login("1000")
		unconfirmed.Trusted = false
		id := p.admit(t, unconfirmed)
		ann := as(t, id)
		require.NoError(t, p.Accept(ann, entry.AcceptInput{Documents: p.all(ann, t), IdempotencyKey: p.key()}))
		state, err := p.State(ann)
		require.NoError(t, err)
		require.Equal(t, viewer.Complete, state.Entry)
		require.NotContains(t, steps(state), entry.FundRecordStep)
		require.Equal(t, viewer.Complete, p.reached(t, id))

		p.report(t, 1, code)
		require.ErrorIs(t, p.Link(ann, entry.LinkInput{Snils: snils, AccessCode: code, IdempotencyKey: p.key()}), fault.ErrAccessLevel, "nor gets one")
		_, denied := p.done(t, id, "record.link")
		require.Zero(t, denied)
	})
}

func TestWhoIsBlockedLearnsNothing(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		state, err := p.State(viewer.NewContext(t.Context(), viewer.Viewer{PersonID: id, Level: viewer.Extended, Entry: viewer.Blocked}))
		require.NoError(t, err)
		require.Equal(t, &entry.State{
			Entry: viewer.Blocked, Steps: []entry.Step{{Kind: entry.NetworkStep}},
			Missing: []person.Missing{}, Terms: []*entry.Term{}, SetUp: []entry.SetUpStep{},
		}, state)
		require.Equal(t, viewer.Incomplete, p.reached(t, id), "the network is not this package's to judge")
	})
}

// Reached is asked at every request of an incomplete entry.
func TestHowFarSomebodyHasComeTakesThreeStatements(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		for range 2 {
			p.seen.Take()
			p.reached(t, id)
			require.Len(t, p.seen.Take(), 3)
			p.report(t, int64(p.keys)+1, code)
			ann := as(t, id)
			require.NoError(t, p.Accept(ann, entry.AcceptInput{Documents: p.all(ann, t), IdempotencyKey: p.key()}))
		}
	})
}

func TestSomebodyUnknownHasNotComeIn(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		got, err := p.Reached(t.Context(), uuid.New())
		require.ErrorIs(t, err, fault.ErrNotFound)
		require.Equal(t, viewer.Blocked, got, "who looks away from the error lets nobody in")
		_, err = p.State(t.Context())
		require.Error(t, err, "nobody asks")
	})
}

func TestAStepOfTheWelcomeIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		done := func(id uuid.UUID) map[entry.SetUp]bool {
			t.Helper()
			state, err := p.State(as(t, id))
			require.NoError(t, err)
			found := map[entry.SetUp]bool{}
			for _, s := range state.SetUp {
				found[s.Kind] = s.Done()
			}
			return found
		}
		require.Equal(t, map[entry.SetUp]bool{entry.Notifications: false, entry.Access: false}, done(id))
		in := entry.SetUpInput{Step: entry.Notifications, IdempotencyKey: p.key()}
		require.NoError(t, p.Done(ann, in))
		require.NoError(t, p.Done(ann, in))
		require.NoError(t, p.Done(ann, entry.SetUpInput{Step: entry.Notifications, IdempotencyKey: p.key()}))
		require.Equal(t, map[entry.SetUp]bool{entry.Notifications: true, entry.Access: false}, done(id))
		require.EqualValues(t, 1, p.version(t, id))
		allowed, _ := p.done(t, id, "setup.complete")
		require.Equal(t, 1, allowed)

		in.Step = entry.Access
		require.ErrorIs(t, p.Done(ann, in), idempotency.ErrReused)
		require.Equal(t, map[string]fault.InputCode{"step": fault.Unknown}, codes(t, p.Done(ann, entry.SetUpInput{Step: "OTHER", IdempotencyKey: p.key()})))

		other := login("1001")
		other.Profile.Snils = otherSnils
		bob := p.admit(t, other)
		require.Equal(t, map[entry.SetUp]bool{entry.Notifications: false, entry.Access: false}, done(bob))
		n, err := p.store.SetUpStep.Query().Count(persontest.As(t, bob))
		require.NoError(t, err)
		require.Zero(t, n)
	})
}
