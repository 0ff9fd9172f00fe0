package seed

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// insert writes all rows, one statement for a table.
func (r *records) insert(ctx context.Context, tx *storage.Tx) error {
	for _, table := range []struct {
		name   string
		rows   int
		insert func(context.Context, *storage.Tx) error
	}{
		{"sick leaves", len(r.leaves), r.insertLeaves},
		{"treatment periods", len(r.periods), r.insertPeriods},
		{"benefits", len(r.benefits), r.insertBenefits},
		{"accruals", len(r.accruals), r.insertAccruals},
		{"documents", len(r.documents), r.insertDocuments},
		{"versions", len(r.versions), r.insertVersions},
		{"appeals", len(r.appeals), r.insertAppeals},
		{"steps", len(r.steps), r.insertSteps},
		{"messages", len(r.messages), r.insertMessages},
		{"attachments", len(r.attachments), r.insertAttachments},
		{"contributions", len(r.contributions), r.insertContributions},
		{"deadlines", len(r.deadlines), r.insertDeadlines},
		{"clarifications", len(r.clarifications), r.insertClarifications},
		{"commands", len(r.commands), r.insertCommands},
	} {
		if table.rows == 0 {
			continue
		}
		if err := table.insert(ctx, tx); err != nil {
			return fmt.Errorf("insert %s: %w", table.name, err)
		}
	}
	return nil
}

func (r *records) insertLeaves(ctx context.Context, tx *storage.Tx) error {
	return tx.SickLeave.MapCreateBulk(r.leaves, func(c *ent.SickLeaveCreate, i int) {
		l := r.leaves[i]
		c.SetID(l.ID).SetOwnerID(l.OwnerID).SetCreatedAt(l.CreatedAt).SetUpdatedAt(l.UpdatedAt).SetNumber(l.Number).
			SetNillablePreviousNumber(l.PreviousNumber).SetNillableNextNumber(l.NextNumber).
			SetContinuation(l.Continuation).SetDuplicate(l.Duplicate).SetState(l.State).SetReason(l.Reason).
			SetNillableOutcome(l.Outcome).SetDiagnosis(l.Diagnosis).SetIssuedOn(l.IssuedOn).SetStartsOn(l.StartsOn).
			SetClinicName(l.ClinicName).SetNillableClinicAddress(l.ClinicAddress).SetNillableClinicOgrn(l.ClinicOgrn).
			SetNillableEmployerName(l.EmployerName).SetNillableEmployerRegistrationNumber(l.EmployerRegistrationNumber).
			SetNillableEmployment(l.Employment).SetInsuredMonths(l.InsuredMonths).SetNillableAverageEarnings(l.AverageEarnings).
			SetNillableAverageDailyEarnings(l.AverageDailyEarnings).SetNillablePaidByEmployer(l.PaidByEmployer).SetNillablePaidByFund(l.PaidByFund)
		if !l.EndsOn.IsZero() {
			c.SetEndsOn(l.EndsOn)
		}
		if !l.ReturnOn.IsZero() {
			c.SetReturnOn(l.ReturnOn)
		}
		if !l.PaidOn.IsZero() {
			c.SetPaidOn(l.PaidOn)
		}
	}).Exec(ctx)
}

func (r *records) insertPeriods(ctx context.Context, tx *storage.Tx) error {
	return tx.TreatmentPeriod.MapCreateBulk(r.periods, func(c *ent.TreatmentPeriodCreate, i int) {
		p := r.periods[i]
		c.SetOwnerID(p.OwnerID).SetSickLeaveID(p.SickLeaveID).SetOrdinal(p.Ordinal).SetStartsOn(p.StartsOn).SetEndsOn(p.EndsOn).
			SetDoctorName(p.DoctorName).SetNillableDoctorPost(p.DoctorPost).SetNillableCommissionChairman(p.CommissionChairman)
	}).Exec(ctx)
}

