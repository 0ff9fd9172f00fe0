package appeal_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// place is the service with a person whose appeals it keeps.
type place struct {
	*appeal.Service

	store  *storage.Store
	seen   *storagetest.Statements
	sealer *seal.Sealer
	clock  *clock.Fixed
	ann    uuid.UUID
}

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		p := &place{
			store: s, seen: seen, sealer: persontest.Sealer(t), ann: persontest.New(t, s),
			clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		}
		p.Service = appeal.New(s, p.sealer, feed.NewRecorder(p.clock, nobodyToTell{}), audit.NewJournal(p.clock), p.clock)
		test(t, p)
	})
}

// add makes an appeal; change may alter it before it is kept.
func (p *place) add(ctx context.Context, t require.TestingT, owner uuid.UUID, change func(*ent.AppealCreate)) *ent.Appeal {
	create := p.store.Appeal.Create().SetOwnerID(owner).SetKind(string(appeal.Inquiry)).SetState(string(appeal.Draft)).
		SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now())
	if change != nil {
		change(create)
	}
	row, err := create.Save(ctx)
	require.NoError(t, err)
	return row
}

// addDocument makes a document with so many versions, of which the last is the present one.
func (p *place) addDocument(t *testing.T, owner uuid.UUID, versions int) ref.Ref {
	t.Helper()
	system := persontest.System(t)
	row, err := p.store.Document.Create().SetOwnerID(owner).SetTitle("title").SetKind(string(document.Other)).SetState(string(document.Processing)).
		SetCurrentVersion(versions).SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now()).Save(system)
	require.NoError(t, err)
	for number := range versions {
		require.NoError(t, p.store.DocumentVersion.Create().SetOwnerID(owner).SetDocumentID(row.ID).SetNumber(number+1).
			SetFileName("f.pdf").SetMediaType("application/pdf").SetSize(1).SetSha256(make([]byte, 32)).SetBlobKey("k").
			SetCreatedAt(p.clock.Now()).Exec(system))
	}
	return ref.Of(ref.Document, row.ID)
}

// traces is what a change leaves beside itself.
type traces struct {
	sequence int64 // of the owner's feed
	entries  int   // of the journal
	appeals  int
	steps    int
	attached int
	keys     int
}

func (p *place) traces(t *testing.T) traces {
	t.Helper()
	system := persontest.System(t)
	count := func(n int, err error) int {
		require.NoError(t, err)
		return n
	}
	sequence, err := owner.Sequence(system, p.store, p.ann)
	require.NoError(t, err)
	_, breaks, err := audit.Verify(system, p.store)
	require.NoError(t, err)
	require.Empty(t, breaks)
	return traces{
		sequence: sequence,
		entries:  count(p.store.AuditEntry.Query().Where(auditentry.OwnerID(p.ann)).Count(system)),
		appeals:  count(p.store.Appeal.Query().Count(system)),
		steps:    count(p.store.AppealStep.Query().Count(system)),
		attached: count(p.store.AppealAttachment.Query().Count(system)),
		keys:     count(p.store.IdempotencyRecord.Query().Count(system)),
	}
}

// requireFaults fails unless the error names exactly these fields with these codes.
func requireFaults(t *testing.T, err error, want map[string]fault.InputCode) {
	t.Helper()
	var invalid fault.Invalid
	require.ErrorAs(t, err, &invalid)
	got := map[string]fault.InputCode{}
	for _, f := range invalid {
		require.NotEmpty(t, f.Message.Ru)
		require.NotEmpty(t, f.Message.En)
		got[strings.Join(f.Path, ".")] = f.Code
	}
	require.Equal(t, want, got)
}
