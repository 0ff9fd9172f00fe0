package main_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// office tells the demo fund how to behave, or what to do.
func (p *program) office(t *testing.T, what string, order map[string]any) {
	t.Helper()
	body, err := json.Marshal(order)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/dev/fund/"+what, strings.NewReader(string(body)))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	status, answer := p.stranger(t).do(r)
	require.Equal(t, http.StatusOK, status, answer)
}

// code is the newest confirmation code that a phone has received.
func (p *program) code(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/dev/inbox", nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "application/json")
	_, body := p.stranger(t).do(r)
	var messages []struct{ Text string }
	require.NoError(t, json.Unmarshal([]byte(body), &messages), body)
	require.NotEmpty(t, messages)
	return messages[0].Text[:6]
}

const (
	saveDraft = `mutation($input: SaveAppealDraftInput!) { saveAppealDraft(input: $input) { appeal { id updatedAt } userErrors { message } } }`
	submit    = `mutation($input: SubmitAppealInput!) { submitAppeal(input: $input) { appeal { id state } userErrors { message } } }`
	whole     = `query($id: ID!) { node(id: $id) { ... on Appeal { number state specialist dueOn delivery { state attempts }
		timeline { to actor } messages { author body } } } }`
)

// submit writes an appeal and submits it with a code, as a person does, and gives its id.
func (c *citizen) submit(subject, body string) string {
	c.t.Helper()
	var saved struct {
		SaveAppealDraft struct {
			Appeal struct{ ID, UpdatedAt string }
		}
	}
	c.query(saveDraft, map[string]any{"input": map[string]any{
		"kind": "INQUIRY", "subject": subject, "body": body, "idempotencyKey": "draft-of-the-journey",
	}}, &saved)
	appeal := saved.SaveAppealDraft.Appeal
	input := map[string]any{"id": appeal.ID, "ifUpdatedAt": appeal.UpdatedAt, "idempotencyKey": "submit-the-journey"}
	status, refused := c.do(c.request(c.t.Context(), submit, map[string]any{"input": input}))
	require.Equal(c.t, http.StatusOK, status)
	var challenge struct {
		Errors []struct {
			Extensions struct {
				Code         string
				Confirmation struct{ ID string }
			}
		}
	}
	require.NoError(c.t, json.Unmarshal([]byte(refused), &challenge))
	require.Len(c.t, challenge.Errors, 1, refused)
	require.Equal(c.t, "CONFIRMATION_REQUIRED", challenge.Errors[0].Extensions.Code)
	input["confirmation"] = map[string]any{"id": challenge.Errors[0].Extensions.Confirmation.ID, "code": c.p.code(c.t)}
	var sent struct {
		SubmitAppeal struct{ Appeal struct{ ID, State string } }
	}
	c.query(submit, map[string]any{"input": input}, &sent)
	require.Equal(c.t, "SUBMITTED", sent.SubmitAppeal.Appeal.State)
	return appeal.ID
}

// states gives what becomes of a subject, change of state by change of state, until the last that is wanted.
func (s stream) states(t *testing.T, subject, last string) (states []string) {
	t.Helper()
	for len(states) == 0 || states[len(states)-1] != last {
		if c := s.next(t); c.Subject.ID == subject && c.To != "" {
			states = append(states, c.To)
		}
	}
	return states
}

// E2, E3, E7, G1, J2: what a citizen submits while the fund is down, and the program is killed, reaches the fund once, and
// the citizen sees each step of the employees live.
func TestAnAppealGoesTheWholeWay(t *testing.T) {
	each(t, func(t *testing.T, p *program) {
		p.office(t, "scenario", map[string]any{"scenario": "down"})
		citizen := p.login(t, "ivanova")
		var before leaves
		citizen.query(openLeaf, nil, &before)
		id := citizen.submit("Запрос сведений о выплатах", "Прошу сообщить, когда поступит выплата.")
		var seen struct {
			Node struct {
				Number, State, Specialist, DueOn string
				Delivery                         struct {
					State    string
					Attempts int
				}
				Timeline []struct{ To, Actor string }
				Messages []struct{ Author, Body string }
			}
		}
		require.Eventually(t, func() bool {
			citizen.query(whole, map[string]any{"id": id}, &seen)
			return seen.Node.Delivery.Attempts > 0
		}, deadline, 20*time.Millisecond, "it is tried")
		require.Equal(t, "PENDING", seen.Node.Delivery.State)
		require.Equal(t, "SUBMITTED", seen.Node.State)
		p.kill(t)
		p.run(t)
		p.office(t, "scenario", map[string]any{"scenario": "normal", "pace": 50_000})

		again := p.login(t, "ivanova")
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		changes := again.overEvents(ctx, before.Viewer.FeedCursor)
		require.Equal(t, []string{"DRAFT", "SUBMITTED", "REGISTERED", "UNDER_REVIEW", "DONE"}, changes.states(t, id, "DONE"))
		again.query(whole, map[string]any{"id": id}, &seen)
		require.Equal(t, "DELIVERED", seen.Node.Delivery.State)
		require.NotEmpty(t, seen.Node.Number)
		require.NotEmpty(t, seen.Node.Specialist)
		require.NotEmpty(t, seen.Node.DueOn)
		require.Len(t, seen.Node.Timeline, 5, "and nothing twice")

		var office struct{ Commands int }
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/dev/fund/state", nil)
		require.NoError(t, err)
		_, body := p.stranger(t).do(r)
		require.NoError(t, json.Unmarshal([]byte(body), &office), body)
		require.Equal(t, 1, office.Commands)
		p.stop(t)
	})
}
