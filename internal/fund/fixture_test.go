package fund_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/benefit"
	"kabinet/internal/blob"
	"kabinet/internal/calendar"
	"kabinet/internal/clarification"
	"kabinet/internal/clock"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/feed"
	"kabinet/internal/fund"
	"kabinet/internal/notice"
	"kabinet/internal/outbox"
	"kabinet/internal/owner"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/verification"
)

// The secrets of the tests: the one that signs, and the one that signed before.
const (
	secret    = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	oldSecret = "whsec_OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg="
)

// boundary is the fund's service over a database with one person.
type boundary struct {
	*fund.Service

	store  *storage.Store
	seen   *storagetest.Statements
	clock  *clock.Fixed
	people *person.Service
	ann    uuid.UUID
}

// soon is far more than anything here takes, tick how often it is looked for.
const (
	soon = 30 * time.Second
	tick = 5 * time.Millisecond
)

func each(t *testing.T, test func(t *testing.T, b *boundary)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		b := newBoundary(t, s)
		b.seen = seen
		test(t, b)
	})
}

func newBoundary(t testing.TB, s *storage.Store) *boundary {
	t.Helper()
	now := clock.NewFixed(time.Date(2026, time.November, 21, 9, 30, 0, 0, time.UTC))
	sealer := persontest.Sealer(t)
	log := slog.New(slog.DiscardHandler)
	_, client := signaltest.Miniredis(t)
	bus := signal.NewBus(client, log)
	recorder := feed.NewRecorder(now, feed.NewHub(s, bus, now, log))
	blobs, err := blob.NewDirectory(t.TempDir())
	require.NoError(t, err)
	verifier, err := fund.NewVerifier(now, secret, oldSecret)
	require.NoError(t, err)
	leaves := sickleave.New(s, sealer, recorder, now)
	journal := audit.NewJournal(now)
	people := person.New(s, sealer, recorder, journal, now)
	service, err := fund.New(s, sealer, now, verifier, fund.Rooms{
		SickLeaves: leaves, Benefits: benefit.New(s, leaves, recorder, now),
		Appeals:   appeal.New(s, sealer, recorder, journal, now),
		Documents: document.New(s, blobs, recorder, now),
		People:    people, Verifications: verification.New(s, sealer, people, recorder, journal, now),
		Contributions: contribution.New(s, recorder, now), Deadlines: deadline.New(s, recorder, now), Notices: notice.New(s, bus, now, log),
		Clarifications: clarification.New(s, sealer, outbox.New(s, sealer, recorder, now), recorder, journal, now),
	})
	require.NoError(t, err)
	return &boundary{Service: service, store: s, clock: now, people: people, ann: persontest.New(t, s)}
}

// addLeave gives Ann an open sick leave.
func (b *boundary) addLeave(t testing.TB, number string) ref.Ref {
	t.Helper()
	day := calendar.NewDate(2026, time.November, 10)
	row, err := b.store.SickLeave.Create().SetOwnerID(b.ann).SetNumber(number).SetState(string(sickleave.Opened)).SetReason("ILLNESS").
		SetIssuedOn(day).SetStartsOn(day).SetCreatedAt(b.clock.Now()).SetUpdatedAt(b.clock.Now()).Save(persontest.System(t))
	require.NoError(t, err)
	return ref.Of(ref.SickLeave, row.ID)
}

// addAppeal gives Ann a submitted appeal.
func (b *boundary) addAppeal(t *testing.T) ref.Ref {
	t.Helper()
	row, err := b.store.Appeal.Create().SetOwnerID(b.ann).SetKind("INQUIRY").SetState(string(appeal.Submitted)).
		SetCreatedAt(b.clock.Now()).SetUpdatedAt(b.clock.Now()).Save(persontest.System(t))
	require.NoError(t, err)
	return ref.Of(ref.Appeal, row.ID)
}

// version is the sequence of Ann's feed: how often something that she sees has changed.
func (b *boundary) version(t *testing.T) int64 {
	t.Helper()
	n, err := owner.Sequence(persontest.System(t), b.store, b.ann)
	require.NoError(t, err)
	return n
}

// event is a whole event with the checksum of its data.
func event(kind, id, subject, sequence, data string) map[string]any {
	return map[string]any{
		"specversion": "1.0", "id": id, "source": "urn:test", "type": kind, "subject": subject, "sequence": sequence,
		"datacontenttype": "application/json", "checksum": fund.Checksum([]byte(data)), "data": json.RawMessage(data),
	}
}

func leaf(id, number, sequence, state string) map[string]any {
	return event(fund.TypeSickLeaveChanged, id, number, sequence, `{"number":"`+number+`","state":"`+state+`"}`)
}

// send signs a body as the fund does and hands it in.
func (b *boundary) send(t *testing.T, mediaType string, body []byte) ([]fund.Result, error) {
	t.Helper()
	header := http.Header{"Content-Type": {mediaType}}
	require.NoError(t, fund.Sign(header, secret, "msg_1", b.clock.Now(), body))
	return b.Receive(t.Context(), header, body)
}

// one sends one event and gives what became of it.
func (b *boundary) one(t *testing.T, e map[string]any) fund.Result {
	t.Helper()
	body, err := json.Marshal(e)
	require.NoError(t, err)
	results, err := b.send(t, fund.MediaTypeEvent, body)
	require.NoError(t, err)
	require.Len(t, results, 1)
	require.Equal(t, e["id"], results[0].ID)
	return results[0]
}
