package appeal_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/docs/commands/commandstest"
	"kabinet/ent"
	"kabinet/ent/command"
	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/calendar"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/identity"
	"kabinet/internal/outbox"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
)

// admit makes Ann somebody whom the provider has told of, in place of one of whom nothing is known.
func (p *place) admit(t *testing.T) {
	t.Helper()
	people := person.New(p.store, p.sealer, feed.NewRecorder(p.clock, nobodyToTell{}), audit.NewJournal(p.clock), p.clock)
	id, err := people.Admit(t.Context(), identity.Login{
		Provider: "test", Subject: uuid.NewString(), Trusted: true, Profile: identity.Profile{
			LastName: "Петрова", FirstName: "Анна", MiddleName: "Сергеевна", BirthDate: calendar.NewDate(1988, time.April, 12),
			Snils: "11223344595", Inn: "376864406601",
			Email:     identity.Email{Address: "anna@example.org", Confirmed: true},
			Addresses: []identity.Address{{Kind: identity.Registration, Text: "г. Москва"}},
		},
	})
	require.NoError(t, err)
	p.ann = id
}

// complete is a draft that can be submitted.
func (p *place) complete(t *testing.T, kind appeal.Kind, documents int) *appeal.Appeal {
	t.Helper()
	in := draft()
	in.Kind = kind
	for range documents {
		in.Documents = append(in.Documents, p.addDocument(t, p.ann, 2))
	}
	saved, err := p.SaveDraft(persontest.As(t, p.ann), in)
	require.NoError(t, err)
	return saved
}

func submit(id ref.Ref) appeal.SubmitInput {
	return appeal.SubmitInput{ID: id, IdempotencyKey: uuid.NewString()}
}

// command opens the only command of a type and gives its data, which keeps to the contract.
func (p *place) command(t *testing.T, kind string) (*ent.Command, map[string]any) {
	t.Helper()
	row, err := p.store.Command.Query().Where(command.Type(kind)).Order(command.BySequence()).First(persontest.System(t))
	require.NoError(t, err)
	plain, err := p.sealer.Open("commands.payload", row.ID, row.Payload)
	require.NoError(t, err)
	commandstest.RequireFits(t, kind, plain)
	var data map[string]any
	require.NoError(t, json.Unmarshal(plain, &data))
	return row, data
}

func (p *place) commands(t *testing.T) int {
	t.Helper()
	n, err := p.store.Command.Query().Count(persontest.System(t))
	require.NoError(t, err)
	return n
}

// since is what was left behind since some moment.
func (p *place) since(t *testing.T, before traces) traces {
	t.Helper()
	now := p.traces(t)
	return traces{
		now.sequence - before.sequence, now.entries - before.entries, now.appeals - before.appeals, now.steps - before.steps,
		now.attached - before.attached, now.keys - before.keys,
	}
}