func (r *records) insertBenefits(ctx context.Context, tx *storage.Tx) error {
	return tx.Benefit.MapCreateBulk(r.benefits, func(c *ent.BenefitCreate, i int) {
		b := r.benefits[i]
		c.SetID(b.ID).SetOwnerID(b.OwnerID).SetCreatedAt(b.CreatedAt).SetUpdatedAt(b.UpdatedAt).SetNumber(b.Number).
			SetType(b.Type).SetState(b.State).SetNillableSickLeaveID(b.SickLeaveID).SetStartsOn(b.StartsOn).
			SetNillableAmount(b.Amount).SetNillableNotice(b.Notice)
		if !b.EndsOn.IsZero() {
			c.SetEndsOn(b.EndsOn)
		}
	}).Exec(ctx)
}

func (r *records) insertAccruals(ctx context.Context, tx *storage.Tx) error {
	return tx.Accrual.MapCreateBulk(r.accruals, func(c *ent.AccrualCreate, i int) {
		x := r.accruals[i]
		c.SetOwnerID(x.OwnerID).SetBenefitID(x.BenefitID).SetStartsOn(x.StartsOn).SetEndsOn(x.EndsOn).
			SetAmount(x.Amount).SetWithheld(x.Withheld).SetAccruedOn(x.AccruedOn)
		if !x.PaidOn.IsZero() {
			c.SetPaidOn(x.PaidOn)
		}
	}).Exec(ctx)
}

func (r *records) insertDocuments(ctx context.Context, tx *storage.Tx) error {
	return tx.Document.MapCreateBulk(r.documents, func(c *ent.DocumentCreate, i int) {
		d := r.documents[i]
		c.SetID(d.ID).SetOwnerID(d.OwnerID).SetCreatedAt(d.CreatedAt).SetUpdatedAt(d.UpdatedAt).SetTitle(d.Title).
			SetKind(d.Kind).SetState(d.State).SetNillableVerdict(d.Verdict).SetCurrentVersion(d.CurrentVersion)
	}).Exec(ctx)
}

func (r *records) insertVersions(ctx context.Context, tx *storage.Tx) error {
	return tx.DocumentVersion.MapCreateBulk(r.versions, func(c *ent.DocumentVersionCreate, i int) {
		v := r.versions[i]
		c.SetID(v.ID).SetOwnerID(v.OwnerID).SetDocumentID(v.DocumentID).SetNumber(v.Number).SetFileName(v.FileName).
			SetMediaType(v.MediaType).SetSize(v.Size).SetSha256(v.Sha256).SetBlobKey(v.BlobKey).SetCreatedAt(v.CreatedAt)
	}).Exec(ctx)
}

func (r *records) insertAppeals(ctx context.Context, tx *storage.Tx) error {
	return tx.Appeal.MapCreateBulk(r.appeals, func(c *ent.AppealCreate, i int) {
		p := r.appeals[i]
		c.SetID(p.ID).SetOwnerID(p.OwnerID).SetCreatedAt(p.CreatedAt).SetUpdatedAt(p.UpdatedAt).SetNillableNumber(p.Number).
			SetKind(p.Kind).SetState(p.State).SetSubject(p.Subject).SetBody(p.Body).SetNillableSpecialist(p.Specialist).
			SetNillableSubmittedAt(p.SubmittedAt).SetNillableRegisteredAt(p.RegisteredAt)
		if !p.DueOn.IsZero() {
			c.SetDueOn(p.DueOn)
		}
	}).Exec(ctx)
}

func (r *records) insertSteps(ctx context.Context, tx *storage.Tx) error {
	return tx.AppealStep.MapCreateBulk(r.steps, func(c *ent.AppealStepCreate, i int) {
		s := r.steps[i]
		c.SetOwnerID(s.OwnerID).SetAppealID(s.AppealID).SetNillableFrom(s.From).SetTo(s.To).SetNillableComment(s.Comment).
			SetActor(s.Actor).SetOccurredAt(s.OccurredAt)
	}).Exec(ctx)
}

func (r *records) insertMessages(ctx context.Context, tx *storage.Tx) error {
	return tx.AppealMessage.MapCreateBulk(r.messages, func(c *ent.AppealMessageCreate, i int) {
		m := r.messages[i]
		c.SetID(m.ID).SetOwnerID(m.OwnerID).SetAppealID(m.AppealID).SetAuthor(m.Author).SetNillableAuthorName(m.AuthorName).
			SetBody(m.Body).SetSentAt(m.SentAt)
	}).Exec(ctx)
}

