package appeal_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/appeal"
	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
)

func draft() appeal.DraftInput {
	return appeal.DraftInput{Kind: appeal.Inquiry, Subject: "Тема", Body: "Текст", IdempotencyKey: uuid.NewString()}
}

// change is a new intention about an appeal that exists.
func change(id ref.Ref, in appeal.DraftInput) appeal.DraftInput {
	in.ID, in.IdempotencyKey = &id, uuid.NewString()
	return in
}

func TestADraftIsBegunAndChanged(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		saved, err := p.SaveDraft(ann, draft())
		require.NoError(t, err)
		require.Equal(t, appeal.Draft, saved.State)
		require.Equal(t, "Тема", saved.Subject)
		require.Nil(t, saved.Number)
		body, err := p.Body(saved)
		require.NoError(t, err)
		require.Equal(t, "Текст", *body)
		require.Equal(t, traces{sequence: 1, entries: 1, appeals: 1, steps: 1, keys: 1}, p.traces(t))

		p.clock.Advance(time.Hour)
		in := change(saved.ID, draft())
		in.Subject, in.Body = "", ""
		changed, err := p.SaveDraft(ann, in)
		require.NoError(t, err)
		require.Equal(t, saved.ID, changed.ID)
		require.Empty(t, changed.Subject)
		require.Equal(t, saved.CreatedAt, changed.CreatedAt)
		require.Equal(t, p.clock.Now(), changed.UpdatedAt)
		body, err = p.Body(changed)
		require.NoError(t, err)
		require.Empty(t, *body)
		require.Equal(t, traces{sequence: 2, entries: 2, appeals: 1, steps: 1, keys: 2}, p.traces(t), "a change of text is no step")

		timeline, err := p.Timeline(ann, changed)
		require.NoError(t, err)
		require.Len(t, timeline, 1)
		require.Equal(t, appeal.Step{To: appeal.Draft, Actor: appeal.Citizen, OccurredAt: saved.CreatedAt}, *timeline[0])
	})
}

func TestTheTextIsNotInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		in := draft()
		in.Body = "the diagnosis is J06.9"
		saved, err := p.SaveDraft(persontest.As(t, p.ann), in)
		require.NoError(t, err)
		row, err := p.store.Appeal.Get(persontest.System(t), saved.ID.ID)
		require.NoError(t, err)
		require.NotContains(t, string(row.Body), "J06.9")
		records, err := p.store.IdempotencyRecord.Query().All(persontest.System(t))
		require.NoError(t, err)
		require.NotContains(t, string(records[0].InputHash)+records[0].Result, "J06.9")
	})
}

func TestAllFaultsAreNamedTogether(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		document := p.addDocument(t, p.ann, 1)
		before := p.traces(t)
		person := ref.Of(ref.Person, p.ann)
		_, err := p.SaveDraft(ann, appeal.DraftInput{
			ID: &person, Kind: appeal.Inquiry, Subject: strings.Repeat("я", 201), Body: strings.Repeat("я", 20_001),
			Documents: []ref.Ref{document, document}, IdempotencyKey: uuid.NewString(),
		})
		requireFaults(t, err, map[string]fault.InputCode{
			"id": fault.Unknown, "subject": fault.TooLong, "body": fault.TooLong, "documents.1": fault.InConflict,
		})

		in := draft()
		for range 11 {
			in.Documents = append(in.Documents, ref.Of(ref.Document, uuid.New()))
		}
		_, err = p.SaveDraft(ann, in)
		requireFaults(t, err, map[string]fault.InputCode{"documents": fault.TooLong})

		in = draft()
		in.Documents = []ref.Ref{ref.Of(ref.Appeal, document.ID)}
		_, err = p.SaveDraft(ann, in)
		requireFaults(t, err, map[string]fault.InputCode{"documents.0": fault.Unknown})

		// Those that only the database knows, too.
		submitted := p.add(persontest.System(t), t, p.ann, func(c *ent.AppealCreate) { c.SetState(string(appeal.Submitted)).SetKind(string(appeal.Complaint)) })
		in = change(ref.Of(ref.Appeal, submitted.ID), draft())
		in.Documents = []ref.Ref{ref.Of(ref.Document, uuid.New())}
		_, err = p.SaveDraft(ann, in)
		requireFaults(t, err, map[string]fault.InputCode{
			"id": fault.OutOfSequence, "kind": fault.NotAllowed, "documents.0": fault.Unknown,
		})
		before.appeals++
		require.Equal(t, before, p.traces(t), "nothing is kept")
	})
}

func TestTheLimitsAreInCharacters(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		in := draft()
		in.Subject, in.Body = strings.Repeat("я", 200), strings.Repeat("я", 20_000)
		saved, err := p.SaveDraft(persontest.As(t, p.ann), in)
		require.NoError(t, err)
		require.Equal(t, in.Subject, saved.Subject)
	})
}

