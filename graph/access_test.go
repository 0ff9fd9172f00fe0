package graph_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/internal/benefit"
	"kabinet/internal/calendar"
	"kabinet/internal/document"
	"kabinet/internal/ref"
	"kabinet/internal/viewer"
)

// needed is what a field needs of who asks.
type needed struct {
	level viewer.Level
	entry viewer.Entry
}

// guarded are the fields that need something, and what: all of them, and no others.
func guarded() map[string]needed {
	in, extended := needed{viewer.Basic, viewer.Complete}, needed{viewer.Extended, viewer.Complete}
	entering := needed{viewer.Basic, viewer.Incomplete}
	anybody := needed{viewer.Basic, viewer.Blocked}
	return map[string]needed{
		"Query.node": in, "Query.nodes": in, "Subscription.statusChanged": in,
		"Viewer.accessLevel": anybody, "Viewer.entry": anybody,
		"Viewer.person": entering, "Viewer.feedCursor": entering, "Viewer.sessions": entering, "Viewer.journal": entering,
		"Viewer.sickLeaves": in, "Viewer.benefits": in, "Viewer.appeals": in, "Viewer.documents": in,
		"Viewer.networks": in, "Viewer.verification": in,
		"Person.addresses": extended, "Person.inn": extended, "Person.innSource": extended, "Person.passport": extended,
		"Person.snils": extended, "Person.fundUid": extended, "Person.mismatches": extended,
		"SickLeave.diagnosis": extended, "SickLeave.employer": extended, "SickLeave.payment": extended, "SickLeave.periods": extended,
		"Benefit.accruals": extended, "Benefit.amount": extended,
		"Appeal.body": extended, "Appeal.messages": extended,
		"DocumentVersion.url":         extended,
		"Mutation.approveThisNetwork": anybody,
		"Mutation.acceptTerms":        entering, "Mutation.completeSetUpStep": entering, "Mutation.setContact": entering,
		"Mutation.setInn": entering, "Mutation.endSession": entering, "Mutation.endAllSessions": entering,
		"Mutation.linkFundRecord": {viewer.Extended, viewer.Incomplete},
		"Mutation.approveNetwork": extended, "Mutation.removeNetwork": extended, "Mutation.saveAppealDraft": extended,
		"Mutation.requestVerification": in,
		"Mutation.submitAppeal":        extended, "Mutation.withdrawAppeal": extended, "Mutation.commentAppeal": extended,
		"Mutation.askClarification": extended, "Clarification.question": extended, "Clarification.answer": extended,
		"Viewer.deadlines": in, "Viewer.clarifications": in, "Viewer.contributions": in, "Contribution.base": extended, "Contribution.amount": extended,
		"Query.announcements": entering, "Query.systems": entering, "Query.maintenances": entering,
		"Subscription.announcementPublished": entering, "Subscription.systemsChanged": entering, "Subscription.sessionEnding": anybody,
	}
}

// way leads to an object of a type: the document around its selection, and the field of the viewer that it goes through.
type way struct{ document, through string }

func ways() map[string]way {
	return map[string]way{
		"Query":           {document: `query($id: ID!) { %s }`},
		"Viewer":          {document: `{ viewer { %s } }`},
		"Person":          {`{ viewer { person { %s } } }`, "Viewer.person"},
		"SickLeave":       {`{ viewer { sickLeaves(first: 1) { nodes { %s } } } }`, "Viewer.sickLeaves"},
		"Benefit":         {`{ viewer { benefits(first: 1) { nodes { %s } } } }`, "Viewer.benefits"},
		"Appeal":          {`{ viewer { appeals(first: 1) { nodes { %s } } } }`, "Viewer.appeals"},
		"Contribution":    {`{ viewer { contributions(first: 1) { nodes { %s } } } }`, "Viewer.contributions"},
		"Clarification":   {`{ viewer { sickLeaves(first: 1) { nodes { clarifications { %s } } } } }`, "Viewer.sickLeaves"},
		"DocumentVersion": {`{ viewer { documents(first: 1) { nodes { currentVersion { %s } } } } }`, "Viewer.documents"},
	}
}

// inputs are inputs of all mutations: what they lead to does not matter here.
func inputs(f *ast.FieldDefinition) map[string]any {
	key, id := "key-of-"+f.Name, ref.Of(ref.Document, uuid.New()).String()
	input := map[string]map[string]any{
		"saveAppealDraft":     draft(key),
		"endSession":          {"session": ref.Of(ref.Session, uuid.New()).String()},
		"endAllSessions":      {"exceptCurrent": true},
		"acceptTerms":         {"documents": []any{}},
		"linkFundRecord":      {"snils": "112-233-445 95", "accessCode": "none"},
		"completeSetUpStep":   {"step": "ACCESS"},
		"approveThisNetwork":  {},
		"approveNetwork":      {"range": "192.0.2.0/24"},
		"removeNetwork":       {"network": ref.Of(ref.Network, uuid.New()).String()},
		"setContact":          {"kind": "EMAIL", "value": "somebody@example.ru"},
		"setInn":              {"inn": "500100732259"},
		"submitAppeal":        {"id": ref.Of(ref.Appeal, uuid.New()).String(), "ifUpdatedAt": "2026-03-02T10:00:00Z"},
		"withdrawAppeal":      {"id": ref.Of(ref.Appeal, uuid.New()).String()},
		"commentAppeal":       {"id": ref.Of(ref.Appeal, uuid.New()).String(), "text": "Здравствуйте"},
		"askClarification":    {"sickLeave": ref.Of(ref.SickLeave, uuid.New()).String(), "addressee": "DOCTOR", "question": "Когда?"},
		"requestVerification": {"passportScan": id, "snilsScan": ref.Of(ref.Document, uuid.New()).String()},
	}[f.Name]
	input["idempotencyKey"] = key
	return input
}

