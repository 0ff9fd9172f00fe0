package graph_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/persona"
	"kabinet/internal/notify"
	"kabinet/internal/ref"
	"kabinet/internal/viewer"
)

// again is the viewer as the edge would see them at their next request.
func (c *cabinet) again(v viewer.Viewer) viewer.Viewer {
	c.t.Helper()
	entry, err := c.entry.Reached(c.t.Context(), v.PersonID)
	require.NoError(c.t, err)
	v.Entry = entry
	return v
}

const entryOf = `{ viewer { entry { state steps { kind done } missing { field mendedAt message link } terms { document version title text textHash acceptedAt } setUp { kind done } } } }`

// A6: the first entry, step by step.
func TestTheFirstEntry(t *testing.T) {
	const accept = `mutation($input: AcceptTermsInput!) { acceptTerms(input: $input) { entry { state } userErrors { field code message } } }`
	const link = `mutation($input: LinkFundRecordInput!) { linkFundRecord(input: $input) { entry { state } userErrors { field code message } } }`
	const setUp = `mutation($input: CompleteSetUpStepInput!) { completeSetUpStep(input: $input) { entry { setUp { kind done } } userErrors { code } } }`
	const leaves = `{ viewer { sickLeaves { totalCount } } }`
	each(t, func(t *testing.T, c *cabinet) {
		newcomer := c.as("newcomer")
		require.Equal(t, viewer.Incomplete, newcomer.Entry)
		closed := c.ask(newcomer, leaves, nil)
		require.Equal(t, "ACCESS_LEVEL_REQUIRED", closed.Errors[0].Extensions.Code, closed.text)

		data := c.query(newcomer, entryOf, nil)
		require.Equal(t, "INCOMPLETE", at[string](t, data, "viewer", "entry", "state"))
		require.Equal(t, "FUND_UID", at[string](t, data, "viewer", "entry", "missing", 0, "field"))
		var documents []any
		for _, term := range at[[]any](t, data, "viewer", "entry", "terms") {
			require.NotEmpty(t, at[string](t, term, "text"))
			documents = append(documents, map[string]any{
				"document": at[string](t, term, "document"), "version": at[string](t, term, "version"), "textHash": at[string](t, term, "textHash"),
			})
		}
		require.Len(t, documents, 2)

		other := map[string]any{"document": "TERMS_OF_USE", "version": "2020-01-01", "textHash": "00"}
		refused := c.query(newcomer, accept, map[string]any{"input": map[string]any{"documents": []any{other}, "idempotencyKey": "accept-other"}})
		require.Equal(t, "CONFLICT", at[string](t, refused, "acceptTerms", "userErrors", 0, "code"))
		accepted := c.query(newcomer, accept, map[string]any{"input": map[string]any{"documents": documents, "idempotencyKey": "accept-all"}})
		require.Equal(t, "INCOMPLETE", at[string](t, accepted, "acceptTerms", "entry", "state"))
		newcomer = c.again(newcomer)
		require.Equal(t, viewer.Incomplete, newcomer.Entry)

		p, _ := persona.ByName("newcomer")
		proof := func(code, key string) map[string]any {
			return map[string]any{"input": map[string]any{"snils": p.Profile.Snils.String(), "accessCode": code, "idempotencyKey": key}}
		}
		wrong := c.query(newcomer, link, proof("guessed", "link-guessed"))
		require.Equal(t, "NOT_ALLOWED", at[string](t, wrong, "linkFundRecord", "userErrors", 0, "code"))
		linked := c.query(newcomer, link, proof(p.AccessCode, "link-right"))
		require.Equal(t, "COMPLETE", at[string](t, linked, "linkFundRecord", "entry", "state"))

		newcomer = c.again(newcomer)
		require.Equal(t, viewer.Complete, newcomer.Entry)
		require.InDelta(t, 1, at[float64](t, c.query(newcomer, leaves, nil), "viewer", "sickLeaves", "totalCount"), 0)
		require.Equal(t, p.FundUID, at[string](t, c.query(newcomer, `{ viewer { person { fundUid } } }`, nil), "viewer", "person", "fundUid"))
		done := c.query(newcomer, setUp, map[string]any{"input": map[string]any{"step": "ACCESS", "idempotencyKey": "set-up-access"}})
		require.Equal(t, []any{map[string]any{"kind": "NOTIFICATIONS", "done": false}, map[string]any{"kind": "ACCESS", "done": true}},
			at[[]any](t, done, "completeSetUpStep", "entry", "setUp"))
	})
}