func (r *records) insertAttachments(ctx context.Context, tx *storage.Tx) error {
	return tx.AppealAttachment.MapCreateBulk(r.attachments, func(c *ent.AppealAttachmentCreate, i int) {
		t := r.attachments[i]
		c.SetOwnerID(t.OwnerID).SetAppealID(t.AppealID).SetVersionID(t.VersionID).SetAttachedAt(t.AttachedAt)
	}).Exec(ctx)
}

func (r *records) insertContributions(ctx context.Context, tx *storage.Tx) error {
	return tx.Contribution.MapCreateBulk(r.contributions, func(c *ent.ContributionCreate, i int) {
		x := r.contributions[i]
		c.SetID(x.ID).SetOwnerID(x.OwnerID).SetCreatedAt(x.CreatedAt).SetUpdatedAt(x.UpdatedAt).SetNumber(x.Number).
			SetKind(x.Kind).SetPeriod(x.Period).SetEmployerName(x.EmployerName).
			SetEmployerRegistrationNumber(x.EmployerRegistrationNumber).SetBase(x.Base).SetAmount(x.Amount)
	}).Exec(ctx)
}

func (r *records) insertDeadlines(ctx context.Context, tx *storage.Tx) error {
	return tx.Deadline.MapCreateBulk(r.deadlines, func(c *ent.DeadlineCreate, i int) {
		x := r.deadlines[i]
		c.SetID(x.ID).SetOwnerID(x.OwnerID).SetCreatedAt(x.CreatedAt).SetUpdatedAt(x.UpdatedAt).SetNumber(x.Number).
			SetState(x.State).SetTitle(x.Title).SetDueOn(x.DueOn).SetSubject(x.Subject)
	}).Exec(ctx)
}

func (r *records) insertClarifications(ctx context.Context, tx *storage.Tx) error {
	return tx.Clarification.MapCreateBulk(r.clarifications, func(c *ent.ClarificationCreate, i int) {
		x := r.clarifications[i]
		c.SetID(x.ID).SetOwnerID(x.OwnerID).SetCreatedAt(x.CreatedAt).SetUpdatedAt(x.UpdatedAt).SetSickLeaveID(x.SickLeaveID).
			SetAddressee(x.Addressee).SetState(x.State).SetQuestion(x.Question).SetNillableAnsweredAt(x.AnsweredAt)
		if x.Answer != nil {
			c.SetAnswer(x.Answer)
		}
	}).Exec(ctx)
}

func (r *records) insertCommands(ctx context.Context, tx *storage.Tx) error {
	return tx.Command.MapCreateBulk(r.commands, func(c *ent.CommandCreate, i int) {
		x := r.commands[i]
		c.SetID(x.ID).SetOwnerID(x.OwnerID).SetCreatedAt(x.CreatedAt).SetUpdatedAt(x.UpdatedAt).SetType(x.Type).
			SetSubject(x.Subject).SetSequence(x.Sequence).SetPayload(x.Payload).SetState(x.State).SetAttempts(x.Attempts).
			SetNillableDeliveredAt(x.DeliveredAt)
	}).Exec(ctx)
}

// unannounced is told of what need not be announced: the last event of the transaction is.
type unannounced struct{}

func (unannounced) Announce(uuid.UUID) {}

// tell writes the history into the feed, in the order in which it happened and under its own times, and after it, as of
// now, that the person's data has come. That last event wakes whoever is listening for all of them.
func (r *records) tell(ctx context.Context, tx *storage.Tx, d Deps, person uuid.UUID) error {
	if len(r.events) == 0 {
		return nil
	}
	slices.SortStableFunc(r.events, func(x, y event) int { return x.at.Compare(y.at) })
	past := clock.NewFixed(r.events[0].at)
	history := feed.NewRecorder(past, unannounced{})
	for _, e := range r.events {
		past.Advance(e.at.Sub(past.Now()))
		if err := history.Record(ctx, tx, feed.Change{
			Owner: person, Subject: e.subject, From: e.from, To: e.to, Comment: e.comment,
		}); err != nil {
			return err
		}
	}
	arrived := "Личные данные получены из Госуслуг."
	return d.Feed.Record(ctx, tx, feed.Change{Owner: person, Subject: ref.Of(ref.Person, person), Comment: &arrived})
}
