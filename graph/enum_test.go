package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/graph/model"
	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/benefit"
	"kabinet/internal/clarification"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/entry"
	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/money"
	"kabinet/internal/notice"
	"kabinet/internal/outbox"
	"kabinet/internal/page"
	"kabinet/internal/person"
	"kabinet/internal/session"
	"kabinet/internal/sickleave"
	"kabinet/internal/verification"
)

func names[T ~string](values ...T) []string {
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = string(v)
	}
	return text
}

// enumerations are those of the API as the program knows them, in the order of the schema.
func enumerations() map[string][]string {
	return map[string][]string{
		"AccessLevel":             names(model.AllAccessLevel...),
		"SubjectKind":             names(model.AllSubjectKind...),
		"Gender":                  names(identity.Male, identity.Female),
		"AddressKind":             names(identity.Registration, identity.Residence),
		"SessionKind":             names(session.Browser, session.Mobile),
		"LoginMethod":             names(identity.Password, identity.Signature, identity.Other),
		"EntryState":              names(model.AllEntryState...),
		"EntryStepKind":           names(entry.StepKinds()...),
		"TermsDocument":           names(entry.Documents()...),
		"SetUpStepKind":           names(entry.SetUps()...),
		"RequiredField":           names(person.Fields()...),
		"ComparedField":           names(person.AllCompared()...),
		"MendedAt":                names(person.AllMendedAt()...),
		"DataSource":              names(person.Sources()...),
		"ContactKind":             names(person.ContactKinds()...),
		"VerificationState":       names(verification.States()...),
		"VerificationField":       names(verification.Fields()...),
		"ConfirmedBy":             names(model.AllConfirmedBy...),
		"JournalAction":           names(audit.Actions()...),
		"JournalActor":            names(audit.Self, audit.Other, audit.System),
		"JournalOrderField":       names(audit.ByOccurredAt),
		"Currency":                names(money.RUB),
		"OrderDirection":          names(page.Ascending, page.Descending),
		"SickLeaveState":          names(sickleave.States()...),
		"SickLeaveReason":         names(sickleave.Reasons()...),
		"SickLeaveOutcome":        names(sickleave.Outcomes()...),
		"SickLeaveOrderField":     names(sickleave.ByIssuedOn, sickleave.ByUpdatedAt),
		"BenefitState":            names(benefit.States()...),
		"BenefitType":             names(benefit.Types()...),
		"BenefitOrderField":       names(benefit.ByStartsOn, benefit.ByUpdatedAt),
		"AppealState":             names(appeal.States()...),
		"AppealKind":              names(appeal.Kinds()...),
		"AppealActor":             names(appeal.Actors()...),
		"AppealOrderField":        names(appeal.ByCreatedAt, appeal.ByUpdatedAt),
		"DocumentState":           names(document.States()...),
		"DocumentKind":            names(document.Kinds()...),
		"DocumentOrderField":      names(document.ByCreatedAt, document.ByUpdatedAt),
		"DeliveryState":           names(outbox.States()...),
		"DeliveryError":           names(outbox.ErrorCodes()...),
		"ClarificationAddressee":  names(clarification.Addressees()...),
		"ClarificationState":      names(clarification.States()...),
		"ClarificationOrderField": names(clarification.ByAskedAt),
		"DeadlineState":           names(deadline.States()...),
		"DeadlineOrderField":      names(deadline.ByDueOn),
		"ContributionKind":        names(contribution.Kinds()...),
		"ContributionOrderField":  names(contribution.ByPeriod),
		"Importance":              names(notice.Importances()...),
		"AnnouncementOrderField":  names(notice.ByPublishedAt),
		"System":                  names(notice.Systems()...),
		"SystemState":             names(notice.States()...),
		"SessionEndCause":         names(session.EndCauses()...),
		"UserErrorCode": names(fault.Required, fault.TooLong, fault.Malformed, fault.NotAllowed, fault.Unknown,
			fault.InConflict, fault.OutOfSequence),
	}
}

func TestEveryEnumerationIsWhatTheProgramKnows(t *testing.T) {
	known := enumerations()
	for _, d := range own(published(t)) {
		if d.Kind != ast.Enum {
			continue
		}
		var values []string
		for _, v := range d.EnumValues {
			values = append(values, v.Name)
		}
		require.Equal(t, known[d.Name], values, d.Name)
		delete(known, d.Name)
	}
	require.Empty(t, known, "no enumeration of the API any more")
}

// Every order that the API names is one that the lists have.
func TestEveryOrderIsServed(t *testing.T) {
	lists := map[string]string{
		"sickLeaves": "SickLeaveOrderField", "benefits": "BenefitOrderField", "appeals": "AppealOrderField", "documents": "DocumentOrderField",
		"journal": "JournalOrderField", "deadlines": "DeadlineOrderField", "clarifications": "ClarificationOrderField", "contributions": "ContributionOrderField",
	}
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		c.begin(t, ivanova, session.Browser, "whose beginning is journalled")
		for list, fields := range lists {
			for _, field := range enumerations()[fields] {
				for _, direction := range enumerations()["OrderDirection"] {
					data := c.query(ivanova, "{ viewer { "+list+"(first: 2, orderBy: {field: "+field+", direction: "+direction+"}) { nodes { __typename } } } }", nil)
					require.Len(t, at[[]any](t, data, "viewer", list, "nodes"), 2, "%s by %s", list, field)
				}
			}
		}
	})
}
