package graph_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent/owner"
	"kabinet/internal/dev/persona"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

// version is the sequence of what a person sees.
func (c *cabinet) version(t *testing.T, v viewer.Viewer) int64 {
	t.Helper()
	system := viewer.NewSystemContext(context.WithoutCancel(t.Context()), "test")
	row, err := c.store.Owner.Query().Where(owner.ID(v.PersonID)).Only(system)
	require.NoError(t, err)
	return row.Sequence
}

// act is a mutation that changes something: who makes it, and an input without its key.
type act struct {
	viewer    viewer.Viewer
	input     map[string]any
	confirmed int // how many confirmations it needs
}

// acts make everything ready for each mutation, and say how it is made.
func acts() map[string]func(t *testing.T, c *cabinet) act {
	by := func(name string, input map[string]any) func(*testing.T, *cabinet) act {
		return func(_ *testing.T, c *cabinet) act { return act{viewer: c.as(name), input: input} }
	}
	return map[string]func(t *testing.T, c *cabinet) act{
		"saveAppealDraft": by("ivanova", map[string]any{"kind": "INQUIRY", "subject": "Запрос"}),
		"submitAppeal": func(_ *testing.T, c *cabinet) act {
			return act{c.as("ivanova"), c.newDraft(c.as("ivanova"), "to-submit"), 1}
		},
		"withdrawAppeal": func(_ *testing.T, c *cabinet) act {
			return act{viewer: c.as("ivanova"), input: map[string]any{"id": c.submitted(c.as("ivanova"), "to-withdraw")}}
		},
		"commentAppeal": func(_ *testing.T, c *cabinet) act {
			return act{viewer: c.as("ivanova"), input: map[string]any{"id": c.submitted(c.as("ivanova"), "to-comment"), "text": "Дополняю."}}
		},
		"askClarification": func(t *testing.T, c *cabinet) act {
			t.Helper()
			return act{viewer: c.as("ivanova"), input: map[string]any{"sickLeave": c.firstLeaf(t, "ivanova"), "addressee": "DOCTOR", "question": "Когда?"}}
		},
		"setContact": func(_ *testing.T, c *cabinet) act {
			return act{c.as("ivanova"), map[string]any{"kind": "EMAIL", "value": "new@example.ru"}, 2}
		},
		"setInn":            by("empty", map[string]any{"inn": "500100732259"}),
		"completeSetUpStep": by("newcomer", map[string]any{"step": "ACCESS"}),
		"acceptTerms": func(t *testing.T, c *cabinet) act {
			t.Helper()
			newcomer, documents := c.as("newcomer"), []any{}
			for _, term := range at[[]any](t, c.query(newcomer, entryOf, nil), "viewer", "entry", "terms") {
				documents = append(documents, map[string]any{
					"document": at[string](t, term, "document"), "version": at[string](t, term, "version"), "textHash": at[string](t, term, "textHash"),
				})
			}
			return act{viewer: newcomer, input: map[string]any{"documents": documents}}
		},
		"linkFundRecord": func(_ *testing.T, c *cabinet) act {
			p, _ := persona.ByName("newcomer")
			return act{viewer: c.as("newcomer"), input: map[string]any{"snils": p.Profile.Snils.String(), "accessCode": p.AccessCode}}
		},
		"approveThisNetwork": func(_ *testing.T, c *cabinet) act {
			blocked := c.as("ivanova")
			blocked.Entry = viewer.Blocked
			return act{blocked, map[string]any{}, 1}
		},
		"approveNetwork": func(_ *testing.T, c *cabinet) act {
			return act{c.as("ivanova"), map[string]any{"range": "192.0.2.0/24"}, 1}
		},
		"removeNetwork": func(t *testing.T, c *cabinet) act {
			t.Helper()
			petrov := c.as("petrov")
			input := map[string]any{"range": "192.0.2.0/24", "idempotencyKey": "to-be-removed"}
			c.confirmInto(petrov, approve, input)
			data := c.query(petrov, approve, map[string]any{"input": input})
			return act{petrov, map[string]any{"network": at[string](t, data, "approveNetwork", "networks", 0, "id")}, 1}
		},
		"requestVerification": func(t *testing.T, c *cabinet) act {
			t.Helper()
			sidorov := c.as("sidorov") // whose identity is not confirmed
			return act{sidorov, map[string]any{"passportScan": c.addScan(t, sidorov), "snilsScan": c.addScan(t, sidorov)}, 1}
		},
	}
}

// unfed are the mutations that the feed does not tell. Sessions are no part of it: they change with every request, and the
// streams of one that was ended are closed.
func unfed() []string { return []string{"endSession", "endAllSessions"} }

// Every change to what an owner sees raises the owner's sequence by one; its retry, and what has faults, raise nothing.
func TestEveryMutationRaisesTheSequenceByOne(t *testing.T) {
	mutations := published(t).Mutation
	require.Len(t, mutations.Fields, len(acts())+len(unfed()), "each mutation is tried")
	each(t, func(t *testing.T, c *cabinet) {
		for name, prepare := range acts() {
			f := mutations.Fields.ForName(name)
			require.NotNil(t, f, name)
			document := fmt.Sprintf("mutation($input: %s!) { %s(input: $input) { userErrors { field code message } } }", inputType(f), name)
			a := prepare(t, c)
			input := maps.Clone(a.input)
			input["idempotencyKey"] = "the-one-key-of-" + name
			for range a.confirmed {
				c.confirmInto(a.viewer, document, input)
			}
			before := c.version(t, a.viewer)
			done := c.query(a.viewer, document, map[string]any{"input": input})
			require.Empty(t, at[[]any](t, done, name, "userErrors"), name)
			require.Equal(t, before+1, c.version(t, a.viewer), name)
			require.Equal(t, done, c.query(a.viewer, document, map[string]any{"input": input}), name)
			require.Equal(t, before+1, c.version(t, a.viewer), "%s again", name)

			input["idempotencyKey"] = "short"
			require.NotEmpty(t, c.ask(a.viewer, document, map[string]any{"input": input}).Errors, name)
			require.Equal(t, before+1, c.version(t, a.viewer), "%s with a fault", name)
		}
		ivanova := c.as("ivanova")
		c.begin(t, ivanova, session.Browser, "somewhere")
		before := c.version(t, ivanova)
		c.query(ivanova, `mutation($input: EndAllSessionsInput!) { endAllSessions(input: $input) { ended } }`,
			map[string]any{"input": map[string]any{"exceptCurrent": false, "idempotencyKey": uuid.NewString()}})
		require.Equal(t, before, c.version(t, ivanova))
	})
}
