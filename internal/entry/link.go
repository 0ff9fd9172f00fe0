package entry

import (
	"context"
	"errors"

	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/identifier"
	"kabinet/internal/locale"
	"kabinet/internal/person"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// LinkInput is what links an account to the fund's record.
type LinkInput struct {
	Snils          identifier.Snils
	AccessCode     string // given by the fund
	IdempotencyKey string `json:"-"`
}

// maxCode bounds an access code, in bytes; the fund's have at most 16 characters.
const maxCode = 64

// Validate finds the faults of the input that show without looking anything up, as a fault.Invalid.
func (in LinkInput) Validate() error {
	_, err := in.normal()
	return err
}

func (in LinkInput) normal() (identifier.Snils, error) {
	var faults fault.Invalid
	snils, err := identifier.ParseSnils(string(in.Snils))
	if err != nil {
		faults.Add(fault.Malformed, locale.Text{
			Ru: "Это не СНИЛС. Проверьте 11 цифр по карточке.",
			En: "This is not a SNILS. Compare its 11 digits with the card.",
		}, "snils")
	}
	switch code := person.NormalCode(in.AccessCode); {
	case code == "":
		faults.Add(fault.Required, locale.Text{
			Ru: "Введите код доступа, который выдал фонд.",
			En: "Enter the access code that the fund has given you.",
		}, "accessCode")
	case len(code) > maxCode:
		faults.Add(fault.TooLong, locale.Text{
			Ru: "Это не код доступа: он короче. Введите код, который выдал фонд.",
			En: "This is not an access code: one is shorter. Enter the code that the fund has given you.",
		}, "accessCode")
	}
	return snils, faults.OrNil()
}

// wrong is the one answer to a wrong number, a wrong code, one that has served, and a fund that knows nobody.
func wrong() error {
	var faults fault.Invalid
	faults.Add(fault.NotAllowed, locale.Text{
		Ru: "СНИЛС и код доступа не подошли. Проверьте их или запросите новый код в фонде.",
		En: "The SNILS and the access code do not fit. Check them, or ask the fund for a new code.",
	}, "accessCode")
	return faults
}

// What a guess was, told within this package.
var (
	// errWrong: one that is to be counted.
	errWrong = errors.New("entry: the SNILS and the access code do not fit")
	// errAgain: none, but a success of before under its key. It says nothing of the guesses since.
	errAgain = errors.New("entry: the account was linked under this key")
)

// Link links the viewer's account to the fund's record of them. The account must be confirmed: only then is its SNILS
// proved. A failure is counted and stands although the answer is an error. The retry of a success is answered the same,
// and neither counts nor ends failures.
func (s *Service) Link(ctx context.Context, in LinkInput) error {
	snils, err := in.normal()
	if err != nil {
		return err
	}
	in.Snils, in.AccessCode = snils, person.NormalCode(in.AccessCode)
	p, err := s.people.Viewer(ctx)
	switch {
	case err != nil:
		return err
	case !p.Confirmed:
		return fault.ErrAccessLevel
	}
	counted := false
	err = s.guess(ctx, p.ID.ID, func(ctx context.Context, tx *storage.Tx) (right bool, err error) {
		_, again, err := idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: p.ID.ID, Operation: "linkFundRecord", Key: in.IdempotencyKey, Input: in,
		}, func() (ref.Ref, error) { return s.link(ctx, tx, p.ID, snils, in.AccessCode) })
		if counted = errors.Is(err, errWrong); counted {
			return false, nil
		}
		if err == nil && again {
			return false, errAgain
		}
		return err == nil, err
	})
	switch {
	case errors.Is(err, errAgain):
		return nil
	case err == nil || !counted:
		return err
	}
	if refusal, ok := errors.AsType[*fault.Error](err); ok && refusal.Code == fault.RateLimited {
		return err // it was one too many
	}
	return wrong()
}

// link runs in the transaction, under the owner's lock.
func (s *Service) link(ctx context.Context, tx *storage.Tx, subject ref.Ref, snils identifier.Snils, code string) (ref.Ref, error) {
	outcome, err := s.people.Link(ctx, tx, subject.ID, snils, code)
	if err != nil {
		return ref.Ref{}, err
	}
	switch outcome {
	case person.LinkWrong:
		return ref.Ref{}, s.refuse(ctx, tx, subject)
	case person.LinkAlready:
		var faults fault.Invalid
		faults.Add(fault.OutOfSequence, locale.Text{
			Ru: "Учётная запись уже связана с записью фонда.",
			En: "The account is linked to the fund's record already.",
		})
		return ref.Ref{}, faults
	case person.LinkDone:
	}
	if err := s.feed.Record(ctx, tx, feed.Change{Owner: subject.ID, Subject: subject}); err != nil {
		return ref.Ref{}, err
	}
	return subject, s.journal.Write(ctx, tx, audit.Entry{Owner: subject.ID, Action: "record.link", Subject: subject})
}

// refuse notes a wrong attempt in the journal and gives errWrong.
func (s *Service) refuse(ctx context.Context, tx *storage.Tx, subject ref.Ref) error {
	if err := s.journal.Write(ctx, tx, audit.Entry{
		Owner: subject.ID, Action: "record.link", Subject: subject, Denied: true, Reason: "WRONG",
	}); err != nil {
		return err
	}
	return errWrong
}
