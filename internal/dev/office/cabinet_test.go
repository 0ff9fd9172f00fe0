package office_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	entbenefit "kabinet/ent/benefit"
	entdeadline "kabinet/ent/deadline"
	"kabinet/ent/fundevent"
	entleave "kabinet/ent/sickleave"
	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/benefit"
	"kabinet/internal/blob"
	"kabinet/internal/clarification"
	"kabinet/internal/clock"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/dev/office"
	"kabinet/internal/dev/persona"
	"kabinet/internal/document"
	"kabinet/internal/feed"
	"kabinet/internal/fund"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
	"kabinet/internal/notice"
	"kabinet/internal/outbox"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/seed"
	"kabinet/internal/sickleave"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/verification"
	"kabinet/internal/viewer"
)

// town is the whole of it: the cabinet with its demo people, its courier, and the office.
type town struct {
	*office.Office

	t              *testing.T
	clock          *clock.Fixed
	store          *storage.Store
	people         *person.Service
	appeals        *appeal.Service
	clarifications *clarification.Service
	courier        *outbox.Courier
}

func newTown(t *testing.T, store *storage.Store) *town {
	t.Helper()
	now, sealer, log := clock.NewFixed(aTuesday()), persontest.Sealer(t), slog.New(slog.DiscardHandler)
	bus := signal.NewBus(nil, log)
	recorder, journal := feed.NewRecorder(now, feed.NewHub(store, bus, now, log)), audit.NewJournal(now)
	blobs, err := blob.NewDirectory(t.TempDir())
	require.NoError(t, err)
	verifier, err := fund.NewVerifier(now, secret)
	require.NoError(t, err)
	box, leaves := outbox.New(store, sealer, recorder, now), sickleave.New(store, sealer, recorder, now)
	w := &town{
		t: t, clock: now, store: store, people: person.New(store, sealer, recorder, journal, now),
		appeals:        appeal.New(store, sealer, recorder, journal, now),
		clarifications: clarification.New(store, sealer, box, recorder, journal, now),
	}
	require.NoError(t, seed.Seed(t.Context(), seed.Deps{
		Store: store, Sealer: sealer, Blobs: blobs, People: w.people, Feed: recorder, Journal: journal, Clock: now,
	}))
	service, err := fund.New(store, sealer, now, verifier, fund.Rooms{
		SickLeaves: leaves, Benefits: benefit.New(store, leaves, recorder, now), Appeals: w.appeals,
		Documents: document.New(store, blobs, recorder, now), People: w.people,
		Verifications: verification.New(store, sealer, w.people, recorder, journal, now),
		Contributions: contribution.New(store, recorder, now), Deadlines: deadline.New(store, recorder, now),
		Notices: notice.New(store, bus, now, log), Clarifications: w.clarifications,
	})
	require.NoError(t, err)
	cabinet := httptest.NewServer(receiver(service))
	t.Cleanup(cabinet.Close)
	w.Office, err = office.New(office.Options{
		Directory: t.TempDir(), CabinetURL: cabinet.URL, Secret: secret, Clock: now, Log: log, Pace: anHour,
		After: func(time.Duration) <-chan time.Time { c := make(chan time.Time); close(c); return c },
	})
	require.NoError(t, err)
	door := httptest.NewServer(w.Commands())
	t.Cleanup(door.Close)
	w.courier, err = outbox.NewCourier(outbox.Options{
		Outbox: box, URL: door.URL, Source: "https://kabinet.test", Log: log,
		Sign: func(header http.Header, id string, at time.Time, body []byte) error {
			return fund.Sign(header, secret, id, at, body)
		},
	})
	require.NoError(t, err)
	return w
}

// receiver answers as POST /fund/events does.
func receiver(service *fund.Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		results, err := service.Receive(r.Context(), r.Header, body)
		status := http.StatusOK
		switch {
		case errors.Is(err, fund.ErrSignature):
			status = http.StatusUnauthorized
		case err != nil:
			status = http.StatusInternalServerError
		case results[0].Outcome == fund.Refused:
			status = http.StatusUnprocessableEntity
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"events": results})
	})
}

