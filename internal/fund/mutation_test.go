package fund_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fund"
	"kabinet/internal/storage/storagetest"
)

// Ten thousand requests of all types and modes, each spoilt somewhere: none brings the boundary down, what comes of it is
// an outcome or a refusal, and what was applied all the same is applied once.
func TestMutatedRequests(t *testing.T) {
	const requests = 10_000
	b := newBoundary(t, storagetest.OpenSQLite(t)) // that databases differ in nothing of this the other tests show
	b.meetAnn(t)
	m := newMutator(t, b)
	var applied []request
	outcomes := make(map[fund.Outcome]int)
	refused := 0
	for range requests {
		r := m.next(t)
		before := b.version(t)
		results, err := b.Receive(t.Context(), r.header, r.body)
		if err != nil {
			refused++
			requireRefusal(t, err)
			require.Equal(t, before, b.version(t))
			continue
		}
		rise := int64(0)
		for _, result := range results {
			outcomes[result.Outcome]++
			if result.Outcome == fund.Applied {
				rise++
			}
		}
		require.LessOrEqual(t, b.version(t)-before, rise)
		if rise > 0 {
			applied = append(applied, r)
		}
	}
	require.NotZero(t, refused)
	for _, outcome := range []fund.Outcome{fund.Applied, fund.Refused, fund.Stale} {
		require.NotZero(t, outcomes[outcome], "the mutations reach %s", outcome)
	}
	before := b.version(t)
	for _, r := range applied {
		results, err := b.Receive(t.Context(), r.header, r.body)
		require.NoError(t, err)
		for _, result := range results {
			require.NotEqual(t, fund.Applied, result.Outcome)
		}
	}
	require.Equal(t, before, b.version(t), "nothing is changed twice")
}

func requireRefusal(t *testing.T, err error) {
	t.Helper()
	refusals := []error{fund.ErrSignature, fund.ErrEnvelope, fund.ErrMediaType, fund.ErrMessageID, fund.ErrBatch}
	if !slices.Contains(refusals, err) { // sentinels, given as they are
		require.NoError(t, err, "a fault of the cabinet's own")
	}
}

// mutator makes requests and spoils them; the same every time.
type mutator struct {
	*boundary

	random   *rand.Rand
	names    []string
	kinds    map[string]kind
	subjects map[string]string
	n        int
}

func newMutator(t *testing.T, b *boundary) *mutator {
	t.Helper()
	m := &mutator{boundary: b, random: rand.New(rand.NewPCG(2026, 11)), kinds: kinds(), subjects: make(map[string]string)}
	review := withAppeal(t, b)
	for name, k := range m.kinds {
		m.names = append(m.names, name)
		switch name { // those made for other types already
		case fund.TypeSickLeaveChanged:
			m.subjects[name] = withLeave(t, b)
		case fund.TypeSickLeaveIssued:
			m.subjects[name] = "910000000007"
		case fund.TypeBenefitStarted:
			m.subjects[name] = withBenefit(t, b)
		case fund.TypeBenefitChanged, fund.TypeBenefitAccrued, fund.TypeBenefitNotice:
			m.subjects[name] = benefitNumber
		case fund.TypeAppealChanged, fund.TypeAppealAssigned, fund.TypeAppealCommented, fund.TypeAppealDeficiencies, fund.TypeAppealDecided:
			m.subjects[name] = review
		default:
			m.subjects[name] = k.subject(t, b)
		}
	}
	slices.Sort(m.names)
	return m
}

func (m *mutator) next(t *testing.T) request {
	t.Helper()
	m.n++
	name := m.names[m.random.IntN(len(m.names))]
	subject := m.subjects[name]
	data := []byte(m.kinds[name].data(subject, 2+m.random.IntN(3)))
	sequence := fmt.Sprint(10 + m.n - 4000*m.random.IntN(2)*m.random.IntN(2))
	id := fmt.Sprint("m", m.n)
	spoilData, spoilAttribute, spoilBody := m.random.IntN(3) == 0, m.random.IntN(4) == 0, m.random.IntN(3) == 0
	if spoilData {
		data = m.spoil(data)
	}
	if spoilAttribute {
		switch m.random.IntN(4) {
		case 0:
			subject = string(m.spoil([]byte(subject)))
		case 1:
			sequence = string(m.spoil([]byte(sequence)))
		case 2:
			id = string(m.spoil([]byte(id)))
		case 3:
			name = m.names[m.random.IntN(len(m.names))]
		}
	}
	r := request{header: http.Header{}}
	switch mode := m.random.IntN(3); {
	case mode == 0:
		r.header.Set("Content-Type", "application/json")
		r.header.Set("Ce-Specversion", "1.0")
		for attribute, value := range map[string]string{
			"id": id, "source": "urn:test", "type": name, "subject": subject, "sequence": sequence, "checksum": fund.Checksum(data),
		} {
			r.header["Ce-"+http.CanonicalHeaderKey(attribute)] = []string{value}
		}
		r.body = data
	case json.Valid(data):
		body, err := json.Marshal(event(name, id, subject, sequence, string(data)))
		require.NoError(t, err)
		r.body = body
		r.header.Set("Content-Type", fund.MediaTypeEvent)
		if mode == 2 {
			r.header.Set("Content-Type", fund.MediaTypeBatch)
			r.body = slices.Concat([]byte("["), body, []byte(","), m.spoil(body), []byte("]"))
		}
	default:
		r.header.Set("Content-Type", fund.MediaTypeEvent)
		r.body = data
	}
	if spoilBody {
		r.body = m.spoil(r.body)
	}
	if m.random.IntN(50) == 0 {
		return r // not signed
	}
	require.NoError(t, fund.Sign(r.header, secret, id, m.clock.Now(), r.body))
	return r
}

// spoil changes a few bytes: one or several are turned, put in, taken away, doubled, or the rest is cut off.
func (m *mutator) spoil(text []byte) []byte {
	text = slices.Clone(text)
	for range 1 + m.random.IntN(3) {
		if len(text) == 0 {
			return text
		}
		at := m.random.IntN(len(text))
		switch m.random.IntN(6) {
		case 0:
			text[at] ^= 1 << m.random.IntN(8)
		case 1:
			text = slices.Insert(text, at, byte(m.random.IntN(256)))
		case 2:
			text = slices.Delete(text, at, at+1)
		case 3:
			to := min(len(text), at+1+m.random.IntN(16))
			text = slices.Insert(text, to, slices.Clone(text[at:to])...)
		case 4:
			text = text[:at]
		case 5:
			text[at] = "0\"{}[],:e-\\ tn"[m.random.IntN(14)]
		}
	}
	return text
}