// A8 over the access code: the third wrong one locks it, and says for how long.
func TestAccessCodesAreLocked(t *testing.T) {
	const link = `mutation($input: LinkFundRecordInput!) { linkFundRecord(input: $input) { userErrors { code } } }`
	each(t, func(t *testing.T, c *cabinet) {
		newcomer := c.as("newcomer")
		p, _ := persona.ByName("newcomer")
		guess := func(code, key string) answer {
			return c.ask(newcomer, link, map[string]any{"input": map[string]any{"snils": p.Profile.Snils.String(), "accessCode": code, "idempotencyKey": key}})
		}
		for i := range 2 {
			require.Empty(t, guess("guessed", "guess-"+string(rune('a'+i))+"-key").Errors)
		}
		require.Equal(t, "RATE_LIMITED", guess("guessed", "guess-c-key").Errors[0].Extensions.Code)
		locked := guess(p.AccessCode, "right-key")
		require.Equal(t, "RATE_LIMITED", locked.Errors[0].Extensions.Code, "even the right one: "+locked.text)
		require.Contains(t, locked.text, "retryAfterSeconds")
	})
}

const contact = `mutation($input: SetContactInput!) { setContact(input: $input) {
	person { phone { value confirmed source } email { value confirmed source } } userErrors { field code } } }`

// A4: what is missing keeps out, and what can be supplied here lets in.
func TestMissingDataIsSuppliedHere(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		empty := c.as("empty")
		missing := func() (fields []string) {
			for _, m := range at[[]any](t, c.query(empty, entryOf, nil), "viewer", "entry", "missing") {
				require.NotEmpty(t, at[string](t, m, "message"))
				fields = append(fields, at[string](t, m, "field"))
			}
			return fields
		}
		require.Equal(t, []string{"INN", "EMAIL", "REGISTERED_ADDRESS"}, missing())

		input := map[string]any{"kind": "EMAIL", "value": "nobody", "idempotencyKey": "wrong-contact"}
		faulty := c.query(empty, contact, map[string]any{"input": input})
		require.Equal(t, "MALFORMED", at[string](t, faulty, "setContact", "userErrors", 0, "code"))
		require.Empty(t, c.inbox.Messages(), "no code for what has faults")

		input = map[string]any{"kind": "EMAIL", "value": "new@example.ru", "idempotencyKey": "right-contact"}
		message := c.confirmInto(empty, contact, input)
		require.Equal(t, notify.SMS, message.Channel, "the phone that is there says first that it is meant")
		message = c.confirmInto(empty, contact, input)
		require.Equal(t, notify.Email, message.Channel)
		require.Equal(t, "new@example.ru", message.Address, "the code proves the new address")
		data := c.query(empty, contact, map[string]any{"input": input})
		require.Equal(t, map[string]any{"value": "new@example.ru", "confirmed": true, "source": "CABINET"},
			at[any](t, data, "setContact", "person", "email"))
		c.query(empty, `mutation($input: SetInnInput!) { setInn(input: $input) { userErrors { code } } }`,
			map[string]any{"input": map[string]any{"inn": "500100732259", "idempotencyKey": "the-inn-key"}})
		require.Equal(t, []string{"REGISTERED_ADDRESS"}, missing())
	})
}

// confirmInto asks for a confirmation of an action, and puts the answer into the field of its input that takes it.
func (c *cabinet) confirmInto(v viewer.Viewer, document string, input map[string]any) notify.Message {
	c.t.Helper()
	before := len(c.inbox.Messages())
	a := c.ask(v, document, map[string]any{"input": input})
	require.Len(c.t, a.Errors, 1, a.text)
	require.Equal(c.t, "CONFIRMATION_REQUIRED", a.Errors[0].Extensions.Code)
	challenge := a.Errors[0].Extensions.Confirmation
	require.NotEmpty(c.t, challenge.ID, a.text)
	messages := c.inbox.Messages()
	require.Len(c.t, messages, before+1)
	message := messages[before]
	require.NotContains(c.t, a.text, message.Address, "masked")
	input[challenge.Input] = map[string]any{"id": challenge.ID, "code": message.Text[:6]}
	return message
}