// as logs a demo person in.
func (w *town) as(name string) context.Context {
	w.t.Helper()
	p, ok := persona.ByName(name)
	require.True(w.t, ok)
	id, err := w.people.Admit(w.t.Context(), identity.Login{
		Provider: esia.ProviderName, Subject: p.Subject(), Trusted: p.Trusted, Profile: p.Profile,
	})
	require.NoError(w.t, err)
	return viewer.NewContext(w.t.Context(), viewer.Viewer{PersonID: id, Level: viewer.Extended})
}

// pass lets hours of demo time go by, and whatever real time the cabinet's courier needs.
func (w *town) pass(hours int) {
	w.t.Helper()
	for range hours {
		w.clock.Advance(time.Second)
		_, err := w.courier.Deliver(w.t.Context())
		require.NoError(w.t, err)
		require.NoError(w.t, w.Work(w.t.Context()))
	}
}

// write begins an appeal, or corrects one, and submits it.
func (w *town) write(who, line string, id *ref.Ref) ref.Ref {
	w.t.Helper()
	ctx := w.as(who)
	draft, err := w.appeals.SaveDraft(ctx, appeal.DraftInput{
		ID: id, Kind: appeal.Inquiry, Subject: line, Body: "Текст", IdempotencyKey: uuid.NewString(),
	})
	require.NoError(w.t, err)
	_, err = w.appeals.Submit(ctx, appeal.SubmitInput{ID: draft.ID, IdempotencyKey: uuid.NewString()})
	require.NoError(w.t, err)
	return draft.ID
}

func (w *town) appeal(id ref.Ref) *ent.Appeal {
	w.t.Helper()
	row, err := w.store.Appeal.Get(persontest.System(w.t), id.ID)
	require.NoError(w.t, err)
	return row
}

// until lets time go by until an appeal is in a state.
func (w *town) until(id ref.Ref, want appeal.State) {
	w.t.Helper()
	for range 300 {
		if w.appeal(id).State == string(want) {
			return
		}
		w.pass(1)
	}
	require.Equal(w.t, string(want), w.appeal(id).State)
}

// However the office behaves, every appeal ends, and everything that it tells fits its schema and is taken in the end.
func TestInEveryScenarioAppealsEndAndReportsAreTaken(t *testing.T) {
	for _, scenario := range office.Scenarios() {
		t.Run(string(scenario), func(t *testing.T) { testScenario(t, scenario) })
	}
}

func testScenario(t *testing.T, scenario office.Scenario) {
	t.Helper()
	w := newTown(t, storagetest.OpenSQLite(t))
	require.NoError(t, w.SetScenario(scenario, 0))
	plain, faulty := w.write("ivanova", "Справка", nil), w.write("petrov", "Прошу исправить", nil)
	hopeless, unwanted := w.write("director", "Отказ в выплате", nil), w.write("agent", "Вопрос", nil)
	w.pass(5)
	_, err := w.appeals.Comment(w.as("ivanova"), appeal.CommentInput{ID: plain, Text: "Жду.", IdempotencyKey: uuid.NewString()})
	require.NoError(t, err)
	question := w.ask()
	_, err = w.appeals.Withdraw(w.as("agent"), appeal.WithdrawInput{ID: unwanted, IdempotencyKey: uuid.NewString()})
	require.NoError(t, err)
	w.pass(30)
	if withheld := scenario == office.Down || scenario == office.WrongSignature; withheld {
		require.Equal(t, string(appeal.Submitted), w.appeal(plain).State)
		require.NoError(t, w.SetScenario(office.Normal, 0))
	}
	w.until(faulty, appeal.NeedsCorrection)
	w.write("petrov", "Прошу исправить", &faulty)
	w.until(plain, appeal.Done)
	w.until(faulty, appeal.Done)
	w.until(hopeless, appeal.Refused)
	require.Equal(t, string(appeal.Withdrawn), w.appeal(unwanted).State)
	w.pass(40)
	require.NoError(t, w.SetScenario(office.Normal, 0))
	w.pass(40)

	system := persontest.System(t)
	answered, err := w.store.Clarification.Get(system, question)
	require.NoError(t, err)
	require.Equal(t, string(clarification.Answered), answered.State)
	for _, id := range []ref.Ref{plain, unwanted} {
		messages, err := w.store.Appeal.QueryMessages(w.appeal(id)).All(system)
		require.NoError(t, err)
		require.NotEmpty(t, messages)
	}
	require.Empty(t, w.State().Waiting)
	require.Empty(t, w.State().Refused)
	w.requireTaken(scenario)
}

