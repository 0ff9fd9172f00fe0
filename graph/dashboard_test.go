package graph_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// dashboard is what the start page of the browser app asks for.
const dashboard = `query Dashboard($leaves: Int, $benefits: Int, $appeals: Int) {
  viewer {
    accessLevel
    feedCursor
    person { id fullName snils inn passport { series number } phone { value confirmed } email { value } addresses { kind text } }
    sickLeaves(first: $leaves) { nodes { id number state stateText reason diagnosis startsOn endsOn days clinic { name } periods { startsOn endsOn doctorName } employer { name averageEarnings { amount } } payment { total { amount currency } paidOn } } pageInfo { hasNextPage endCursor } }
    benefits(first: $benefits) { nodes { id type state amount { amount } accruals { amount { amount } withheld { amount } paidOn } sickLeave { id number } } }
    appeals(first: $appeals) { nodes { id number kind state subject specialist dueOn timeline { from to comment occurredAt actor } attachments { version { fileName size mediaType documentTitle url } attachedAt } } }
  }
}`

// The statements of the dashboard: position of the feed, person, leaves and their periods, benefits, their accruals and
// their leaves (none is asked for if no benefit on the page is for one), appeals, their timelines and attachments.
const dashboardStatements = 10

func TestDashboardTakesAFixedNumberOfStatements(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		for _, size := range []int{6, 10, 12} {
			before := c.statements.Load()
			data := c.query(ivanova, dashboard, map[string]any{"leaves": size, "benefits": size / 2, "appeals": size / 2})
			require.EqualValues(t, dashboardStatements, c.statements.Load()-before, "with %d sick leaves", size)
			require.Len(t, at[[]any](t, data, "viewer", "sickLeaves", "nodes"), size)
			require.Len(t, at[[]any](t, data, "viewer", "appeals", "nodes"), size/2)
		}
	})
}

// No list takes more statements for more items.
func TestListsTakeTheSameStatementsForAnyLength(t *testing.T) {
	lists := map[string]string{
		"sickLeaves": `nodes { id diagnosis periods { doctorName } } edges { cursor node { periods { startsOn } } } totalCount`,
		"benefits":   `nodes { id accruals { accruedOn } sickLeave { number periods { startsOn } } } totalCount`,
		"appeals":    `nodes { id body timeline { to } messages { body } attachments { version { number documentTitle } } } totalCount`,
		"documents":  `nodes { id currentVersion { number } versions { number url } } edges { node { currentVersion { sha256 } } } totalCount`,
	}
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		for field, selection := range lists {
			taken := make(map[int]int64)
			for _, size := range []int{2, 8} {
				before := c.statements.Load()
				data := c.query(ivanova, fmt.Sprintf(`{ viewer { %s(first: %d) { %s } } }`, field, size, selection), nil)
				require.Len(t, at[[]any](t, data, "viewer", field, "nodes"), size, field)
				taken[size] = c.statements.Load() - before
			}
			require.Equal(t, taken[2], taken[8], field)
			require.LessOrEqual(t, taken[8], int64(8), field)
		}
	})
}
