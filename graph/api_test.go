package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent/appeal"
	"kabinet/internal/ref"
	"kabinet/internal/viewer"
)

// secret is a piece of input that must come back in no answer and stand in no log.
const secret = "112-233-445 95"

func TestBadInputIsRefusedAndNotEchoed(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		for name, test := range map[string]struct{ body, code string }{
			"malformed JSON":         {`{"query": "{ viewer `, "BAD_INPUT"},
			"malformed with secret":  {`{"query": "` + secret + `", `, "BAD_INPUT"},
			"a batch":                {`[{"query":"{ viewer { accessLevel } }"}]`, "BAD_INPUT"},
			"a duplicate key":        {`{"query":"{ viewer { accessLevel } }","query":"` + secret + `"}`, "BAD_INPUT"},
			"no GraphQL":             {`{"query":"` + secret + `"}`, "BAD_INPUT"},
			"an unknown field":       {`{"query":"{ viewer { snils112233445 } }"}`, "BAD_INPUT"},
			"a misspelt field":       {`{"query":"{ viewer { sickLeave { nodes { id } } } }"}`, "BAD_INPUT"},
			"introspection":          {`{"query":"{ __schema { types { name } } }"}`, "BAD_INPUT"},
			"a page too large":       {`{"query":"{ viewer { sickLeaves(first: 1000) { nodes { id } } } }"}`, "BAD_INPUT"},
			"a page of none":         {`{"query":"{ viewer { benefits(first: 0) { nodes { id } } } }"}`, "BAD_INPUT"},
			"a page of 2^31 - 1":     {`{"query":"{ viewer { appeals(first: 2147483647) { nodes { id } } } }"}`, "BAD_INPUT"},
			"a number beyond Int":    {`{"query":"query($n: Int) { viewer { appeals(first: $n) { nodes { id } } } }","variables":{"n":2147483648}}`, "BAD_INPUT"},
			"a foreign cursor":       {`{"query":"{ viewer { appeals(after: \"AAAA\") { nodes { id } } } }"}`, "BAD_INPUT"},
			"a cursor of no text":    {`{"query":"{ viewer { appeals(after: \"` + secret + `\") { nodes { id } } } }"}`, "BAD_INPUT"},
			"an id of no form":       {`{"query":"{ node(id: \"` + secret + `\") { id } }"}`, "BAD_INPUT"},
			"an unknown enum value":  {`{"query":"query($s: [AppealState!]) { viewer { appeals(filter: {states: $s}) { nodes { id } } } }","variables":{"s":["` + secret + `"]}}`, "BAD_INPUT"},
			"a date of no form":      {`{"query":"query($d: Date) { viewer { sickLeaves(filter: {issuedOn: {from: $d}}) { nodes { id } } } }","variables":{"d":"` + secret + `"}}`, "BAD_INPUT"},
			"too many aliases":       {`{"query":"{ ` + aliases(10_000) + ` }"}`, "LIMIT_EXCEEDED"},
			"too dear":               {`{"query":"{ ` + strings.ReplaceAll(dear, "\n\t", " ") + ` }"}`, "LIMIT_EXCEEDED"},
			"an id of somebody else": {fmt.Sprintf(`{"query":"{ node(id: \"%s\") { id } }"}`, c.firstLeaf(t, "petrov")), "NOT_FOUND"},
			"an id of nobody":        {fmt.Sprintf(`{"query":"{ node(id: \"%s\") { id } }"}`, ref.Of(ref.SickLeave, uuid.New())), "NOT_FOUND"},
		} {
			t.Run(name, func(t *testing.T) {
				a := c.post(ivanova, test.body)
				require.NotEmpty(t, a.Errors)
				for _, e := range a.Errors {
					require.Equal(t, test.code, e.Extensions.Code, a.text)
				}
				require.NotContains(t, a.text, secret)
				require.NotContains(t, a.text, "112233445")
				require.LessOrEqual(t, len(a.text), 1024)
			})
		}
		require.NotContains(t, c.log.String(), secret)
		require.NotContains(t, c.log.String(), "112233445")
	})
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: __typename ", i)
	}
	return b.String()
}