// ask asks about one of ivanova's sick leaves.
func (w *town) ask() uuid.UUID {
	w.t.Helper()
	ctx := w.as("ivanova")
	leave, err := w.store.SickLeave.Query().Where(entleave.Number("910010101034")).Only(ctx)
	require.NoError(w.t, err)
	asked, err := w.clarifications.Ask(ctx, clarification.AskInput{
		SickLeave: ref.Of(ref.SickLeave, leave.ID), Addressee: clarification.Doctor, Question: "Почему?", IdempotencyKey: uuid.NewString(),
	})
	require.NoError(w.t, err)
	return asked.ID.ID
}

// requireTaken fails unless everything was taken that the office has told, and applied unless it had been overtaken.
func (w *town) requireTaken(scenario office.Scenario) {
	w.t.Helper()
	rows, err := w.store.FundEvent.Query().Where(fundevent.ReasonNEQ(string(fund.ReasonSignature))).All(persontest.System(w.t))
	require.NoError(w.t, err)
	require.Greater(w.t, len(rows), 25)
	for _, row := range rows {
		if scenario == office.OutOfOrder && row.Outcome == string(fund.Stale) {
			continue
		}
		require.Equal(w.t, string(fund.Applied), row.Outcome, "%s %s: %s", row.Type, row.Subject, row.Reason)
	}
}

// All that happens by itself is legal for the people who are there, and comes to its end.
func TestStories(t *testing.T) {
	w := newTown(t, storagetest.OpenSQLite(t))
	system := persontest.System(t)
	count := func(of func(context.Context) (int, error)) int {
		n, err := of(system)
		require.NoError(t, err)
		return n
	}
	certificates, contributions := count(w.store.SickLeave.Query().Count), count(w.store.Contribution.Query().Count)
	deadlines := count(w.store.Deadline.Query().Where(entdeadline.State(string(deadline.Done))).Count)
	general := map[string]func(context.Context) (int, error){
		"news": w.store.Announcement.Query().Count, "work": w.store.Maintenance.Query().Count, "systems": w.store.FundEvent.Query().Where(fundevent.Type(fund.TypeSystemStatus)).Count,
	}
	before := map[string]int{}
	for what, of := range general {
		before[what] = count(of)
	}
	w.pass(20 * 24)
	w.requireTaken(office.Normal)
	require.Empty(t, w.State().Refused)

	paid, err := w.store.Benefit.Query().Where(entbenefit.Number("00-01-101140")).Only(system)
	require.NoError(t, err)
	require.Equal(t, string(benefit.Paid), paid.State)
	flu, err := w.store.SickLeave.Query().Where(entleave.Number("910010101034")).Only(system)
	require.NoError(t, err)
	require.Equal(t, string(sickleave.Closed), flu.State)
	all, err := w.store.SickLeave.Query().All(system)
	require.NoError(t, err)
	require.Len(t, all, certificates+1, "one is issued, once")
	require.Equal(t, string(sickleave.BenefitPaid), all[len(all)-1].State)
	fresh, err := w.store.Benefit.Query().Where(entbenefit.SickLeaveID(all[len(all)-1].ID)).Only(system)
	require.NoError(t, err)
	require.Equal(t, string(benefit.Paid), fresh.State)
	require.Equal(t, contributions+2, count(w.store.Contribution.Query().Count))
	require.Equal(t, deadlines+1, count(w.store.Deadline.Query().Where(entdeadline.State(string(deadline.Done))).Count))
	for what, of := range general {
		n := count(of) - before[what]
		require.Positive(t, n, what)
		require.Less(t, n, 10, "not too many: %s", what)
	}
}