func TestWhatIsSomebodyElsesIsUnknown(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		bob := persontest.New(t, p.store)
		bobs, err := p.SaveDraft(persontest.As(t, bob), draft())
		require.NoError(t, err)
		bobsDocument := p.addDocument(t, bob, 1)
		deleted := p.addDocument(t, p.ann, 1)
		require.NoError(t, p.store.Document.UpdateOneID(deleted.ID).SetDeletedAt(p.clock.Now()).Exec(persontest.System(t)))
		before, ann := p.traces(t), persontest.As(t, p.ann)

		_, err = p.SaveDraft(ann, change(bobs.ID, draft()))
		requireFaults(t, err, map[string]fault.InputCode{"id": fault.Unknown})
		_, none := p.SaveDraft(ann, change(ref.Of(ref.Appeal, uuid.New()), draft()))
		require.Equal(t, none, err, "exactly as one that does not exist")
		for _, document := range []ref.Ref{bobsDocument, deleted, ref.Of(ref.Document, uuid.New())} {
			in := draft()
			in.Documents = []ref.Ref{p.addDocument(t, p.ann, 1), document}
			_, err = p.SaveDraft(ann, in)
			requireFaults(t, err, map[string]fault.InputCode{"documents.1": fault.Unknown})
		}
		_, err = p.Get(ann, bobs.ID.ID)
		require.ErrorIs(t, err, fault.ErrNotFound)
		require.Equal(t, before, p.traces(t), "nothing half is kept")
		unchanged, err := p.Get(persontest.As(t, bob), bobs.ID.ID)
		require.NoError(t, err)
		require.Equal(t, bobs.Subject, unchanged.Subject)
	})
}

func TestOnlyWhatIsWrittenOrCorrectedIsChanged(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		for _, state := range appeal.States() {
			row := p.add(persontest.System(t), t, p.ann, func(c *ent.AppealCreate) { c.SetState(string(state)) })
			_, err := p.SaveDraft(persontest.As(t, p.ann), change(ref.Of(ref.Appeal, row.ID), draft()))
			if state == appeal.Draft || state == appeal.NeedsCorrection {
				require.NoError(t, err)
				continue
			}
			requireFaults(t, err, map[string]fault.InputCode{"id": fault.OutOfSequence})
		}
	})
}

func TestADraftThatWasChangedElsewhereIsNotOverwritten(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		first, err := p.SaveDraft(ann, draft())
		require.NoError(t, err)
		p.clock.Advance(time.Microsecond)
		in := change(first.ID, draft())
		in.IfUpdatedAt, in.Subject = &first.UpdatedAt, "one device"
		second, err := p.SaveDraft(ann, in)
		require.NoError(t, err)
		before := p.traces(t)

		in = change(first.ID, in)
		in.Subject = "another device"
		_, err = p.SaveDraft(ann, in)
		requireFaults(t, err, map[string]fault.InputCode{"ifUpdatedAt": fault.InConflict})
		require.Equal(t, before, p.traces(t))
		kept, err := p.Get(ann, first.ID.ID)
		require.NoError(t, err)
		require.Equal(t, second.Subject, kept.Subject)
	})
}

func TestDocumentsAreAttachedInOrderInTheirPresentVersion(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		var documents []ref.Ref
		for n := range 10 {
			documents = append([]ref.Ref{p.addDocument(t, p.ann, 1+n%3)}, documents...)
		}
		attached := func(a *appeal.Appeal) (got []ref.Ref) {
			attachments, err := p.Attachments(ann, a)
			require.NoError(t, err)
			for _, one := range attachments {
				got = append(got, one.Version.Document)
				row, err := p.store.Document.Get(ann, one.Version.Document.ID)
				require.NoError(t, err)
				require.Equal(t, row.CurrentVersion, one.Version.Number)
				require.Equal(t, row.Title, one.Version.DocumentTitle)
				require.Equal(t, p.clock.Now(), one.AttachedAt)
			}
			return got
		}
		in := draft()
		in.Documents = documents
		saved, err := p.SaveDraft(ann, in)
		require.NoError(t, err)
		require.Equal(t, documents, attached(saved))

		in = change(saved.ID, in)
		in.Documents = []ref.Ref{documents[7], documents[2]}
		saved, err = p.SaveDraft(ann, in)
		require.NoError(t, err)
		require.Equal(t, in.Documents, attached(saved), "what is saved is all there is")

		saved, err = p.SaveDraft(ann, change(saved.ID, draft()))
		require.NoError(t, err)
		require.Empty(t, attached(saved))
	})
}

func TestAReplayRaisesNothing(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann, in := persontest.As(t, p.ann), draft()
		in.Documents = []ref.Ref{p.addDocument(t, p.ann, 1)}
		first, err := p.SaveDraft(ann, in)
		require.NoError(t, err)
		after := p.traces(t)
		again, err := p.SaveDraft(ann, in)
		require.NoError(t, err)
		require.Equal(t, first.ID, again.ID)
		require.Equal(t, after, p.traces(t))

		in.Body = "another"
		_, err = p.SaveDraft(ann, in)
		require.ErrorIs(t, err, idempotency.ErrReused)
		in.IdempotencyKey = "short"
		_, err = p.SaveDraft(ann, in)
		require.ErrorIs(t, err, idempotency.ErrKey)
		require.Equal(t, after, p.traces(t))
	})
}

func TestManySavesAtOnceAreAllCounted(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		const writers = 12
		ann := persontest.As(t, p.ann)
		saved, err := p.SaveDraft(ann, draft())
		require.NoError(t, err)
		failures := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() { _, failures[i] = p.SaveDraft(ann, change(saved.ID, draft())) })
		}
		wg.Wait()
		for _, err := range failures {
			require.NoError(t, err)
		}
		require.Equal(t, traces{sequence: writers + 1, entries: writers + 1, appeals: 1, steps: 1, keys: writers + 1}, p.traces(t))
	})
}

func TestNobodySavesADraft(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		before := p.traces(t)
		_, err := p.SaveDraft(t.Context(), draft())
		require.Error(t, err)
		_, err = p.SaveDraft(persontest.As(t, uuid.New()), draft())
		require.ErrorIs(t, err, fault.ErrNotFound)
		require.Equal(t, before, p.traces(t))
	})
}