const approve = `mutation($input: ApproveNetworkInput!) { approveNetwork(input: $input) { networks { id range title } userErrors { field code } } }`

// A8, A11: what is sensitive happens with the right code and this input only; a retry is answered the same.
func TestASensitiveActionIsConfirmed(t *testing.T) {
	const networks = `{ viewer { networks { id range title } } }`
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		input := map[string]any{"range": "192.0.2.0/24", "title": "дом", "idempotencyKey": "approve-home"}
		message := c.confirmInto(ivanova, approve, input)
		require.Equal(t, notify.SMS, message.Channel)
		require.Empty(t, at[any](t, c.query(ivanova, networks, nil), "viewer", "networks"), "nothing is done before")

		confirmation := input["confirmation"]
		for name, other := range map[string]map[string]any{
			"another range": {"range": "0.0.0.0/8", "title": "дом", "idempotencyKey": "approve-home", "confirmation": confirmation},
			"another title": {"range": "192.0.2.0/24", "title": "", "idempotencyKey": "approve-home", "confirmation": confirmation},
			"another key":   {"range": "192.0.2.0/24", "title": "дом", "idempotencyKey": "approve-again", "confirmation": confirmation},
		} {
			refused := c.ask(ivanova, approve, map[string]any{"input": other})
			require.Equal(t, "CONFIRMATION_REQUIRED", refused.Errors[0].Extensions.Code, name)
		}
		elsewhere := ivanova
		elsewhere.SessionID = uuid.New()
		require.NotEmpty(t, c.ask(elsewhere, approve, map[string]any{"input": input}).Errors, "in another session")
		require.NotEmpty(t, c.ask(c.as("petrov"), approve, map[string]any{"input": input}).Errors, "by somebody else")

		data := c.query(ivanova, approve, map[string]any{"input": input})
		require.Equal(t, "192.0.2.0/24", at[string](t, data, "approveNetwork", "networks", 0, "range"))
		require.Equal(t, data, c.query(ivanova, approve, map[string]any{"input": input}), "the first answer may have been lost")

		network := at[string](t, data, "approveNetwork", "networks", 0, "id")
		const node = `query($id: ID!) { node(id: $id) { ... on Network { range } } }`
		require.Equal(t, "192.0.2.0/24", at[string](t, c.query(ivanova, node, map[string]any{"id": network}), "node", "range"))
		require.Equal(t, "NOT_FOUND", c.ask(c.as("petrov"), node, map[string]any{"id": network}).Errors[0].Extensions.Code)
	})
}

// Who may not do a thing is not asked to confirm it either: no message goes out.
func TestWhoMayNotIsNotAsked(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		sidorov := c.as("sidorov")
		refused := c.ask(sidorov, approve, map[string]any{"input": map[string]any{"range": "192.0.2.0/24", "idempotencyKey": "approve-home"}})
		require.Equal(t, "ACCESS_LEVEL_REQUIRED", refused.Errors[0].Extensions.Code)
		require.Empty(t, c.inbox.Messages())
	})
}

const let = `mutation($input: ApproveThisNetworkInput!) { approveThisNetwork(input: $input) { entry { state } userErrors { code } } }`

// A11: who came from elsewhere sees nothing but the way in.
func TestABlockedEntryIsOpenedByACode(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		input := map[string]any{"range": "192.0.2.0/24", "idempotencyKey": "approve-home"}
		c.confirmInto(ivanova, approve, input)
		c.query(ivanova, approve, map[string]any{"input": input})

		blocked := ivanova
		blocked.Entry, blocked.SessionID = viewer.Blocked, uuid.New()
		c.address = "198.51.100.7"
		data := c.query(blocked, entryOf, nil)
		require.Equal(t, map[string]any{
			"state": "BLOCKED", "steps": []any{map[string]any{"kind": "NETWORK", "done": false}}, "missing": []any{}, "terms": []any{}, "setUp": []any{},
		}, at[any](t, data, "viewer", "entry"))
		nothing := c.ask(blocked, `{ viewer { person { fullName } sessions { id } journal { totalCount } } }`, nil)
		require.Len(t, nothing.Errors, 3, nothing.text)
		require.NotContains(t, nothing.text, "Иванова")

		way := map[string]any{"title": "отпуск", "idempotencyKey": "let-me-in-key"}
		message := c.confirmInto(blocked, let, way)
		require.Contains(t, message.Text, " 198.51.100.7.", "what is confirmed is named")
		c.address = "198.51.100.8"
		moved := c.ask(blocked, let, map[string]any{"input": way})
		require.Equal(t, "CONFIRMATION_REQUIRED", moved.Errors[0].Extensions.Code, "the code is for the network that was named")
		c.address = "198.51.100.7"
		let := func(v viewer.Viewer) map[string]any { return c.query(v, let, map[string]any{"input": way}) }
		in := map[string]any{"approveThisNetwork": map[string]any{"entry": map[string]any{"state": "COMPLETE"}, "userErrors": []any{}}}
		require.Equal(t, in, let(blocked), "what the next request has")
		blocked.Entry = viewer.Complete
		require.Equal(t, in, let(blocked), "the retry is the next request")
		networks := at[[]any](t, c.query(ivanova, `{ viewer { networks { range } } }`, nil), "viewer", "networks")
		require.Equal(t, []any{map[string]any{"range": "192.0.2.0/24"}, map[string]any{"range": "198.51.100.7/32"}}, networks)
	})
}