func TestTheGuardedFieldsAreThese(t *testing.T) {
	levels := map[string]viewer.Level{"BASIC": viewer.Basic, "EXTENDED": viewer.Extended}
	stages := map[string]viewer.Entry{"BLOCKED": viewer.Blocked, "INCOMPLETE": viewer.Incomplete, "COMPLETE": viewer.Complete}
	found := map[string]needed{}
	for _, d := range own(published(t)) {
		for _, f := range d.Fields {
			access := f.Directives.ForName("access")
			if access == nil {
				continue
			}
			n := needed{viewer.Basic, viewer.Complete} // what is not said is the strictest of what a basic account needs
			if level := access.Arguments.ForName("level"); level != nil {
				n.level = levels[level.Value.Raw]
			}
			if stage := access.Arguments.ForName("stage"); stage != nil {
				n.entry = stages[stage.Value.Raw]
			}
			found[d.Name+"."+f.Name] = n
			require.Equal(t, "access", f.Directives[len(f.Directives)-1].Name, "%s: what stands last is asked first", f.Name)
		}
	}
	require.Equal(t, guarded(), found)
}

// Whoever adds something that can be asked for, done or watched has to say who may.
func TestEveryDoorIsGuarded(t *testing.T) {
	schema := published(t)
	for _, d := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription, schema.Types["Viewer"]} {
		for _, f := range d.Fields {
			if f.Name == "viewer" || strings.HasPrefix(f.Name, "__") {
				continue
			}
			require.NotNil(t, f.Directives.ForName("access"), "%s.%s", d.Name, f.Name)
		}
	}
}

// everybody is a person at every level and at every stage of the entry.
func everybody(v viewer.Viewer) []viewer.Viewer {
	var all []viewer.Viewer
	for _, level := range []viewer.Level{viewer.Basic, viewer.Extended} {
		for _, entry := range []viewer.Entry{0, viewer.Blocked, viewer.Incomplete, viewer.Complete} {
			v.Level, v.Entry = level, entry
			all = append(all, v)
		}
	}
	return all
}

func (n needed) admits(v viewer.Viewer) bool { return v.Level >= n.level && v.Entry >= n.entry }

// Every guarded field is closed to whoever has not what it needs, and open to whoever has.
func TestEveryGuardedFieldIsGuardedAtEveryLevel(t *testing.T) {
	schema := published(t)
	each(t, func(t *testing.T, c *cabinet) {
		petrov := c.as("petrov")
		c.furnish(t, petrov)
		for _, d := range own(schema) {
			for _, f := range d.Fields {
				need, ok := guarded()[d.Name+"."+f.Name]
				if !ok || d.Name == "Subscription" {
					continue
				}
				for _, v := range append(everybody(petrov), viewer.Viewer{}) {
					c.tryField(t, schema, d, f, need, v)
				}
			}
		}
	})
}

func (c *cabinet) tryField(t *testing.T, schema *ast.Schema, d *ast.Definition, f *ast.FieldDefinition, need needed, v viewer.Viewer) {
	t.Helper()
	document, variables := fmt.Sprintf(`mutation($input: %s!) { %%s }`, inputType(f)), map[string]any{}
	admitted := need.admits(v)
	if d.Name == "Mutation" {
		variables["input"] = inputs(f)
	} else {
		way, known := ways()[d.Name]
		require.True(t, known, "no way to %s", d.Name)
		document = way.document
		if way.through != "" {
			admitted = admitted && guarded()[way.through].admits(v)
		}
	}
	if d.Name == "Query" && f.Arguments.ForName("id") == nil && f.Arguments.ForName("ids") == nil {
		document = `{ %s }`
	} else if d.Name == "Query" {
		variables["id"] = ref.Of(ref.Person, v.PersonID).String()
	}
	query := fmt.Sprintf(document, selection(schema, f))
	a := c.ask(v, query, variables)
	refused := slices.ContainsFunc(a.Errors, func(e answerError) bool {
		return e.Extensions.Code == "ACCESS_LEVEL_REQUIRED" || e.Extensions.Code == "UNAUTHENTICATED"
	})
	require.Equal(t, admitted, !refused, "%s.%s at level %d, stage %d: %s", d.Name, f.Name, v.Level, v.Entry, a.text)
	if !admitted {
		require.NotContains(t, a.text, `"`+f.Name+`":{`, "nothing of it is told")
	}
}