func TestASubmittedAppealIsOnItsWay(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		ann := persontest.As(t, p.ann)
		draft, before := p.complete(t, appeal.Application, 2), p.traces(t)
		p.clock.Advance(time.Hour)
		require.NoError(t, p.CheckSubmit(ann, submit(draft.ID)))
		require.Equal(t, before, p.traces(t), "a check changes nothing")
		p.seen.Take()
		a, err := p.Submit(ann, submit(draft.ID))
		require.NoError(t, err)
		require.LessOrEqual(t, len(p.seen.Take()), 22)
		require.Equal(t, appeal.Submitted, a.State)
		require.Equal(t, p.clock.Now(), *a.SubmittedAt)
		require.Equal(t, p.clock.Now(), a.UpdatedAt)
		require.Equal(t, traces{sequence: 1, entries: 1, steps: 1, keys: 1}, p.since(t, before))

		timeline, err := p.Timeline(ann, a)
		require.NoError(t, err)
		from := appeal.Draft
		require.Equal(t, &appeal.Step{From: &from, To: appeal.Submitted, Actor: appeal.Citizen, OccurredAt: p.clock.Now()}, timeline[1])

		row, data := p.command(t, appeal.TypeSubmitted)
		require.Equal(t, a.ID.String(), row.Subject)
		require.Equal(t, p.ann, row.OwnerID)
		require.Equal(t, a.ID.String(), data["appeal"])
		require.Equal(t, []any{"APPLICATION", "Тема", "Текст", false}, []any{data["kind"], data["subject"], data["body"], data["corrected"]})
		require.NotContains(t, data, "number")
		applicant, ok := data["applicant"].(map[string]any)
		require.True(t, ok)
		require.Equal(t, "Петрова", applicant["lastName"])
		require.Equal(t, "11223344595", applicant["snils"])
		require.Equal(t, map[string]any{"value": "anna@example.org", "confirmed": true}, applicant["email"])
		require.NotContains(t, applicant, "phone")
		attached, ok := data["attachments"].([]any)
		require.True(t, ok)
		require.Len(t, attached, 2)
		attachments, err := p.Attachments(ann, a)
		require.NoError(t, err)
		for i, one := range attachments {
			sent, ok := attached[i].(map[string]any)
			require.True(t, ok)
			require.Equal(t, one.Version.Document.String(), sent["document"])
			require.InDelta(t, 2, sent["version"], 0)
			require.Equal(t, hex.EncodeToString(make([]byte, 32)), sent["sha256"])
		}

		delivery, err := p.Delivery(ann, a)
		require.NoError(t, err)
		require.Equal(t, outbox.Pending, delivery.State)
	})
}

func TestWhatWasNotSentHasNoDelivery(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		delivery, err := p.Delivery(persontest.As(t, p.ann), p.complete(t, appeal.Inquiry, 0))
		require.NoError(t, err)
		require.Nil(t, delivery)
		require.Zero(t, p.commands(t))
	})
}

func TestDeliveriesOfAListTakeOneStatement(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		ann := persontest.As(t, p.ann)
		for range 4 {
			_, err := p.Submit(ann, submit(p.complete(t, appeal.Inquiry, 0).ID))
			require.NoError(t, err)
		}
		list, err := p.List(ann, nil, nil, nil, nil)
		require.NoError(t, err)
		p.seen.Take()
		for _, a := range list.Nodes {
			delivery, err := p.Delivery(ann, a)
			require.NoError(t, err)
			require.Equal(t, a.ID, delivery.Subject)
		}
		require.Len(t, p.seen.Take(), 1)
	})
}

func TestWhatACorrectionNeedsIsAsked(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		ann := persontest.As(t, p.ann)
		a, err := p.Submit(ann, submit(p.complete(t, appeal.Inquiry, 0).ID))
		require.NoError(t, err)
		number := "77-1"
		for i, r := range []appeal.Report{{State: appeal.Registered, Number: &number}, {State: appeal.NeedsCorrection}} {
			r.Appeal, r.Sequence = a.ID, int64(i+1)
			require.NoError(t, p.apply(t, r))
		}
		in := draft()
		in.ID, in.Body = &a.ID, "Исправлено"
		corrected, err := p.SaveDraft(ann, in)
		require.NoError(t, err)
		require.Equal(t, appeal.NeedsCorrection, corrected.State, "until it is submitted")
		before := p.traces(t)
		a, err = p.Submit(ann, submit(a.ID))
		require.NoError(t, err)
		require.Equal(t, appeal.Submitted, a.State)
		require.Equal(t, &number, a.Number)
		require.Equal(t, traces{sequence: 1, entries: 1, steps: 1, keys: 1}, p.since(t, before))
		require.Equal(t, 2, p.commands(t))
		last, err := p.store.Command.Query().Where(command.Sequence(2)).Only(persontest.System(t))
		require.NoError(t, err)
		plain, err := p.sealer.Open("commands.payload", last.ID, last.Payload)
		require.NoError(t, err)
		commandstest.RequireFits(t, appeal.TypeSubmitted, plain)
		require.Contains(t, string(plain), `"corrected":true,"number":"77-1"`)
		require.Contains(t, string(plain), "Исправлено")
		require.NoError(t, p.apply(t, appeal.Report{Appeal: a.ID, Sequence: 3, State: appeal.UnderReview}), "and the fund goes on")
	})
}

