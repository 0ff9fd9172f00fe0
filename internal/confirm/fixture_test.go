package confirm_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/confirm"
	"kabinet/internal/dev/inbox"
	"kabinet/internal/locale"
	"kabinet/internal/notify"
	"kabinet/internal/person/persontest"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

const (
	phone = "+79001234567"
	email = "ivanova@example.ru"
)

// place is where Anna confirms what she does.
type place struct {
	*confirm.Service

	store  *storage.Store
	sealer *seal.Sealer
	now    *clock.Fixed
	inbox  *inbox.Inbox
	log    *safeBuffer
	ann    uuid.UUID
}

// safeBuffer is a log that many goroutines write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newPlace(t *testing.T, s *storage.Store, changes ...func(*confirm.Options)) *place {
	t.Helper()
	p := &place{
		store: s, sealer: persontest.Sealer(t), log: &safeBuffer{}, ann: persontest.New(t, s),
		now: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
	}
	p.inbox = inbox.New(p.now)
	o := confirm.Options{
		Store: s, Sealer: p.sealer, Journal: audit.NewJournal(p.now), Clock: p.now, Sender: p.inbox,
		Log: slog.New(slog.NewTextHandler(p.log, nil)),
	}
	for _, change := range changes {
		change(&o)
	}
	p.Service = confirm.New(o)
	return p
}

func eachPlace(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) { test(t, newPlace(t, s)) })
}

// as is a context in which a person asks through a session.
func as(t *testing.T, person, session uuid.UUID) context.Context {
	t.Helper()
	return locale.NewContext(viewer.NewContext(t.Context(), viewer.Viewer{
		PersonID: person, SessionID: session, Level: viewer.Extended, Entry: viewer.Complete,
	}), locale.English)
}

// request is an action of Anna's.
func request() confirm.Request {
	return confirm.Request{
		Operation: "approveNetwork",
		Title:     locale.Text{Ru: "вход из новой сети", En: "sign-in from a new network"},
		Payload:   []byte(`{"network":"192.0.2.0/24"}`),
		To:        confirm.Destination{Channel: notify.SMS, Address: phone},
	}
}

// challenged asks without an answer, and gives the challenge.
func challenged(t *testing.T, p *place, ctx context.Context, r confirm.Request) confirm.Challenge { //nolint:revive // t first, as everywhere
	t.Helper()
	err := p.Require(ctx, r, nil)
	required, ok := errors.AsType[*confirm.Required](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, confirm.ErrRequired)
	return required.Challenge
}

var codeForm = regexp.MustCompile(`\d{6}`)

// lastCode is the code in the message that was sent last.
func (p *place) lastCode(t *testing.T) string {
	t.Helper()
	messages := p.inbox.Messages()
	require.NotEmpty(t, messages)
	code := codeForm.FindString(messages[len(messages)-1].Text)
	require.Len(t, code, 6)
	return code
}

// other is a code that is not this one.
func other(code string) string {
	digits := []byte(code)
	digits[5] = '0' + (digits[5]-'0'+1)%10
	return string(digits)
}

// lines are the lines of Anna's journal: "action", and "!action" for what was denied, with the reason.
func (p *place) lines(t *testing.T) []string {
	t.Helper()
	entries, err := p.store.AuditEntry.Query().Where(auditentry.OwnerID(p.ann)).
		Order(ent.Asc(auditentry.FieldSequence)).All(persontest.System(t))
	require.NoError(t, err)
	lines := make([]string, len(entries))
	for i, e := range entries {
		require.Equal(t, p.ann.String(), e.Actor)
		lines[i] = e.Action + " " + e.Reason
		if !e.Allowed {
			lines[i] = "!" + lines[i]
		}
	}
	_, breaks, err := audit.Verify(t.Context(), p.store)
	require.NoError(t, err)
	require.Empty(t, breaks)
	return lines
}
