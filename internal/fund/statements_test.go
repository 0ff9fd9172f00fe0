package fund_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fund"
)

// words are what tells a statement of the boundary from others: the verb and the table.
var words = regexp.MustCompile("^(BEGIN|COMMIT|SET|SELECT pg_advisory)|^(INSERT|UPDATE|SELECT|DELETE).*?[\"`]([a-z_]+_?(?:s|status))[\"`](?: |\\.)")

// statements are those since the last call, in short: the verb and the first table.
func (b *boundary) statements(t *testing.T) []string {
	t.Helper()
	var short []string
	for _, statement := range b.seen.Take() {
		found := words.FindStringSubmatch(statement)
		require.NotNil(t, found, statement)
		short = append(short, strings.TrimSpace(found[1]+found[2]+" "+found[3]))
	}
	return short
}

func TestTheStatementsOfAnEvent(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		b.seen.Take()
		for _, step := range []struct {
			event map[string]any
			want  fund.Outcome
			does  []string
		}{
			{leaf("a", number, "2", "020"), fund.Applied, []string{
				"BEGIN", "UPDATE owners", "SELECT sick_leaves", "UPDATE sick_leaves", "INSERT feed_events", "INSERT fund_events", "COMMIT",
			}},
			{leaf("b", number, "1", "030"), fund.Stale, []string{
				"BEGIN", "UPDATE owners", "SELECT sick_leaves", "UPDATE owners", "INSERT fund_events", "COMMIT",
			}},
			{leaf("a", number, "2", "020"), fund.Duplicate, []string{
				"BEGIN", "UPDATE owners", "SELECT sick_leaves", "UPDATE owners", "INSERT fund_events",
				"BEGIN", "SELECT fund_events", "COMMIT",
			}},
			{leaf("c", "910000000002", "1", "030"), fund.Parked, []string{
				"BEGIN", "UPDATE owners", "INSERT fund_events", "COMMIT",
				"BEGIN", "SELECT fund_events", "UPDATE owners", "COMMIT",
			}},
			{event("ru.sfr.unknown", "d", number, "3", `{}`), fund.Refused, []string{"BEGIN", "INSERT fund_events", "COMMIT"}},
		} {
			require.Equal(t, step.want, b.one(t, step.event).Outcome)
			require.Equal(t, step.does, b.statements(t), step.want)
		}
	})
}

// What most events cost must not creep up, and of a batch each costs less.
func TestTheStatementsOfEveryType(t *testing.T) {
	// Those of an event that is applied, all in one transaction, BEGIN and COMMIT among them, and the search for what waits
	// for one that makes something known.
	want := map[string]int{
		fund.TypeSickLeaveIssued: 9, fund.TypeSickLeaveChanged: 7,
		fund.TypeBenefitStarted: 9, fund.TypeBenefitChanged: 7, fund.TypeBenefitAccrued: 8, fund.TypeBenefitNotice: 7,
		fund.TypeAppealChanged: 8, fund.TypeAppealRegistered: 8, fund.TypeAppealAssigned: 7, fund.TypeAppealCommented: 8,
		fund.TypeAppealDeficiencies: 9, fund.TypeAppealDecided: 9,
		fund.TypeDocumentVerdict: 8, fund.TypeVerificationVerdict: 11, fund.TypeClarificationAnswered: 8,
		fund.TypeInsuredChanged: 11, fund.TypeContributionReported: 8, fund.TypeDeadlineSet: 8,
		fund.TypeAnnouncementPublished: 6, fund.TypeMaintenancePlanned: 5, fund.TypeSystemStatus: 5,
	}
	table := kinds()
	require.Len(t, want, len(table))
	for name, k := range table {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *boundary) {
				b.meetAnn(t)
				subject := k.subject(t, b)
				b.seen.Take()
				require.Equal(t, fund.Applied, b.one(t, event(name, "a", subject, "12", k.data(subject, 2))).Outcome)
				most := want[name]
				if k.nobodys && b.store.Dialect() == dialect.Postgres {
					most++ // the lock in place of an owner's
				}
				does := b.statements(t)
				require.Len(t, does, most, strings.Join(does, ", "))
			})
		})
	}
}

func TestTheStatementsOfABatch(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		const events = 32
		var list []any
		for i := range events {
			subject := fmt.Sprintf("%012d", i+1)
			b.addLeave(t, subject)
			list = append(list, leaf(fmt.Sprint("e", i), subject, "1", "020"))
		}
		body, err := json.Marshal(list)
		require.NoError(t, err)
		once := []string{"BEGIN", "INSERT fund_events", "COMMIT"}
		again := []string{"BEGIN", "SELECT fund_events", "COMMIT"}
		if b.store.Dialect() == dialect.Postgres { // which has a limit for locks to be set
			once, again = append(once, "SET"), append(again, "SET")
		}
		b.seen.Take()
		results, err := b.send(t, fund.MediaTypeBatch, body)
		require.NoError(t, err)
		for _, result := range results {
			require.Equal(t, fund.Applied, result.Outcome)
		}
		require.Len(t, b.statements(t), 4*events+len(once))

		results, err = b.send(t, fund.MediaTypeBatch, body)
		require.NoError(t, err)
		for _, result := range results {
			require.Equal(t, fund.Duplicate, result.Outcome)
		}
		// That it is the same again is found out at the end of the first transaction, and asked first by the second.
		require.Len(t, b.statements(t), 3*events+len(once)-1+len(again))
	})
}