// dear is small and asks for pages of pages.
const dear = `a: viewer { ...all } b: viewer { ...all } } fragment all on Viewer {
	appeals(first: 100) { nodes { timeline { to from actor comment occurredAt } messages { body author } attachments { version { url number size sha256 } } } edges { node { timeline { to } messages { body } } } }
	benefits(first: 100) { nodes { accruals { amount { amount } withheld { amount } } sickLeave { periods { doctorName } } } }`

func (c *cabinet) firstLeaf(t *testing.T, name string) string {
	t.Helper()
	data := c.query(c.as(name), `{ viewer { sickLeaves(first: 1) { nodes { id } } } }`, nil)
	return at[string](t, data, "viewer", "sickLeaves", "nodes", 0, "id")
}

func TestAnotherPersonsIDAnswersLikeNone(t *testing.T) {
	const query = `query($id: ID!) { node(id: $id) { __typename id } }`
	each(t, func(t *testing.T, c *cabinet) {
		ivanova, petrov := c.as("ivanova"), c.as("petrov")
		owned := c.query(ivanova, `{ viewer { person { id } sickLeaves(first: 1) { nodes { id } } benefits(first: 1) { nodes { id } }
			appeals(first: 1) { nodes { id } } documents(first: 1) { nodes { id } } } }`, nil)
		ids := []string{at[string](t, owned, "viewer", "person", "id")}
		for _, list := range []string{"sickLeaves", "benefits", "appeals", "documents"} {
			ids = append(ids, at[string](t, owned, "viewer", list, "nodes", 0, "id"))
		}
		for _, id := range ids {
			require.Equal(t, id, at[string](t, c.query(ivanova, query, map[string]any{"id": id}), "node", "id"))

			absent := ref.Of(ref.Kind(id[:2]), uuid.New()).String()
			foreign, none := c.ask(petrov, query, map[string]any{"id": id}), c.ask(petrov, query, map[string]any{"id": absent})
			require.Nil(t, foreign.Data["node"])
			require.Equal(t, "NOT_FOUND", foreign.Errors[0].Extensions.Code)
			require.Equal(t, none.Errors[0].Message, foreign.Errors[0].Message)
			require.Equal(t, none.Data, foreign.Data)
		}
		both := c.ask(petrov, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": ids})
		require.Len(t, both.Errors, len(ids))
		for i := range ids {
			require.Nil(t, at[any](t, map[string]any{"n": both.Data["nodes"]}, "n").([]any)[i])
		}
	})
}

func TestNobodyGetsNothing(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		for _, query := range []string{
			`{ viewer { accessLevel } }`,
			`{ node(id: "` + ref.Of(ref.Appeal, uuid.New()).String() + `") { id } }`,
			`{ nodes(ids: ["` + ref.Of(ref.Appeal, uuid.New()).String() + `", "` + ref.Of(ref.Person, uuid.New()).String() + `"]) { id } }`,
			`mutation { saveAppealDraft(input: {kind: INQUIRY, idempotencyKey: "0123456789"}) { appeal { id } userErrors { code } } }`,
		} {
			a := c.ask(viewer.Viewer{}, query, nil)
			require.Len(t, a.Errors, 1, query)
			require.Equal(t, "UNAUTHENTICATED", a.Errors[0].Extensions.Code, query)
		}
	})
}

// A person whose account is not confirmed sees their lists; what needs a confirmed account is null, field by field.
func TestAccessLevelClosesFieldsOneByOne(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		sidorov := c.as("sidorov")
		a := c.ask(sidorov, `{ viewer { accessLevel person { fullName snils addresses { text } } sickLeaves { nodes { number diagnosis periods { startsOn } } } } }`, nil)
		require.Equal(t, "BASIC", at[string](t, a.Data, "viewer", "accessLevel"))
		require.NotEmpty(t, at[string](t, a.Data, "viewer", "person", "fullName"))
		leaf := at[map[string]any](t, a.Data, "viewer", "sickLeaves", "nodes", 0)
		require.NotEmpty(t, leaf["number"])
		require.Nil(t, leaf["diagnosis"])
		require.Nil(t, leaf["periods"])
		for _, e := range a.Errors {
			require.Equal(t, "ACCESS_LEVEL_REQUIRED", e.Extensions.Code)
		}
		refused := c.ask(sidorov, saveDraft, map[string]any{"input": draft("key-of-sidorov")})
		require.Equal(t, "ACCESS_LEVEL_REQUIRED", refused.Errors[0].Extensions.Code)
		count, err := c.store.Appeal.Query().Where(appeal.OwnerID(sidorov.PersonID), appeal.Subject("Запрос сведений")).
			Count(viewer.NewSystemContext(t.Context(), "test"))
		require.NoError(t, err)
		require.Zero(t, count)
	})
}