func TestAllThatIsLackingIsNamedTogether(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system := persontest.System(t)
		// Nothing is known of this person, whom the fund could not answer.
		unknown := persontest.As(t, p.ann)
		empty := func(kind appeal.Kind) ref.Ref {
			return ref.Of(ref.Appeal, p.add(system, t, p.ann, func(c *ent.AppealCreate) { c.SetKind(string(kind)).SetSubject(" ") }).ID)
		}
		for kind, want := range map[appeal.Kind][]string{
			appeal.Application:        {"subject", "body", "documents", "contacts"},
			appeal.Inquiry:            {"subject", "body", "contacts"},
			appeal.Complaint:          {"subject", "body", "contacts"},
			appeal.CertificateRequest: {"subject", "contacts"},
			appeal.Feedback:           {"body", "contacts"},
		} {
			faults := map[string]fault.InputCode{}
			for _, field := range want {
				faults[field] = fault.Required
			}
			id, before := empty(kind), p.traces(t)
			_, err := p.Submit(unknown, submit(id))
			requireFaults(t, err, faults)
			requireFaults(t, p.CheckSubmit(unknown, submit(id)), faults)
			require.Equal(t, before, p.traces(t), "nothing is kept")
		}

		p.admit(t)
		ann := persontest.As(t, p.ann)
		a := p.complete(t, appeal.Application, 4)
		attachments, err := p.Attachments(ann, a)
		require.NoError(t, err)
		at := func(i int) uuid.UUID { return attachments[i].Version.Document.ID }
		require.NoError(t, p.store.Document.UpdateOneID(at(0)).SetDeletedAt(p.clock.Now()).Exec(system))
		require.NoError(t, p.store.Document.UpdateOneID(at(1)).SetState(string(document.Rejected)).Exec(system))
		_, err = p.store.DB().ExecContext(t.Context(),
			fmt.Sprintf("UPDATE document_versions SET media_type = 'application/xml' WHERE document_id = '%s'", at(3)))
		require.NoError(t, err)
		stale := a.UpdatedAt.Add(-time.Second)
		in := submit(a.ID)
		in.IfUpdatedAt = &stale
		before := p.traces(t)
		_, err = p.Submit(ann, in)
		requireFaults(t, err, map[string]fault.InputCode{
			"ifUpdatedAt": fault.InConflict, "documents.0": fault.Unknown, "documents.1": fault.NotAllowed, "documents.3": fault.NotAllowed,
		})
		require.Equal(t, before, p.traces(t))
		require.Zero(t, p.commands(t))
	})
}

// acts are what a citizen does with an appeal, by the state to which it brings it.
func (p *place) acts() map[string]func(t *testing.T, as uuid.UUID, id ref.Ref, key string) error {
	return map[string]func(*testing.T, uuid.UUID, ref.Ref, string) error{
		"submit": func(t *testing.T, as uuid.UUID, id ref.Ref, key string) error {
			t.Helper()
			_, err := p.Submit(persontest.As(t, as), appeal.SubmitInput{ID: id, IdempotencyKey: key})
			return err
		},
		"withdraw": func(t *testing.T, as uuid.UUID, id ref.Ref, key string) error {
			t.Helper()
			_, err := p.Withdraw(persontest.As(t, as), appeal.WithdrawInput{ID: id, IdempotencyKey: key})
			return err
		},
		"comment": func(t *testing.T, as uuid.UUID, id ref.Ref, key string) error {
			t.Helper()
			_, err := p.Comment(persontest.As(t, as), appeal.CommentInput{ID: id, Text: "Сообщение", IdempotencyKey: key})
			return err
		},
	}
}

