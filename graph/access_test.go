package graph_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/internal/benefit"
	"kabinet/internal/calendar"
	"kabinet/internal/document"
	"kabinet/internal/viewer"
)

// guarded are the fields that need a confirmed account: all of them, and no others.
func guarded() []string {
	return []string{
		"Appeal.body", "Appeal.messages",
		"Benefit.accruals", "Benefit.amount",
		"DocumentVersion.url",
		"Mutation.saveAppealDraft",
		"Person.addresses", "Person.inn", "Person.passport", "Person.snils",
		"SickLeave.diagnosis", "SickLeave.employer", "SickLeave.payment", "SickLeave.periods",
	}
}

// ways lead to one object of each type that has a guarded field: the document around its selection, and the path to it.
func ways() map[string]struct {
	document string
	path     []any
} {
	return map[string]struct {
		document string
		path     []any
	}{
		"Person":          {`{ viewer { person { %s } } }`, []any{"viewer", "person"}},
		"SickLeave":       {`{ viewer { sickLeaves(first: 1) { nodes { %s } } } }`, []any{"viewer", "sickLeaves", "nodes", 0}},
		"Benefit":         {`{ viewer { benefits(first: 1) { nodes { %s } } } }`, []any{"viewer", "benefits", "nodes", 0}},
		"Appeal":          {`{ viewer { appeals(first: 1) { nodes { %s } } } }`, []any{"viewer", "appeals", "nodes", 0}},
		"DocumentVersion": {`{ viewer { documents(first: 1) { nodes { currentVersion { %s } } } } }`, []any{"viewer", "documents", "nodes", 0, "currentVersion"}},
		"Mutation":        {`mutation($input: SaveAppealDraftInput!) { %s }`, nil},
	}
}

func TestTheGuardedFieldsAreThese(t *testing.T) {
	var found []string
	for _, d := range own(published(t)) {
		for _, f := range d.Fields {
			if access := f.Directives.ForName("access"); access != nil {
				found = append(found, d.Name+"."+f.Name)
				require.Equal(t, "EXTENDED", access.Arguments.ForName("level").Value.Raw, found)
			}
		}
	}
	slices.Sort(found)
	require.Equal(t, guarded(), found)
}

// Every guarded field is closed to a person whose account is not confirmed, and open as soon as it is.
func TestEveryGuardedFieldIsGuarded(t *testing.T) {
	schema := published(t)
	each(t, func(t *testing.T, c *cabinet) {
		basic := c.as("sidorov")
		confirmed := basic
		confirmed.Level = viewer.Extended
		c.furnish(t, confirmed)
		for _, d := range own(schema) {
			for _, f := range d.Fields {
				if f.Directives.ForName("access") == nil {
					continue
				}
				way, known := ways()[d.Name]
				require.True(t, known, "no way to %s", d.Name)
				query, variables := fmt.Sprintf(way.document, selection(schema, f)), map[string]any{}
				if d.Name == "Mutation" {
					variables["input"] = draft("key-of-" + f.Name)
				}
				closed := c.ask(basic, query, variables)
				require.Len(t, closed.Errors, 1, closed.text)
				require.Equal(t, "ACCESS_LEVEL_REQUIRED", closed.Errors[0].Extensions.Code, query)
				require.Equal(t, f.Name, closed.Errors[0].Path[len(closed.Errors[0].Path)-1], query)
				object := at[map[string]any](t, any(closed.Data), way.path...)
				require.Contains(t, object, f.Name)
				require.Nil(t, object[f.Name], query)
				c.query(confirmed, query, variables)
			}
		}
	})
}

// selection asks for a field, and for as little as possible of what it holds.
func selection(schema *ast.Schema, f *ast.FieldDefinition) string {
	text := f.Name
	if f.Arguments.ForName("input") != nil {
		text += "(input: $input)"
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
	id := uuid.New()
	require.NoError(t, c.store.Document.Create().SetID(id).SetOwnerID(v.PersonID).SetTitle("title").SetKind(string(document.Other)).
		SetState(string(document.Processing)).SetCreatedAt(now).SetUpdatedAt(now).Exec(system))
	require.NoError(t, c.store.DocumentVersion.Create().SetOwnerID(v.PersonID).SetDocumentID(id).SetNumber(1).SetFileName("f.pdf").
		SetMediaType("application/pdf").SetSize(1).SetSha256(make([]byte, 32)).SetBlobKey("k").SetCreatedAt(now).Exec(system))
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
