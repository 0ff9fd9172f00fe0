package graph_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/notify"
	"kabinet/internal/ref"
	"kabinet/internal/viewer"
)

const (
	submitAppeal = `mutation($input: SubmitAppealInput!) { submitAppeal(input: $input) {
		appeal { id state submittedAt delivery { state stateText attempts lastError nextAttemptAt deliveredAt } timeline { to actor } }
		userErrors { field code message } } }`
	withdrawAppeal = `mutation($input: WithdrawAppealInput!) { withdrawAppeal(input: $input) {
		appeal { state delivery { state } } userErrors { field code message } } }`
	commentAppeal = `mutation($input: CommentAppealInput!) { commentAppeal(input: $input) {
		appeal { messages { author body } delivery { state } } userErrors { field code message } } }`
)

// newDraft saves a draft and gives the input that submits it.
func (c *cabinet) newDraft(v viewer.Viewer, key string) (submit map[string]any) {
	c.t.Helper()
	data := c.query(v, `mutation($input: SaveAppealDraftInput!) { saveAppealDraft(input: $input) { appeal { id updatedAt } userErrors { code } } }`,
		map[string]any{"input": draft(key + "-draft")})
	return map[string]any{
		"id":             at[string](c.t, data, "saveAppealDraft", "appeal", "id"),
		"ifUpdatedAt":    at[string](c.t, data, "saveAppealDraft", "appeal", "updatedAt"),
		"idempotencyKey": key,
	}
}

// submitted submits a new appeal, and gives its id.
func (c *cabinet) submitted(v viewer.Viewer, key string) string {
	c.t.Helper()
	input := c.newDraft(v, key)
	c.confirmInto(v, submitAppeal, input)
	data := c.query(v, submitAppeal, map[string]any{"input": input})
	require.Equal(c.t, "SUBMITTED", at[string](c.t, data, "submitAppeal", "appeal", "state"))
	return at[string](c.t, data, "submitAppeal", "appeal", "id")
}

// E2, J2: an appeal is submitted with a code, once, and its way to the fund is seen from then on.
func TestAnAppealIsSubmittedWithACode(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		input := c.newDraft(ivanova, "submit-it")
		before := c.version(t, ivanova)
		message := c.confirmInto(ivanova, submitAppeal, input)
		require.Equal(t, notify.SMS, message.Channel)
		require.Contains(t, message.Text, "отправка обращения")
		require.Equal(t, before, c.version(t, ivanova), "nothing happens before")

		other := c.newDraft(ivanova, "another-one")
		other["confirmation"] = input["confirmation"]
		refused := c.ask(ivanova, submitAppeal, map[string]any{"input": other})
		require.Equal(t, "CONFIRMATION_REQUIRED", refused.Errors[0].Extensions.Code, "the code is for the one that was seen")

		data := c.query(ivanova, submitAppeal, map[string]any{"input": input})
		sent := at[map[string]any](t, data, "submitAppeal", "appeal")
		require.Equal(t, "SUBMITTED", sent["state"])
		require.NotNil(t, sent["submittedAt"])
		require.Equal(t, "PENDING", at[string](t, sent, "delivery", "state"))
		require.NotEmpty(t, at[string](t, sent, "delivery", "stateText"))
		require.InDelta(t, 0, at[float64](t, sent, "delivery", "attempts"), 0)
		require.Nil(t, at[map[string]any](t, sent, "delivery")["lastError"])
		require.NotNil(t, at[map[string]any](t, sent, "delivery")["nextAttemptAt"])
		require.Equal(t, data, c.query(ivanova, submitAppeal, map[string]any{"input": input}), "the first answer may have been lost")
		late := maps.Clone(input)
		delete(late, "confirmation")
		c.confirmInto(ivanova, submitAppeal, late)
		require.Equal(t, data, c.query(ivanova, submitAppeal, map[string]any{"input": late}), "and the code with it")
		journal := c.query(ivanova, `{ viewer { journal(filter: {actions: [APPEAL_SUBMIT]}) { nodes { subject allowed } } } }`, nil)
		require.Equal(t, []any{map[string]any{"subject": sent["id"], "allowed": true}}, at[any](t, journal, "viewer", "journal", "nodes"))
	})
}