func inputType(f *ast.FieldDefinition) string {
	if input := f.Arguments.ForName("input"); input != nil {
		return input.Type.Name()
	}
	return ""
}

// A stream is opened by nobody who is not in.
func TestAStreamIsForThoseWhoAreIn(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		for _, v := range everybody(c.as("sidorov")) {
			if v.Entry == viewer.Complete {
				continue
			}
			r := httptest.NewRequestWithContext(viewer.NewContext(t.Context(), v), http.MethodPost, "/graphql",
				strings.NewReader(`{"query":"subscription { statusChanged { cursor } }"}`))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", "text/event-stream")
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			if v.Entry == 0 {
				require.Contains(t, w.Body.String(), "UNAUTHENTICATED")
				continue
			}
			require.Contains(t, w.Body.String(), "ACCESS_LEVEL_REQUIRED")
			require.NotContains(t, w.Body.String(), `"cursor"`)
		}
	})
}

// Who is refused reads it in their journal.
func TestADenialIsJournalled(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		sidorov := c.as("sidorov")
		c.ask(sidorov, `{ viewer { person { snils inn } } }`, nil)
		c.ask(sidorov, `mutation($input: SaveAppealDraftInput!) { saveAppealDraft(input: $input) { userErrors { code } } }`, map[string]any{"input": draft("denied-key")})
		data := c.query(sidorov, `{ viewer { journal(filter: {allowed: false}) { nodes { action reason } } } }`, nil)
		var denied []string
		for _, line := range at[[]any](t, data, "viewer", "journal", "nodes") {
			require.Equal(t, "ACCESS_DENY", at[string](t, line, "action"))
			denied = append(denied, at[string](t, line, "reason"))
		}
		require.ElementsMatch(t, []string{"Person.snils", "Person.inn", "Mutation.saveAppealDraft"}, denied)
	})
}

// selection asks for a field, and for as little as possible of what it holds.
func selection(schema *ast.Schema, f *ast.FieldDefinition) string {
	text := f.Name
	for argument, value := range map[string]string{"input": "(input: $input)", "id": "(id: $id)", "ids": "(ids: [$id])"} {
		if f.Arguments.ForName(argument) != nil {
			text += value
		}
	}
	if schema.Types[f.Type.Name()].IsCompositeType() {
		text += " { __typename }"
	}
	return text
}

// furnish gives a person one of each record that the demo has not given them.
func (c *cabinet) furnish(t *testing.T, v viewer.Viewer) {
	t.Helper()
	c.query(v, saveDraft, map[string]any{"input": draft("furnishing")})
	system, now := viewer.NewSystemContext(t.Context(), "test"), time.Now().UTC()
	require.NoError(t, c.store.Benefit.Create().SetOwnerID(v.PersonID).SetNumber("B1").SetType(string(benefit.Funeral)).
		SetState(string(benefit.Loaded)).SetStartsOn(calendar.DateOf(now, nil)).SetCreatedAt(now).SetUpdatedAt(now).Exec(system))
	c.addScan(t, v)
}

// addScan gives a person a scan of an identity document, without a file.
func (c *cabinet) addScan(t *testing.T, v viewer.Viewer) (id string) {
	t.Helper()
	system, now, made := viewer.NewSystemContext(t.Context(), "test"), time.Now().UTC(), uuid.New()
	require.NoError(t, c.store.Document.Create().SetID(made).SetOwnerID(v.PersonID).SetTitle("title").SetKind(string(document.Identity)).
		SetState(string(document.Processing)).SetCreatedAt(now).SetUpdatedAt(now).Exec(system))
	require.NoError(t, c.store.DocumentVersion.Create().SetOwnerID(v.PersonID).SetDocumentID(made).SetNumber(1).SetFileName("f.pdf").
		SetMediaType("application/pdf").SetSize(1).SetSha256(make([]byte, 32)).SetBlobKey("k").SetCreatedAt(now).Exec(system))
	return ref.Of(ref.Document, made).String()
}

// What has no items is an empty list; null says that the account may not see it.
func TestARelationWithoutItemsIsAnEmptyList(t *testing.T) {
	each(t, func(t *testing.T, c *cabinet) {
		v := c.as("sidorov")
		v.Level = viewer.Extended
		c.furnish(t, v)
		data := c.query(v, `{ viewer { benefits { nodes { accruals { accruedOn } } } appeals { nodes { messages { body } attachments { attachedAt } } } } }`, nil)
		require.Equal(t, []any{}, at[any](t, data, "viewer", "benefits", "nodes", 0, "accruals"))
		require.Equal(t, []any{}, at[any](t, data, "viewer", "appeals", "nodes", 0, "messages"))
		require.Equal(t, []any{}, at[any](t, data, "viewer", "appeals", "nodes", 0, "attachments"))
	})
}