func TestEveryActInEveryState(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		allowed := map[string][]appeal.State{
			"submit":   {appeal.Draft, appeal.NeedsCorrection},
			"withdraw": {appeal.Submitted, appeal.Registered, appeal.UnderReview, appeal.NeedsCorrection},
			"comment":  {appeal.Submitted, appeal.Registered, appeal.UnderReview, appeal.NeedsCorrection},
		}
		for name, act := range p.acts() {
			for _, state := range appeal.States() {
				saved, before := p.complete(t, appeal.Inquiry, 0), p.commands(t)
				require.NoError(t, p.store.Appeal.UpdateOneID(saved.ID.ID).SetState(string(state)).Exec(persontest.System(t)))
				err := act(t, p.ann, saved.ID, uuid.NewString())
				may := false
				for _, one := range allowed[name] {
					may = may || one == state
				}
				if may {
					require.NoError(t, err, "%s %s", name, state)
					require.Equal(t, before+1, p.commands(t))
					continue
				}
				requireFaults(t, err, map[string]fault.InputCode{"id": fault.OutOfSequence})
				require.Equal(t, before, p.commands(t))
			}
		}
	})
}

func TestWhatIsAnothersIsLikeWhatIsNot(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		bob := persontest.New(t, p.store)
		annsDraft := p.complete(t, appeal.Inquiry, 0)
		sent, err := p.Submit(persontest.As(t, p.ann), submit(p.complete(t, appeal.Inquiry, 0).ID))
		require.NoError(t, err)
		before, commands := p.traces(t), p.commands(t)
		for name, act := range p.acts() {
			for _, id := range []ref.Ref{annsDraft.ID, sent.ID} {
				err := act(t, bob, id, uuid.NewString())
				requireFaults(t, err, map[string]fault.InputCode{"id": fault.Unknown})
				require.Equal(t, act(t, bob, ref.Of(ref.Appeal, uuid.New()), uuid.NewString()), err, name)
			}
			requireFaults(t, act(t, p.ann, ref.Of(ref.Document, sent.ID.ID), uuid.NewString()), map[string]fault.InputCode{"id": fault.Unknown})
			require.ErrorIs(t, act(t, uuid.New(), sent.ID, uuid.NewString()), fault.ErrNotFound)
		}
		_, err = p.Submit(t.Context(), submit(annsDraft.ID))
		require.Error(t, err, "nobody")
		require.Equal(t, before, p.traces(t))
		require.Equal(t, commands, p.commands(t))
	})
}

func TestARepeatedActIsOne(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		saved := p.complete(t, appeal.Inquiry, 0)
		for _, name := range []string{"submit", "comment", "withdraw"} {
			act, key := p.acts()[name], uuid.NewString()
			require.NoError(t, act(t, p.ann, saved.ID, key), name)
			after, commands := p.traces(t), p.commands(t)
			p.clock.Advance(time.Minute)
			require.NoError(t, act(t, p.ann, saved.ID, key), name)
			require.ErrorIs(t, act(t, p.ann, ref.Of(ref.Appeal, uuid.New()), key), idempotency.ErrReused, name)
			require.ErrorIs(t, act(t, p.ann, saved.ID, "short"), idempotency.ErrKey, name)
			require.Equal(t, after, p.traces(t), name)
			require.Equal(t, commands, p.commands(t), name)
		}
	})
}

func TestOfManySubmitsAtOnceOneIsDone(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		const devices = 10
		saved, before, ann := p.complete(t, appeal.Inquiry, 0), p.traces(t), persontest.As(t, p.ann)
		failures := make([]error, devices)
		var wg sync.WaitGroup
		for i := range devices {
			wg.Go(func() { _, failures[i] = p.Submit(ann, submit(saved.ID)) })
		}
		wg.Wait()
		done := 0
		for _, err := range failures {
			if err == nil {
				done++
				continue
			}
			requireFaults(t, err, map[string]fault.InputCode{"id": fault.OutOfSequence})
		}
		require.Equal(t, 1, done)
		require.Equal(t, 1, p.commands(t))
		require.Equal(t, traces{sequence: 1, entries: 1, steps: 1, keys: 1}, p.since(t, before))
	})
}

