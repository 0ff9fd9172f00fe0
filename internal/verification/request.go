package verification

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/verification"
	"kabinet/internal/audit"
	documents "kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/person"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// RequestInput is a request to be made.
type RequestInput struct {
	PassportScan   ref.Ref // a document
	SnilsScan      ref.Ref // another one
	IdempotencyKey string  `json:"-"`
}

// Validate finds the faults of the input that show without looking anything up, as a fault.Invalid, and those of its key.
func (in RequestInput) Validate() error {
	var faults fault.Invalid
	if in.PassportScan.Kind != ref.Document {
		faults.Add(fault.Unknown, unknownDocument(), "passportScan")
	}
	if in.SnilsScan.Kind != ref.Document {
		faults.Add(fault.Unknown, unknownDocument(), "snilsScan")
	}
	if len(faults) == 0 && in.PassportScan == in.SnilsScan {
		faults.Add(fault.InConflict, locale.Text{
			Ru: "Это тот же документ, что и скан паспорта. Выберите скан СНИЛС.",
			En: "This is the same document as the scan of the passport. Choose the scan of the SNILS card.",
		}, "snilsScan")
	}
	if len(faults) > 0 {
		return faults
	}
	return idempotency.Check(in.IdempotencyKey)
}

func unknownDocument() locale.Text {
	return locale.Text{
		Ru: "Такого документа нет. Обновите список документов и выберите снова.",
		En: "There is no such document. Reload the list of documents and choose again.",
	}
}

// Request has the viewer's identity examined by the scans, in their present versions. Its faults are a fault.Invalid;
// then nothing is kept.
func (s *Service) Request(ctx context.Context, in RequestInput) (*Verification, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	p, err := s.people.Viewer(ctx)
	if err != nil {
		return nil, err
	}
	var made ref.Ref
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		made, _, err = idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: p.ID.ID, Operation: "requestVerification", Key: in.IdempotencyKey, Input: in,
		}, func() (ref.Ref, error) { return s.request(ctx, tx, p, in) })
		return err
	}); err != nil {
		return nil, err
	}
	return s.Get(ctx, made.ID)
}

// request runs in the transaction, under the owner's lock.
func (s *Service) request(ctx context.Context, tx *storage.Tx, p *person.Person, in RequestInput) (ref.Ref, error) {
	if err := s.mayRequest(ctx, tx, p); err != nil {
		return ref.Ref{}, err
	}
	scans, err := documents.PresentVersions(ctx, tx, p.ID.ID, in.PassportScan.ID, in.SnilsScan.ID)
	if err != nil {
		return ref.Ref{}, err
	}
	var faults fault.Invalid
	passport, snils := scans[in.PassportScan.ID], scans[in.SnilsScan.ID]
	faults = append(faults, judge(passport, fitsPassport, "passportScan")...)
	faults = append(faults, judge(snils, fitsSnils, "snilsScan")...)
	if phone := p.Phone(); phone == nil || !phone.Confirmed {
		faults.Add(fault.Required, phoneNeeded())
	}
	if err := faults.OrNil(); err != nil {
		return ref.Ref{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return ref.Ref{}, fmt.Errorf("request verification: %w", err)
	}
	sealed, err := seal.SealJSON(s.sealer, faultsPlace, id, examination{Fingerprint: p.Fingerprint()})
	if err != nil {
		return ref.Ref{}, fmt.Errorf("request verification: %w", err)
	}
	now := s.clock.Now()
	if err := tx.Verification.Create().SetID(id).SetOwnerID(p.ID.ID).SetState(string(Submitted)).
		SetPassportVersionID(passport.Version).SetSnilsVersionID(snils.Version).SetFaults(sealed).
		SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("request verification: %w", err)
	}
	subject, to := ref.Of(ref.Verification, id), string(Submitted)
	if err := s.feed.Record(ctx, tx, feed.Change{Owner: p.ID.ID, Subject: subject, To: &to}); err != nil {
		return ref.Ref{}, err
	}
	return subject, s.journal.Write(ctx, tx, audit.Entry{Owner: p.ID.ID, Action: "verification.request", Subject: subject})
}

// mayRequest tells whether the person may make a request at all: none that is confirmed, and one at a time.
func (s *Service) mayRequest(ctx context.Context, tx *storage.Tx, p *person.Person) error {
	rows, err := tx.Verification.Query().
		Where(verification.OwnerID(p.ID.ID), verification.StateIn(string(Submitted), string(Confirmed))).All(ctx)
	if err != nil {
		return fmt.Errorf("request verification: %w", err)
	}
	var waiting, confirmed []*ent.Verification
	for _, row := range rows {
		if State(row.State) == Submitted {
			waiting = append(waiting, row)
		} else {
			confirmed = append(confirmed, row)
		}
	}
	holds, err := s.holds(confirmed, p)
	if err != nil {
		return err
	}
	var faults fault.Invalid
	switch {
	case p.Confirmed || holds:
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "Личность уже подтверждена. Если доступ ограничен, войдите снова.",
			En: "The identity is confirmed already. If access is restricted, sign in again.",
		})
	case len(waiting) > 0:
		faults.Add(fault.InConflict, locale.Text{
			Ru: "Запрос уже отправлен. Дождитесь решения фонда.",
			En: "A request was made already. Wait for the fund's verdict.",
		})
	}
	return faults.OrNil()
}

// judge tells what is wrong with a scan.
func judge(scan documents.Present, fits func(documents.Kind) bool, path string) fault.Invalid {
	var faults fault.Invalid
	switch {
	case scan.Version == uuid.Nil:
		faults.Add(fault.Unknown, unknownDocument(), path)
	case !fits(scan.Kind):
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "Документ этого вида не подходит. Выберите скан с видом «Удостоверение личности» (для СНИЛС также «Справка»).",
			En: "A document of this kind does not fit. Choose a scan that is an identity document (for the SNILS also a certificate).",
		}, path)
	}
	return faults
}
