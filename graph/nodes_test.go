package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/ref"
	"kabinet/internal/viewer"
)

const nodesQuery = `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id
	... on SickLeave { diagnosis periods { startsOn } }
	... on Benefit { accruals { accruedOn } sickLeave { number } }
	... on Appeal { body timeline { to } messages { body } attachments { version { number } } }
	... on Document { currentVersion { number } versions { number } } } }`

// idsOf gives the ids of everything that a person's lists have, one of each list in turn, and of the person first.
func (c *cabinet) idsOf(t *testing.T, v viewer.Viewer) []string {
	t.Helper()
	data := c.query(v, `{ viewer { person { id } sickLeaves(first: 100) { nodes { id } } benefits(first: 100) { nodes { id } }
		appeals(first: 100) { nodes { id } } documents(first: 100) { nodes { id } } } }`, nil)
	ids := []string{at[string](t, data, "viewer", "person", "id")}
	for i, more := 0, true; more; i++ {
		more = false
		for _, list := range []string{"sickLeaves", "benefits", "appeals", "documents"} {
			nodes := at[[]any](t, data, "viewer", list, "nodes")
			if i < len(nodes) {
				ids, more = append(ids, at[string](t, nodes[i], "id")), true
			}
		}
	}
	return ids
}

// The statements of nodesQuery for all kinds: a person, and for four kinds the things and their relations (periods;
// accruals, leaves; timeline, messages, attachments; versions).
const nodesStatements = 1 + 4 + 1 + 2 + 3 + 1

func TestNodesTakeTheSameStatementsForAnyNumberOfIDs(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		owned := c.idsOf(t, ivanova)
		require.Greater(t, len(owned), 40)
		hundred := append([]string{}, owned...)
		for len(hundred) < 100 { // again and again the same
			hundred = append(hundred, owned[:min(len(owned), 100-len(hundred))]...)
		}
		for _, ids := range [][]string{owned[:41], owned, hundred} {
			before := c.statements.Load()
			data := c.query(ivanova, nodesQuery, map[string]any{"ids": ids})
			require.EqualValues(t, nodesStatements, c.statements.Load()-before, "%d ids", len(ids))
			got := at[[]any](t, data, "nodes")
			require.Len(t, got, len(ids))
			for i, id := range ids {
				require.Equal(t, id, at[string](t, got[i], "id"), "in the order of the ids")
			}
		}
	})
}

func TestNodesThatAreMissingAreToldTenTimesAtMost(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		petrov := c.as("petrov")
		ids := make([]string, 100)
		for i := range ids {
			kind := []ref.Kind{ref.SickLeave, ref.Person, ref.Session, ref.Organisation}[i%4]
			ids[i] = ref.Of(kind, uuid.New()).String()
		}
		ids[50] = c.firstLeaf(t, "petrov")
		before := c.statements.Load()
		a := c.ask(petrov, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": ids})
		require.LessOrEqual(t, c.statements.Load()-before, int64(2), "leaves and sessions")
		require.Len(t, a.Errors, 10)
		for i, e := range a.Errors {
			require.Equal(t, "NOT_FOUND", e.Extensions.Code)
			require.Equal(t, []any{"nodes", float64(i)}, e.Path)
		}
		for i, node := range at[[]any](t, a.Data, "nodes") {
			require.Equal(t, i == 50, node != nil, "%d", i)
		}

		tooMany := c.ask(petrov, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": slices.Concat(ids, ids[:1])})
		require.Len(t, tooMany.Errors, 1)
		require.Equal(t, "BAD_INPUT", tooMany.Errors[0].Extensions.Code)
	})
}

func TestNobodyGetsAShortAnswerHoweverMuchIsAsked(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ids := make([]string, 100)
		for i := range ids {
			ids[i] = ref.Of(ref.Appeal, uuid.New()).String()
		}
		for _, n := range []int{1, 20} {
			var fields strings.Builder
			for i := range n {
				fmt.Fprintf(&fields, "a%d: nodes(ids: $ids) { id } ", i)
			}
			before := c.statements.Load()
			a := c.ask(viewer.Viewer{}, "query($ids: [ID!]!) { "+fields.String()+"}", map[string]any{"ids": ids})
			require.Len(t, a.Errors, 1)
			require.LessOrEqual(t, len(a.text), 1024)
			require.Zero(t, c.statements.Load()-before)
		}
	})
}

// No client has to read a list in smaller pages because it wants all of the items.
func TestThePagesOfTheGreatestSizeMayAskForEverything(t *testing.T) {
	const version = `version { number fileName mediaType size sha256 url createdAt documentId documentTitle }`
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		for list, selection := range map[string]string{
			"sickLeaves": `id number state stateText reason diagnosis outcome issuedOn startsOn endsOn returnOn days clinic { name address ogrn }
				periods { startsOn endsOn doctorName doctorPost commissionChairman } employer { name insuredMonths averageEarnings { amount currency } }
				payment { byEmployer { amount } byFund { amount } total { amount } paidOn } updatedAt`,
			"benefits": `id number type state stateText startsOn endsOn amount { amount currency } notice updatedAt sickLeave { id number }
				accruals { startsOn endsOn amount { amount } withheld { amount } accruedOn paidOn }`,
			"appeals": `id number kind state stateText subject body specialist createdAt updatedAt submittedAt registeredAt dueOn
				timeline { from to comment actor occurredAt } messages { author authorName body sentAt } attachments { ` + version + ` attachedAt }`,
			"documents": `id title kind state stateText verdict createdAt updatedAt currentVersion { number url }
				versions { number fileName mediaType size sha256 url createdAt }`,
		} {
			data := c.query(ivanova, "{ viewer { "+list+"(first: 100) { nodes { "+selection+" } pageInfo { hasNextPage endCursor } totalCount } } }", nil)
			require.Len(t, at[[]any](t, data, "viewer", list, "nodes"), int(at[float64](t, data, "viewer", list, "totalCount")))
		}
	})
}