func TestAWithdrawalGoesToTheFund(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		ann := persontest.As(t, p.ann)
		a, err := p.Submit(ann, submit(p.complete(t, appeal.Inquiry, 0).ID))
		require.NoError(t, err)
		number, before := "77-1", p.traces(t)
		require.NoError(t, p.apply(t, appeal.Report{Appeal: a.ID, Sequence: 1, State: appeal.Registered, Number: &number}))
		a, err = p.Withdraw(ann, appeal.WithdrawInput{ID: a.ID, IdempotencyKey: uuid.NewString()})
		require.NoError(t, err)
		require.Equal(t, appeal.Withdrawn, a.State)
		require.Equal(t, traces{sequence: 2, entries: 1, steps: 2, keys: 1}, p.since(t, before))
		row, data := p.command(t, appeal.TypeWithdrawn)
		require.EqualValues(t, 2, row.Sequence)
		require.Equal(t, number, data["number"])
		require.Error(t, p.apply(t, appeal.Report{Appeal: a.ID, Sequence: 2, State: appeal.UnderReview}), "it is the fund's no more")
	})
}

func TestACommentGoesToTheFundAndNowhereElse(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.admit(t)
		ann := persontest.As(t, p.ann)
		const text = "the diagnosis is J06.9"
		in := draft()
		in.Body = text
		saved, err := p.SaveDraft(ann, in)
		require.NoError(t, err)
		a, err := p.Submit(ann, submit(saved.ID))
		require.NoError(t, err)
		before := p.traces(t)
		p.clock.Advance(time.Minute)
		a, err = p.Comment(ann, appeal.CommentInput{ID: a.ID, Text: text, IdempotencyKey: uuid.NewString()})
		require.NoError(t, err)
		require.Equal(t, appeal.Submitted, a.State)
		require.Equal(t, p.clock.Now(), a.UpdatedAt)
		require.Equal(t, traces{sequence: 1, entries: 1, keys: 1}, p.since(t, before))
		messages, err := p.Messages(ann, a)
		require.NoError(t, err)
		require.Equal(t, []*appeal.Message{{Author: appeal.Citizen, Body: text, SentAt: p.clock.Now()}}, messages)
		_, data := p.command(t, appeal.TypeCommented)
		require.Equal(t, text, data["text"])

		for _, table := range []string{
			"appeals", "appeal_messages", "appeal_steps", "commands", "feed_events", "audit_entries", "idempotency_records", "persons",
		} {
			dump := p.dump(t, table)
			require.NotEmpty(t, dump, table)
			for _, secret := range []string{"J06.9", "anna@example.org", "11223344595", "Петрова"} {
				require.NotContains(t, dump, secret, table)
			}
		}
	})
}

// dump is all that a table holds.
func (p *place) dump(t *testing.T, table string) string {
	t.Helper()
	rows, err := p.store.DB().QueryContext(t.Context(), "SELECT * FROM "+table)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var all strings.Builder
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		require.NoError(t, rows.Scan(targets...))
		for _, v := range values {
			fmt.Fprintf(&all, "%s %v\n", v, v)
		}
	}
	require.NoError(t, rows.Err())
	return all.String()
}

func TestACommentHasALength(t *testing.T) {
	for text, want := range map[string]fault.InputCode{
		"": fault.Required, " \n": fault.Required, strings.Repeat("я", 4001): fault.TooLong,
	} {
		err := appeal.CommentInput{ID: ref.Of(ref.Appeal, uuid.New()), Text: text}.Validate()
		requireFaults(t, err, map[string]fault.InputCode{"text": want})
	}
	require.NoError(t, appeal.CommentInput{ID: ref.Of(ref.Appeal, uuid.New()), Text: strings.Repeat("я", 4000)}.Validate())
}

func TestWhatAStateAllows(t *testing.T) {
	for _, state := range appeal.States() {
		require.Equal(t, state == appeal.Draft || state == appeal.NeedsCorrection, state.IsEditable(), state)
		open := state == appeal.Submitted || state == appeal.Registered || state == appeal.UnderReview || state == appeal.NeedsCorrection
		require.Equal(t, open, state.IsOpen(), state)
	}
}