// Whoever is in is not asked for a code with which they would have a network approved that they did not name.
func TestOnlyWhoIsBlockedApprovesWhereTheyAre(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		for _, v := range everybody(c.as("ivanova")) {
			if v.Entry <= viewer.Blocked {
				continue
			}
			data := c.query(v, let, map[string]any{"input": map[string]any{"idempotencyKey": "let-me-in-key"}})
			require.Equal(t, "WRONG_STATE", at[string](t, data, "approveThisNetwork", "userErrors", 0, "code"))
			require.Nil(t, at[map[string]any](t, data, "approveThisNetwork")["entry"])
		}
		require.Empty(t, c.inbox.Messages())

		child := c.as("child")
		child.Entry = viewer.Blocked
		stuck := c.ask(child, let, map[string]any{"input": map[string]any{"idempotencyKey": "let-me-in-key"}})
		require.Equal(t, "CONFIRMATION_REQUIRED", stuck.Errors[0].Extensions.Code, stuck.text)
		require.Contains(t, stuck.Errors[0].Message, "поддержку фонда", "there is no phone, and where to enter one is closed to them")
	})
}

// A session alone does not put another phone or address in the place of the one that confirms what its owner does.
func TestAContactIsChangedByWhoHoldsThePhone(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova := c.as("ivanova")
		const old, stranger = "+79000000001", "+79031112233"
		input := map[string]any{"kind": "PHONE", "value": stranger, "idempotencyKey": "another-phone"}
		message := c.confirmInto(ivanova, contact, input)
		require.Equal(t, notify.Message{Channel: notify.SMS, Address: old, Text: message.Text}, message)
		require.Contains(t, input, "currentConfirmation")

		for name, other := range map[string]map[string]any{
			"the answer in the other field": {"confirmation": input["currentConfirmation"]},
			"for another number":            {"currentConfirmation": input["currentConfirmation"], "value": "+79031112244"},
		} {
			try := map[string]any{"kind": "PHONE", "value": stranger, "idempotencyKey": "another-phone"}
			maps.Copy(try, other)
			refused := c.ask(ivanova, contact, map[string]any{"input": try})
			require.Equal(t, "CONFIRMATION_REQUIRED", refused.Errors[0].Extensions.Code, name)
			require.NotEqual(t, "confirmation", refused.Errors[0].Extensions.Confirmation.Input, name)
		}
		for _, m := range c.inbox.Messages() {
			require.Equal(t, old, m.Address, "nothing goes to the new number before")
		}

		message = c.confirmInto(ivanova, contact, input)
		require.Equal(t, stranger, message.Address)
		require.Contains(t, input, "confirmation")
		without := maps.Clone(input)
		delete(without, "currentConfirmation")
		refused := c.ask(ivanova, contact, map[string]any{"input": without})
		require.Equal(t, "currentConfirmation", refused.Errors[0].Extensions.Confirmation.Input, "the new number alone proves nothing: "+refused.text)

		data := c.query(ivanova, contact, map[string]any{"input": input})
		require.Equal(t, map[string]any{"value": stranger, "confirmed": true, "source": "CABINET"}, at[any](t, data, "setContact", "person", "phone"))
		require.Equal(t, data, c.query(ivanova, contact, map[string]any{"input": input}), "the first answer may have been lost")
		lines := c.query(ivanova, `{ viewer { journal(filter: {actions: [CONTACT_SET]}) { totalCount } } }`, nil)
		require.InDelta(t, 1, at[float64](t, lines, "viewer", "journal", "totalCount"), 0)

		again := map[string]any{"kind": "PHONE", "value": stranger, "idempotencyKey": "the-same-phone"}
		message = c.confirmInto(ivanova, contact, again)
		require.Equal(t, stranger, message.Address)
		require.Contains(t, again, "confirmation", "it is the phone itself, which answers once")
		require.NotContains(t, again, "currentConfirmation")

		child := c.as("child")
		first := map[string]any{"kind": "PHONE", "value": "+79032223344", "idempotencyKey": "the-first-phone"}
		message = c.confirmInto(child, contact, first)
		require.Equal(t, "+79032223344", message.Address, "there is no other")
		data = c.query(child, contact, map[string]any{"input": first})
		require.Equal(t, "+79032223344", at[string](t, data, "setContact", "person", "phone", "value"))
	})
}

