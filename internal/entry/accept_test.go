package entry_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/consent"
	"kabinet/internal/entry"
	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/person/persontest"
	"kabinet/internal/viewer"
)

func TestAcceptanceIsKeptWithTimeTextAndSession(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		documents := p.all(ann, t)
		require.Len(t, documents, len(entry.Documents()))
		documents[1].TextHash = strings.ToUpper(documents[1].TextHash)
		require.NoError(t, p.Accept(ann, entry.AcceptInput{Documents: documents, IdempotencyKey: p.key()}))

		rows, err := p.store.Consent.Query().Order(ent.Desc(consent.FieldDocument)).All(ann)
		require.NoError(t, err)
		require.Len(t, rows, len(documents))
		for i, row := range rows {
			require.Equal(t, string(documents[i].Document), row.Document)
			require.Equal(t, documents[i].Version, row.Version)
			require.Equal(t, strings.ToLower(documents[i].TextHash), hex.EncodeToString(row.TextHash))
			require.Equal(t, p.clock.Now(), row.AcceptedAt.UTC())
			require.Equal(t, viewer.FromContext(ann).SessionID, *row.SessionID)
			require.Error(t, p.store.Consent.DeleteOne(row).Exec(persontest.System(t)), "nobody takes it back")
		}
		state, err := p.State(ann)
		require.NoError(t, err)
		for _, term := range state.Terms {
			require.Equal(t, p.clock.Now(), term.AcceptedAt.UTC())
		}
		require.EqualValues(t, 1, p.version(t, id))

		require.NoError(t, p.Accept(ann, entry.AcceptInput{Documents: documents, IdempotencyKey: p.key()}), "again, by another intention")
		require.EqualValues(t, 1, p.version(t, id))
		allowed, denied := p.done(t, id, "consent.accept")
		require.Equal(t, []int{1, 0}, []int{allowed, denied})
	})
}

func TestOneDocumentAfterTheOther(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		for _, d := range p.all(ann, t) {
			require.NoError(t, p.Accept(ann, entry.AcceptInput{Documents: []entry.AcceptedDocument{d}, IdempotencyKey: p.key()}))
		}
		state, err := p.State(ann)
		require.NoError(t, err)
		require.True(t, steps(state)[entry.TermsStep])
		require.EqualValues(t, 2, p.version(t, id))
	})
}

func TestOnlyThePresentTextIsAccepted(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		right := p.all(ann, t)
		first := func(change func(d *entry.AcceptedDocument)) []entry.AcceptedDocument {
			d := right[0]
			change(&d)
			return []entry.AcceptedDocument{d, right[1]}
		}
		stale := map[string]fault.InputCode{"documents.0": fault.InConflict}
		for name, test := range map[string]struct {
			documents []entry.AcceptedDocument
			want      map[string]fault.InputCode
		}{
			"none":               {nil, map[string]fault.InputCode{"documents": fault.Required}},
			"an older version":   {first(func(d *entry.AcceptedDocument) { d.Version = "2025-01-01" }), stale},
			"another text":       {first(func(d *entry.AcceptedDocument) { d.TextHash = strings.Repeat("0", 64) }), stale},
			"no text":            {first(func(d *entry.AcceptedDocument) { d.TextHash = "" }), stale},
			"the other's text":   {first(func(d *entry.AcceptedDocument) { d.TextHash = right[1].TextHash }), stale},
			"an unknown one":     {first(func(d *entry.AcceptedDocument) { d.Document = "OTHER" }), stale},
			"the same one twice": {[]entry.AcceptedDocument{right[0], right[0]}, map[string]fault.InputCode{"documents.1": fault.InConflict}},
			"too many":           {append(right, right...), map[string]fault.InputCode{"documents": fault.TooLong}},
		} {
			err := p.Accept(ann, entry.AcceptInput{Documents: test.documents, IdempotencyKey: p.key()})
			require.Equal(t, test.want, codes(t, err), name)
		}
		n, err := p.store.Consent.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Zero(t, n)
		require.Zero(t, p.version(t, id))
	})
}

func TestAcceptanceAtOnceIsKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		documents := p.all(ann, t)
		const devices = 5
		failures, keys := make([]error, devices), make([]string, devices)
		for i := range devices {
			keys[i] = p.key()
		}
		var wg sync.WaitGroup
		for i := range devices {
			wg.Go(func() {
				failures[i] = p.Accept(ann, entry.AcceptInput{Documents: documents, IdempotencyKey: keys[i]})
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(failures...))
		n, err := p.store.Consent.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, len(documents), n)
		require.EqualValues(t, 1, p.version(t, id))
		require.ErrorIs(t, p.Accept(ann, entry.AcceptInput{Documents: documents[:1], IdempotencyKey: keys[0]}), idempotency.ErrReused)

		other := login("1001")
		other.Trusted = false // so that nothing but the terms is lacking
		bob := p.admit(t, other)
		state, err := p.State(as(t, bob))
		require.NoError(t, err)
		require.False(t, steps(state)[entry.TermsStep], "nobody else has accepted anything")
		require.Equal(t, viewer.Incomplete, p.reached(t, bob))
	})
}

// A text that changes without a new version would be taken for accepted by those who have accepted another. Who changes
// one makes a new version and new hashes here.
func TestATextBelongsToItsVersion(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		hashes := map[entry.Document]map[string][2]string{
			entry.TermsOfUse:   {"2026-11-01": {"311aadacdb2187ce256dc6f859ffa1e01cb3f65fdacb00f91f757b48211c1e6a", "ca34a929cd2271c676afaaa849e2230d715aac3fa60fa7fe6570a6bed405126f"}},
			entry.PersonalData: {"2026-11-01": {"9e7aafd48a10effb43dd4c86b242707e165e119a39d4a2e7129f79fdcc658580", "f8a65afc6ec625d86348ce369178250b9ab04de72e6d0c9c21609f3b8ce4db17"}},
		}
		ann := as(t, p.admit(t, login("1000")))
		ru, en := locale.NewContext(ann, locale.Russian), locale.NewContext(ann, locale.English)
		state, err := p.State(ann)
		require.NoError(t, err)
		require.Len(t, state.Terms, len(hashes))
		for _, term := range state.Terms {
			got := [2]string{term.TextHash(ru), term.TextHash(en)}
			require.Equal(t, hashes[term.Document][term.Version], got, "%s", term.Document)
			require.NotEqual(t, term.Text(ru), term.Text(en))
			require.True(t, strings.HasPrefix(term.Text(ru), "# "+term.Title(ru)+"\n"))
			require.True(t, strings.HasPrefix(term.Text(en), "# "+term.Title(en)+"\n"))
		}
	})
}

func TestTheTextMayBeReadInEitherLanguage(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := locale.NewContext(as(t, p.admit(t, login("1000"))), locale.English)
		require.NoError(t, p.Accept(ann, entry.AcceptInput{Documents: p.all(ann, t), IdempotencyKey: p.key()}))
		require.ErrorIs(t, p.Accept(viewer.NewContext(ann, viewer.Viewer{PersonID: uuid.New()}), entry.AcceptInput{
			Documents: p.all(ann, t), IdempotencyKey: p.key(),
		}), fault.ErrNotFound)
	})
}