// What is lacking is told together, and before anybody is asked for a code.
func TestNoCodeIsSentForAnAppealThatCannotBeSubmitted(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		kind := draft("an-empty-draft")
		kind["kind"], kind["subject"], kind["body"] = "APPLICATION", "", ""
		saved := c.query(ivanova, `mutation($input: SaveAppealDraftInput!) { saveAppealDraft(input: $input) { appeal { id updatedAt } } }`, map[string]any{"input": kind})
		input := map[string]any{
			"id": at[string](t, saved, "saveAppealDraft", "appeal", "id"), "ifUpdatedAt": "2026-01-01T00:00:00Z", "idempotencyKey": "submit-nothing",
		}
		before := c.version(t, ivanova)
		faults := map[string]string{}
		data := c.query(ivanova, submitAppeal, map[string]any{"input": input})
		require.Nil(t, at[map[string]any](t, data, "submitAppeal")["appeal"])
		for _, f := range at[[]any](t, data, "submitAppeal", "userErrors") {
			faults[at[string](t, f, "field", 0)] = at[string](t, f, "code")
			require.NotEmpty(t, at[string](t, f, "message"))
		}
		require.Equal(t, map[string]string{"subject": "REQUIRED", "body": "REQUIRED", "documents": "REQUIRED", "ifUpdatedAt": "CONFLICT"}, faults)

		foreign := c.newDraft(c.as("petrov"), "petrovs-own")
		foreign["idempotencyKey"] = "petrovs-own-taken"
		data = c.query(ivanova, submitAppeal, map[string]any{"input": foreign})
		require.Equal(t, "UNKNOWN", at[string](t, data, "submitAppeal", "userErrors", 0, "code"))
		ready := c.newDraft(ivanova, "short-of-a-key")
		ready["idempotencyKey"] = "short"
		require.Equal(t, "BAD_INPUT", c.ask(ivanova, submitAppeal, map[string]any{"input": ready}).Errors[0].Extensions.Code)
		require.Empty(t, c.inbox.Messages())
		require.Equal(t, before+1, c.version(t, ivanova), "nothing was done but that draft")
	})
}

func TestAnAppealIsCommentedAndWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		id := c.submitted(ivanova, "to-be-withdrawn")
		comment := map[string]any{"id": id, "text": "Дополняю обращение.", "idempotencyKey": "comment-it"}
		data := c.query(ivanova, commentAppeal, map[string]any{"input": comment})
		require.Equal(t, []any{map[string]any{"author": "CITIZEN", "body": "Дополняю обращение."}}, at[any](t, data, "commentAppeal", "appeal", "messages"))
		require.Equal(t, data, c.query(ivanova, commentAppeal, map[string]any{"input": comment}))
		comment = map[string]any{"id": id, "text": strings.Repeat("я", 4001), "idempotencyKey": "comment-long"}
		require.Equal(t, "TOO_LONG", at[string](t, c.query(ivanova, commentAppeal, map[string]any{"input": comment}), "commentAppeal", "userErrors", 0, "code"))

		withdraw := map[string]any{"id": id, "idempotencyKey": "withdraw-it"}
		theirs := c.query(c.as("petrov"), withdrawAppeal, map[string]any{"input": withdraw})
		require.Equal(t, "UNKNOWN", at[string](t, theirs, "withdrawAppeal", "userErrors", 0, "code"))
		data = c.query(ivanova, withdrawAppeal, map[string]any{"input": withdraw})
		require.Equal(t, "WITHDRAWN", at[string](t, data, "withdrawAppeal", "appeal", "state"))
		require.Equal(t, data, c.query(ivanova, withdrawAppeal, map[string]any{"input": withdraw}))
		withdraw["idempotencyKey"] = "withdraw-again"
		require.Equal(t, "WRONG_STATE", at[string](t, c.query(ivanova, withdrawAppeal, map[string]any{"input": withdraw}), "withdrawAppeal", "userErrors", 0, "code"))
	})
}

const askClarification = `mutation($input: AskClarificationInput!) { askClarification(input: $input) {
	clarification { id addressee state stateText question answer delivery { state } } userErrors { field code message } } }`

// C4: a question about a sick leave to the employer or the doctor.
func TestAQuestionAboutASickLeave(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		leaf := c.firstLeaf(t, "ivanova")
		input := map[string]any{"sickLeave": leaf, "addressee": "EMPLOYER", "question": "Когда поступит оплата?", "idempotencyKey": "ask-employer"}
		data := c.query(ivanova, askClarification, map[string]any{"input": input})
		asked := at[map[string]any](t, data, "askClarification", "clarification")
		require.Equal(t, "ASKED", asked["state"])
		require.Equal(t, "Когда поступит оплата?", asked["question"])
		require.Nil(t, asked["answer"])
		require.Equal(t, "PENDING", at[string](t, asked, "delivery", "state"))
		require.Equal(t, data, c.query(ivanova, askClarification, map[string]any{"input": input}))

		const ofLeaf = `query($id: ID!) { node(id: $id) { ... on SickLeave { clarifications { id } } ... on Clarification { question } } }`
		ids := at[[]any](t, c.query(ivanova, ofLeaf, map[string]any{"id": leaf}), "node", "clarifications")
		require.Contains(t, ids, map[string]any{"id": asked["id"]})
		require.Equal(t, "Когда поступит оплата?", at[string](t, c.query(ivanova, ofLeaf, map[string]any{"id": asked["id"]}), "node", "question"))
		require.Equal(t, "NOT_FOUND", c.ask(c.as("petrov"), ofLeaf, map[string]any{"id": asked["id"]}).Errors[0].Extensions.Code)

		input["idempotencyKey"] = "ask-as-petrov"
		foreign := c.query(c.as("petrov"), askClarification, map[string]any{"input": input})
		input["sickLeave"] = ref.Of(ref.SickLeave, uuid.New()).String()
		input["idempotencyKey"] = "ask-of-nothing"
		require.Equal(t, foreign, c.query(c.as("petrov"), askClarification, map[string]any{"input": input}), "nobody learns whether there is one")
	})
}