// What must fail costs no message.
func TestNoCodeIsSentForWhatHasFaults(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		ivanova, id := c.as("ivanova"), ref.Of(ref.Network, uuid.New()).String()
		blocked := ivanova
		blocked.Entry = viewer.Blocked
		const remove = `mutation($input: RemoveNetworkInput!) { removeNetwork(input: $input) { userErrors { code } } }`
		const verify = `mutation($input: RequestVerificationInput!) { requestVerification(input: $input) { userErrors { code } } }`
		scan := func() string { return ref.Of(ref.Document, uuid.New()).String() }
		for name, test := range map[string]struct {
			as       viewer.Viewer
			document string
			input    map[string]any
		}{
			"a contact":    {ivanova, contact, map[string]any{"kind": "EMAIL", "value": "new@example.ru"}},
			"a network":    {ivanova, approve, map[string]any{"range": "192.0.2.0/24"}},
			"a removal":    {ivanova, remove, map[string]any{"network": id}},
			"this network": {blocked, let, map[string]any{}},
			"an identity":  {ivanova, verify, map[string]any{"passportScan": scan(), "snilsScan": scan()}},
		} {
			test.input["idempotencyKey"] = "short"
			refused := c.ask(test.as, test.document, map[string]any{"input": test.input})
			require.Len(t, refused.Errors, 1, name)
			require.Equal(t, "BAD_INPUT", refused.Errors[0].Extensions.Code, name)
		}
		long := strings.Repeat("д", 101)
		data := c.query(ivanova, approve, map[string]any{"input": map[string]any{"range": "192.0.2.0/24", "title": long, "idempotencyKey": "long-title"}})
		require.Equal(t, "TOO_LONG", at[string](t, data, "approveNetwork", "userErrors", 0, "code"))
		data = c.query(blocked, let, map[string]any{"input": map[string]any{"title": long, "idempotencyKey": "long-title"}})
		require.Equal(t, "TOO_LONG", at[string](t, data, "approveThisNetwork", "userErrors", 0, "code"))
		data = c.query(ivanova, remove, map[string]any{"input": map[string]any{"network": scan(), "idempotencyKey": "no-network"}})
		require.Equal(t, "UNKNOWN", at[string](t, data, "removeNetwork", "userErrors", 0, "code"))
		require.Empty(t, c.inbox.Messages())
	})
}

// A3: what Gosuslugi and the fund tell differently is shown field by field.
func TestMismatchesAreShown(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		data := c.query(c.as("petrov"), `{ viewer { person { mismatches { field profile fund source mendedAt message link } } } }`, nil)
		mismatches := at[[]any](t, data, "viewer", "person", "mismatches")
		require.Len(t, mismatches, 2)
		require.Equal(t, "PASSPORT", at[string](t, mismatches, 0, "field"))
		require.Equal(t, "0010 000002", at[string](t, mismatches, 0, "profile"))
		require.Equal(t, "0010 000099", at[string](t, mismatches, 0, "fund"))
		require.Equal(t, "GOSUSLUGI", at[string](t, mismatches, 0, "mendedAt"))
		require.Empty(t, at[any](t, c.query(c.as("ivanova"), `{ viewer { person { mismatches { field } } } }`, nil), "viewer", "person", "mismatches"))
	})
}
