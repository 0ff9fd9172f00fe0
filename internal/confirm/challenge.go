package confirm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kabinet/ent"
	"kabinet/ent/confirmation"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/notify"
	"kabinet/internal/owner"
	"kabinet/internal/storage"
)

const (
	// sendTimeout bounds the sending of a code.
	sendTimeout = 6 * time.Second
	// voidTimeout bounds what is done when it fails.
	voidTimeout = 2 * time.Second
)

// challenge sends a code, unless one was sent a moment ago, and refuses the action until it is answered.
func (s *Service) challenge(ctx context.Context, a *action) error {
	if err := s.mayAttempt(ctx, a.person); err != nil { // somebody who only asks takes the owner's lock, too
		return err
	}
	// The limit may be slow, so it is asked between two transactions; and only if there is something to send.
	out, err := s.ask(ctx, a, "")
	switch {
	case err != nil:
		return err
	case out.refusal != nil:
		return out.refusal
	}
	if s.limits.Send != nil {
		if err := s.limits.Send(ctx, a.person, a.To); err != nil {
			return err
		}
	}
	code, err := newCode()
	if err != nil {
		return err
	}
	if out, err = s.ask(ctx, a, code); err != nil {
		return err
	}
	if out.issued != nil {
		if err := s.send(ctx, a, out.issued, code); err != nil {
			return err
		}
	}
	return out.refusal
}

// outcome is what asking for a confirmation has led to.
type outcome struct {
	refusal error             // what the person is answered; nil when a code has to be sent for that
	issued  *ent.Confirmation // the challenge whose code is to be sent; nil when there is none
}

// ask finds out what there is to answer: that the codes are locked, or the challenge of a moment ago. If there is
// nothing, it makes a challenge of the code, unless that is empty.
func (s *Service) ask(ctx context.Context, a *action, code string) (out outcome, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		l, err := s.takeLock(ctx, tx, a.person, a.secret)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if wait := l.wait(now); wait > 0 {
			out.refusal = locked(wait)
			return s.shut(ctx, tx, l, actionSend)
		}
		row, err := s.standing(ctx, tx, a, now)
		switch {
		case err != nil:
			return err
		case row != nil && now.Before(row.SentAt.Add(ResendInterval)):
			out.refusal = a.required(ErrRequired, row, l, now)
			return nil
		case code == "":
			return nil
		}
		if out.issued, err = s.issue(ctx, tx, a, row, code, now); err != nil {
			return err
		}
		out.refusal = a.required(ErrRequired, out.issued, l, now)
		return s.allow(ctx, tx, a.person, actionSend, a.Operation)
	})
	if err != nil {
		return outcome{}, fmt.Errorf("ask for a confirmation: %w", err)
	}
	return out, nil
}

// standing finds the challenge of the action that waits for its answer; nil if there is none.
func (s *Service) standing(ctx context.Context, tx *storage.Tx, a *action, now time.Time) (*ent.Confirmation, error) {
	row, err := s.challenges(tx, a, now).Where(confirmation.UsedAtIsNil()).Order(ent.Desc(confirmation.FieldSentAt)).First(asSystem(ctx))
	switch {
	case ent.IsNotFound(err):
		return nil, nil //nolint:nilnil // there is none
	case err != nil:
		return nil, fmt.Errorf("find challenge: %w", err)
	}
	return row, nil
}

// challenges are those that an answer to the action can be for: of this person, session, operation, input and address,
// and in time.
func (s *Service) challenges(tx *storage.Tx, a *action, now time.Time) *ent.ConfirmationQuery {
	return tx.Confirmation.Query().Where(
		confirmation.OwnerID(a.person), confirmation.SessionID(a.session), confirmation.Operation(a.Operation),
		confirmation.PayloadHashIn(s.sealer.Lookups(payloadPlace, a.bound())...),
		confirmation.ExpiresAtGT(now),
	)
}

// issue makes a challenge of the code, or gives a standing one this code in place of its last.
func (s *Service) issue(ctx context.Context, tx *storage.Tx, a *action, standing *ent.Confirmation, code string, now time.Time) (*ent.Confirmation, error) {
	ctx = asSystem(ctx)
	if standing != nil {
		row, err := tx.Confirmation.UpdateOne(standing).
			SetCodeHash(s.sealer.Lookup(codePlace, boundCode(standing.ID, code))).
			AddSent(1).SetSentAt(now).SetExpiresAt(now.Add(Lifetime)).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("renew challenge: %w", err)
		}
		return row, nil
	}
	id, err := newID()
	if err != nil {
		return nil, err
	}
	row, err := tx.Confirmation.Create().SetID(id).SetOwnerID(a.person).SetSessionID(a.session).SetOperation(a.Operation).
		SetPayloadHash(s.sealer.Lookup(payloadPlace, a.bound())).SetCodeHash(s.sealer.Lookup(codePlace, boundCode(id, code))).
		SetChannel(string(a.To.Channel)).SetCreatedAt(now).SetSentAt(now).SetExpiresAt(now.Add(Lifetime)).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("make challenge: %w", err)
	}
	return row, nil
}

// required refuses the action with the challenge that it waits for.
func (a *action) required(shown *fault.Error, row *ent.Confirmation, l lock, now time.Time) *Required {
	return &Required{
		Challenge: Challenge{
			ID: row.ID.String(), Input: a.Input, Channel: a.To.Channel, SentTo: a.masked, ExpiresAt: row.ExpiresAt,
			AttemptsLeft: l.left(), ResendAfter: row.SentAt.Add(ResendInterval),
		},
		shown: shown, now: now,
	}
}

// send sends the code of a challenge that is committed. A challenge whose code was not sent is void.
func (s *Service) send(ctx context.Context, a *action, row *ent.Confirmation, code string) error {
	// Who asked may be gone by now. The challenge stands all the same, and asking again will not send for a while.
	ctx = context.WithoutCancel(ctx)
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	failure := s.sender.Send(sending, a.message(locale.FromContext(ctx), code))
	if failure == nil {
		return nil
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "confirmation code not sent",
		slog.String("channel", string(a.To.Channel)), slog.String("operation", a.Operation), slog.Any("error", failure))
	return ErrNotSent.Because(errors.Join(failure, s.void(ctx, a, row)))
}

// void ends a challenge, unless another code was sent for it meanwhile.
func (s *Service) void(ctx context.Context, a *action, row *ent.Confirmation) error {
	ctx, cancel := context.WithTimeout(ctx, voidTimeout)
	defer cancel()
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := owner.Lock(ctx, tx, a.person); err != nil {
			return err
		}
		if err := tx.Confirmation.Update().Where(confirmation.ID(row.ID), confirmation.Sent(row.Sent)).
			SetExpiresAt(s.clock.Now()).Exec(asSystem(ctx)); err != nil {
			return err
		}
		return s.deny(ctx, tx, a.person, actionSend, reasonNotSent, a.Operation)
	}); err != nil {
		return fmt.Errorf("void challenge: %w", err)
	}
	return nil
}

// message is what the person reads: first the code, so that a preview of the message shows it, then what it is for.
func (a *action) message(l locale.Language, code string) notify.Message {
	text := locale.Text{
		Ru: code + " — код для подтверждения: " + a.Title.Ru + ". Никому не сообщайте код.",
		En: code + " is the code to confirm: " + a.Title.En + ". Do not tell anyone the code.",
	}
	m := notify.Message{Channel: a.To.Channel, Address: a.To.Address, Text: text.In(l)}
	if a.To.Channel == notify.Email {
		m.Subject = locale.Text{Ru: "Код подтверждения", En: "Confirmation code"}.In(l)
	}
	return m
}
