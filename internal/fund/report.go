package fund

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/fault"
	"kabinet/internal/identifier"
	"kabinet/internal/money"
	"kabinet/internal/storage"
)

// The types of events that are understood.
const (
	TypeSickLeaveIssued       = "ru.sfr.sickleave.issued"
	TypeSickLeaveChanged      = "ru.sfr.sickleave.changed"
	TypeBenefitStarted        = "ru.sfr.benefit.started"
	TypeBenefitChanged        = "ru.sfr.benefit.changed"
	TypeBenefitAccrued        = "ru.sfr.benefit.accrued"
	TypeBenefitNotice         = "ru.sfr.benefit.notice"
	TypeAppealChanged         = "ru.sfr.appeal.changed"
	TypeAppealRegistered      = "ru.sfr.appeal.registered"
	TypeAppealAssigned        = "ru.sfr.appeal.assigned"
	TypeAppealCommented       = "ru.sfr.appeal.commented"
	TypeAppealDeficiencies    = "ru.sfr.appeal.deficiencies"
	TypeAppealDecided         = "ru.sfr.appeal.decided"
	TypeDocumentVerdict       = "ru.sfr.document.verdict"
	TypeInsuredChanged        = "ru.sfr.insured.changed"
	TypeVerificationVerdict   = "ru.sfr.verification.verdict"
	TypeClarificationAnswered = "ru.sfr.clarification.answered"
	TypeContributionReported  = "ru.sfr.contribution.reported"
	TypeDeadlineSet           = "ru.sfr.deadline.set"
	TypeAnnouncementPublished = "ru.sfr.announcement.published"
	TypeMaintenancePlanned    = "ru.sfr.maintenance.planned"
	TypeSystemStatus          = "ru.sfr.system.status"
)

// errContents is given when data that fits its schema cannot be read all the same, such as 31 February.
var errContents = errors.New("fund: the data of the event cannot be read")

// application has the domain of an event apply it, and notes in the event whom it waits for or whom it has made known.
type application func(ctx context.Context, tx *storage.Tx, e *Event) error

// applications are the types of events that are understood; docs/events has a schema for each and no other.
func (s *Service) applicationsByType() map[string]application {
	return map[string]application{
		TypeSickLeaveIssued:       s.applyIssue,
		TypeSickLeaveChanged:      s.applySickLeave,
		TypeBenefitStarted:        s.applyStart,
		TypeBenefitChanged:        s.applyBenefit,
		TypeBenefitAccrued:        s.applyAccrual,
		TypeBenefitNotice:         s.applyBenefitNotice,
		TypeAppealChanged:         s.applyAppeal,
		TypeAppealRegistered:      s.applyRegistration,
		TypeAppealAssigned:        s.applyAssignment,
		TypeAppealCommented:       s.applyRemark,
		TypeAppealDeficiencies:    s.applyDeficiencies,
		TypeAppealDecided:         s.applyDecision,
		TypeDocumentVerdict:       s.applyVerdict,
		TypeInsuredChanged:        s.applyInsured,
		TypeVerificationVerdict:   s.applyVerification,
		TypeClarificationAnswered: s.applyAnswer,
		TypeContributionReported:  s.applyContribution,
		TypeDeadlineSet:           s.applyDeadline,
		TypeAnnouncementPublished: s.applyAnnouncement,
		TypeMaintenancePlanned:    s.applyMaintenance,
		TypeSystemStatus:          s.applyHealth,
	}
}

func (s *Service) apply(ctx context.Context, tx *storage.Tx, e *Event) error {
	e.waits, e.made = subjectKey(*e), ""
	return s.applications[e.Type](ctx, tx, e)
}

// read reads the data of an event.
func read[T any](e *Event) (data T, err error) {
	if json.Unmarshal(e.Data, &data) != nil {
		return data, errContents
	}
	return data, nil
}

// person finds the person with a SNILS. An event about somebody unknown waits for them.
func (s *Service) person(ctx context.Context, tx *storage.Tx, e *Event, snils string) (uuid.UUID, error) {
	n, err := identifier.ParseSnils(snils)
	if err != nil {
		return uuid.Nil, errContents
	}
	id, err := s.rooms.People.Known(ctx, tx, n)
	if errors.Is(err, fault.ErrNotFound) {
		e.waits = personKey(n)
	}
	return id, err
}

// moment is a time as the databases keep it; zero stays zero.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func kopecks(d *money.Decimal) (*money.Kopecks, error) {
	if d == nil {
		return nil, nil //nolint:nilnil // an absent amount is no fault
	}
	k, err := d.Kopecks()
	return &k, err
}
