package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

// grace is for how long a used refresh token may be sent again.
const grace = 30 * time.Second

// modelled is what a naive reader of the rules expects of one session.
type modelled struct {
	mobile       bool
	ended        bool
	reason       string
	idleEnd, end time.Time
	entry        viewer.Entry
	renewals     int       // of the provider's tokens
	due          time.Time // when the next one is
	subject      string
	access       []string // the last one is present
	refresh      []*modelledToken
	open         session.Open // as it was found last
}

type modelledToken struct {
	text      string
	usedAt    time.Time // zero: not yet
	successor *modelledToken
}

func (m *modelled) opens(now time.Time) bool {
	return !m.ended && now.Before(m.idleEnd) && now.Before(m.end)
}

func (m *modelled) finish(reason string) { m.ended, m.reason = true, reason }

// world is a place with its model.
type world struct {
	t        *testing.T
	p        *place
	others   *session.Service
	sessions []*modelled
	subjects int
}

// service draws the instance that a request comes to.
func (w *world) service(r *rapid.T) *session.Service {
	return rapid.SampledFrom([]*session.Service{w.p.Service, w.others}).Draw(r, "instance")
}

// pick draws a session; nil when there is none.
func (w *world) pick(r *rapid.T, mobile bool) *modelled {
	var which []*modelled
	for _, m := range w.sessions {
		if m.mobile || !mobile {
			which = append(which, m)
		}
	}
	if len(which) == 0 {
		return nil
	}
	return rapid.SampledFrom(which).Draw(r, "session")
}

func (w *world) start() (session.Start, *modelled) {
	w.subjects++
	start := w.p.start()
	start.Entry, start.Subject = viewer.Blocked, subjectOf(w.subjects)
	start.Tokens = w.p.provider.login(start.Subject)
	now := w.p.clock.Now()
	return start, &modelled{
		entry: start.Entry, subject: start.Subject, idleEnd: now.Add(idle), end: now.Add(absolute), due: start.Tokens.ExpiresAt.Add(-time.Minute),
	}
}

// maxSessions keeps a run short; more would tell nothing new.
const maxSessions = 4

func (w *world) begin(r *rapid.T) {
	if len(w.sessions) == maxSessions {
		return
	}
	start, m := w.start()
	token, err := w.service(r).Begin(w.t.Context(), start)
	require.NoError(r, err)
	m.access = []string{token}
	w.add(r, m)
}

func (w *world) beginMobile(r *rapid.T) {
	if len(w.sessions) == maxSessions {
		return
	}
	start, m := w.start()
	code, verifier := w.p.beginMobile(w.t, start)
	pair, err := w.service(r).Exchange(w.t.Context(), code, verifier, redirectURI)
	require.NoError(r, err)
	m.mobile, m.access, m.refresh = true, []string{pair.Access}, []*modelledToken{{text: pair.Refresh}}
	w.add(r, m)
}

func (w *world) add(r *rapid.T, m *modelled) {
	var err error
	m.open, err = w.service(r).Check(w.t.Context(), m.access[0], false)
	require.NoError(r, err)
	w.sessions = append(w.sessions, m)
}

// refreshes sends any refresh token that there ever was.
func (w *world) refreshes(r *rapid.T) {
	m := w.pick(r, true)
	if m == nil {
		return
	}
	now := w.p.clock.Now()
	sent := rapid.SampledFrom(m.refresh).Draw(r, "refresh token")
	if rapid.Bool().Draw(r, "the newest") {
		sent = m.refresh[len(m.refresh)-1]
	}
	pair, err := w.service(r).Refresh(w.t.Context(), sent.text)
	if m.ended || !now.Before(m.end) {
		require.ErrorIs(r, err, session.ErrSignInAgain)
		return
	}
	inGrace := sent.successor != nil && sent.successor.usedAt.IsZero() && now.Sub(sent.usedAt) < grace
	if !sent.usedAt.IsZero() && !inGrace {
		require.ErrorIs(r, err, session.ErrSignInAgain)
		m.finish(session.ReasonReused)
		return
	}
	require.NoError(r, err)
	next := &modelledToken{text: pair.Refresh}
	if sent.successor != nil {
		sent.successor.usedAt = now
	} else {
		sent.usedAt = now
	}
	sent.successor = next
	m.refresh, m.access, m.idleEnd = append(m.refresh, next), append(m.access, pair.Access), now.Add(idle)
}

// asks sends any access token that there ever was.
func (w *world) asks(r *rapid.T) {
	m := w.pick(r, false)
	if m == nil {
		return
	}
	act := rapid.Bool().Draw(r, "act")
	i := rapid.IntRange(0, len(m.access)-1).Draw(r, "access token")
	w.check(r, w.service(r), m, i, act)
}

func (w *world) check(r *rapid.T, s *session.Service, m *modelled, i int, act bool) {
	now := w.p.clock.Now()
	open, err := s.Check(w.t.Context(), m.access[i], act)
	if i != len(m.access)-1 || !m.opens(now) {
		require.ErrorIs(r, err, fault.ErrUnauthenticated)
		return
	}
	require.NoError(r, err)
	if act {
		m.idleEnd = now.Add(idle)
	}
	m.open = open
	require.Equal(r, m.entry, open.Viewer.Entry)
	require.Equal(r, idTokenOf(m.subject, m.renewals), open.IDToken())
	require.Equal(r, m.end, open.AbsoluteEndsAt)
}