const saveDraft = `mutation($input: SaveAppealDraftInput!) { saveAppealDraft(input: $input) {
	appeal { id state kind subject body timeline { to actor } attachments { version { documentTitle } } } userErrors { field code message } } }`

func draft(key string) map[string]any {
	return map[string]any{"kind": "INQUIRY", "subject": "Запрос сведений", "body": "Прошу сообщить.", "idempotencyKey": key}
}

func TestSaveAppealDraft(t *testing.T) {
	const position = `{ viewer { feedCursor appeals { totalCount } } }`
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		before := c.query(ivanova, position, nil)
		document := at[string](t, c.query(ivanova, `{ viewer { documents(first: 1) { nodes { id } } } }`, nil), "viewer", "documents", "nodes", 0, "id")

		input := draft("first-key")
		input["documents"] = []string{document}
		saved := c.query(ivanova, saveDraft, map[string]any{"input": input})
		made := at[map[string]any](t, saved, "saveAppealDraft", "appeal")
		require.Equal(t, "DRAFT", made["state"])
		require.Equal(t, "Прошу сообщить.", made["body"])
		require.Len(t, made["attachments"], 1)
		require.Empty(t, at[[]any](t, saved, "saveAppealDraft", "userErrors"))

		again := c.query(ivanova, saveDraft, map[string]any{"input": input})
		require.Equal(t, saved, again, "the same key with the same input answers the same")
		after := c.query(ivanova, position, nil)
		require.Equal(t, int(at[float64](t, before, "viewer", "appeals", "totalCount"))+1, int(at[float64](t, after, "viewer", "appeals", "totalCount")))
		require.NotEqual(t, at[string](t, before, "viewer", "feedCursor"), at[string](t, after, "viewer", "feedCursor"))

		other := draft("first-key")
		other["body"] = "Другое."
		require.Equal(t, "CONFLICT", c.ask(ivanova, saveDraft, map[string]any{"input": other}).Errors[0].Extensions.Code)

		change := draft("second-key")
		change["id"], change["body"] = made["id"], "Исправлено."
		changed := c.query(ivanova, saveDraft, map[string]any{"input": change})
		require.Equal(t, made["id"], at[string](t, changed, "saveAppealDraft", "appeal", "id"))
		require.Equal(t, "Исправлено.", at[string](t, changed, "saveAppealDraft", "appeal", "body"))
		require.Empty(t, at[[]any](t, changed, "saveAppealDraft", "appeal", "attachments"))
	})
}

func TestSaveAppealDraftNamesAllFaultsAndKeepsNothing(t *testing.T) {
	const count = `{ viewer { feedCursor appeals { totalCount } } }`
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		before := c.query(ivanova, count, nil)
		input := draft("faulty-key")
		input["subject"], input["body"] = strings.Repeat("я", 201), strings.Repeat("я", 20_001)
		input["documents"] = []string{c.firstLeaf(t, "petrov")}
		faults := at[[]any](t, c.query(ivanova, saveDraft, map[string]any{"input": input}), "saveAppealDraft", "userErrors")
		codes := make(map[string]string)
		for _, f := range faults {
			codes[at[string](t, f, "field", 0)] = at[string](t, f, "code")
			require.NotEmpty(t, at[string](t, f, "message"))
		}
		require.Equal(t, map[string]string{"subject": "TOO_LONG", "body": "TOO_LONG", "documents": "UNKNOWN"}, codes)

		foreign := draft("foreign-key")
		foreign["id"] = at[string](t, c.query(c.as("petrov"), saveDraft, map[string]any{"input": draft("petrov-key")}), "saveAppealDraft", "appeal", "id")
		payload := c.query(ivanova, saveDraft, map[string]any{"input": foreign})
		require.Nil(t, at[any](t, map[string]any{"p": payload["saveAppealDraft"]}, "p").(map[string]any)["appeal"])
		require.Equal(t, "UNKNOWN", at[string](t, payload, "saveAppealDraft", "userErrors", 0, "code"))
		require.Equal(t, before, c.query(ivanova, count, nil), "nothing was kept")
	})
}