func (w *world) touches(r *rapid.T) {
	m := w.pick(r, false)
	if m == nil {
		return
	}
	w.service(r).Touch(w.t.Context(), m.open) // which may know an older token
	if now := w.p.clock.Now(); m.opens(now) {
		m.idleEnd = now.Add(idle)
	}
}

func (w *world) promotes(r *rapid.T) {
	m := w.pick(r, false)
	if m == nil {
		return
	}
	entry := viewer.Entry(rapid.IntRange(int(viewer.Blocked), int(viewer.Complete)).Draw(r, "entry"))
	token := m.access[len(m.access)-1]
	s := w.service(r)
	open, err := s.Check(w.t.Context(), token, false)
	if !m.opens(w.p.clock.Now()) {
		require.ErrorIs(r, err, fault.ErrUnauthenticated)
		return
	}
	require.NoError(r, err)
	open, err = s.Promote(w.t.Context(), token, open, entry)
	require.NoError(r, err)
	m.entry = max(m.entry, entry)
	require.Equal(r, m.entry, open.Viewer.Entry)
}

func (w *world) renews(r *rapid.T) {
	m := w.pick(r, false)
	if m == nil || !m.opens(w.p.clock.Now()) {
		return
	}
	token, now := m.access[len(m.access)-1], w.p.clock.Now()
	refused := rapid.IntRange(0, 9).Draw(r, "refused") == 0
	if refused {
		w.p.provider.logout(m.subject)
	}
	s := w.service(r)
	open, err := s.Check(w.t.Context(), token, false)
	require.NoError(r, err)
	err = s.Renew(w.t.Context(), token, open)
	switch {
	case now.Before(m.due):
		require.NoError(r, err)
		if refused {
			w.p.provider.loginAgain(m.subject, m.renewals)
		}
	case refused:
		require.ErrorIs(r, err, fault.ErrUnauthenticated)
		m.finish(session.ReasonUpstream)
	default:
		require.NoError(r, err)
		m.renewals++
		m.due = now.Add(w.p.provider.life - time.Minute)
	}
}

func (w *world) ends(r *rapid.T) {
	m := w.pick(r, false)
	if m == nil {
		return
	}
	require.NoError(r, w.service(r).End(w.t.Context(), m.open, session.ReasonReplaced))
	if !m.ended {
		m.finish(session.ReasonReplaced)
	}
}

func (w *world) passes(r *rapid.T) {
	w.p.pass(w.t, rapid.SampledFrom([]time.Duration{
		time.Second, grace - time.Second, grace, time.Minute, 9 * time.Minute, idle - time.Second, idle, 2 * time.Hour,
	}).Draw(r, "time"))
}

// look compares everything.
func (w *world) look(r *rapid.T) {
	now := w.p.clock.Now()
	listed, ended := 0, 0
	for _, m := range w.sessions {
		for i := max(0, len(m.access)-2); i < len(m.access); i++ { // the present one and what it has replaced
			w.check(r, w.p.Service, m, i, false)
		}
		_, isOpen := w.others.Look(w.t.Context(), m.open)
		require.Equal(r, m.opens(now), isOpen, "what a stream would see")
		if !m.ended && now.Before(m.end) && (m.mobile || m.opens(now)) {
			listed++
		}
		if m.ended {
			ended++
		}
	}
	require.Len(r, w.p.reasons(w.t), ended)
	list, err := w.p.List(viewer.NewContext(w.t.Context(), viewer.Viewer{PersonID: w.p.person}))
	require.NoError(r, err)
	require.LessOrEqual(r, len(list), listed)
	require.GreaterOrEqual(r, len(list), listed-w.lagging(now))
}

// lagging is how many sessions the rows may hold to be idle although Redis knows of a later act.
func (w *world) lagging(now time.Time) int {
	n := 0
	for _, m := range w.sessions {
		if !m.mobile && m.opens(now) && m.idleEnd.Sub(now) <= time.Minute {
			n++
		}
	}
	return n
}

// TestWhateverHappensInWhateverOrder compares the service with the model after every step of random lives.
func TestWhateverHappensInWhateverOrder(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		others := p.instance(t, p.redis)
		subjects := 0
		rapid.Check(t, func(r *rapid.T) {
			p.person = persontest.New(t, p.store)
			w := &world{t: t, p: p, others: others, subjects: subjects}
			r.Repeat(map[string]func(*rapid.T){
				"begin": w.begin, "begin mobile": w.beginMobile, "refresh": w.refreshes, "refresh again": w.refreshes, "ask": w.asks,
				"touch": w.touches, "promote": w.promotes, "renew": w.renews, "end": w.ends, "pass": w.passes, "pass more": w.passes,
				"": w.look,
			})
			subjects = w.subjects
		})
	}, rowsAlone, sqliteMini)
}
