package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/viewer"
	"kabinet/internal/web"
)

var errAway = errors.New("marker: away")

// doorkeeper is what the rooms behind the edge say of people.
type doorkeeper struct {
	entry     viewer.Entry
	confirmed bool
	approved  []netip.Prefix // none: everywhere
	fails     bool

	asked   int
	viewers []viewer.Viewer
	blocked []uuid.UUID
}

func (d *doorkeeper) options(o *web.Options) {
	withApp(o)
	o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // of whom httptest's requests are
	o.Networks = d
	o.Entry = func(ctx context.Context, v viewer.Viewer) (viewer.Entry, error) {
		d.asked++
		d.viewers = append(d.viewers, v, viewer.FromContext(ctx))
		return d.entry, d.failure()
	}
	o.Confirmed = func(context.Context, uuid.UUID) (bool, error) { return d.confirmed, d.failure() }
}

func (d *doorkeeper) failure() error {
	if d.fails {
		return errAway
	}
	return nil
}

func (d *doorkeeper) Allows(_ context.Context, _ uuid.UUID, address netip.Addr) (bool, error) {
	for _, p := range d.approved {
		if p.Contains(address) {
			return true, d.failure()
		}
	}
	return len(d.approved) == 0, d.failure()
}

func (d *doorkeeper) Blocked(_ context.Context, person uuid.UUID) error {
	d.blocked = append(d.blocked, person)
	return d.failure()
}

const (
	home   = "198.51.100.7"
	abroad = "203.0.113.9"
)

// from sends what follows from an address, as the proxy in front tells it.
func (b *browser) from(address string) *browser {
	b.through = address
	return b
}

// entry is how far /auth/session says somebody has come in.
func (b *browser) entry(t *testing.T) string {
	t.Helper()
	return decode[struct{ Entry string }](t, b.get(t, "/auth/session")).Entry
}

func TestAStepThatIsDoneOpensTheDoor(t *testing.T) {
	d := &doorkeeper{entry: viewer.Incomplete}
	b := newCabinet(t, d.options).browser()
	b.login(t, "ivanova")
	require.Equal(t, "INCOMPLETE", b.entry(t))
	require.Equal(t, 1, d.asked, "asking for the session asks nobody else")
	who := b.query(t)
	require.Equal(t, viewer.Incomplete, who.Entry)
	require.Equal(t, 2, d.asked)
	for _, v := range d.viewers {
		require.Equal(t, who.Person, v.PersonID, "it is the person who asks")
		require.Equal(t, viewer.Extended, v.Level)
	}
	require.Equal(t, who.Session, d.viewers[3].SessionID)

	d.entry = viewer.Complete
	require.Equal(t, viewer.Complete, b.query(t).Entry, "at once")
	require.Equal(t, "COMPLETE", b.entry(t))
	d.entry, d.fails = viewer.Incomplete, true
	for range 3 {
		require.Equal(t, viewer.Complete, b.query(t).Entry, "who is in stays in")
	}
	require.Equal(t, 3, d.asked, "and nobody is asked any more")
}

// TestWhoWasLetInMayChangeTheirNetwork: the network was looked at when they signed in, from home.
func TestWhoWasLetInMayChangeTheirNetwork(t *testing.T) {
	d := &doorkeeper{entry: viewer.Incomplete, approved: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}
	b := newCabinet(t, d.options).browser().from(home)
	b.login(t, "ivanova")
	require.Equal(t, viewer.Incomplete, b.query(t).Entry)
	b.from(abroad)
	require.Equal(t, viewer.Incomplete, b.query(t).Entry)
	d.entry = viewer.Complete
	require.Equal(t, viewer.Complete, b.query(t).Entry, "the step that they do there opens the door")
	require.Empty(t, d.blocked)
}

func TestALoginFromAnotherNetwork(t *testing.T) {
	d := &doorkeeper{entry: viewer.Complete, approved: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}
	c := newCabinet(t, d.options)
	b := c.browser().from(abroad)
	b.login(t, "ivanova")
	require.Equal(t, "BLOCKED", b.entry(t))
	who := b.query(t)
	require.Equal(t, viewer.Blocked, who.Entry)
	require.Equal(t, []uuid.UUID{who.Person}, d.blocked, "it is noted, once")
	require.Zero(t, d.asked, "how far they would be in does not matter")
	for range 2 {
		require.Equal(t, viewer.Blocked, b.query(t).Entry, "what is done otherwise opens nothing")
	}

	d.entry = viewer.Incomplete
	d.approved = append(d.approved, netip.MustParsePrefix(abroad+"/32"))
	require.Equal(t, viewer.Incomplete, b.query(t).Entry, "as far as they have come")
	d.entry = viewer.Complete
	require.Equal(t, viewer.Complete, b.query(t).Entry)
	require.Len(t, d.blocked, 1)

	at := c.browser().from(home)
	at.login(t, "ivanova")
	require.Equal(t, viewer.Complete, at.query(t).Entry)
	d.approved = d.approved[:1]
	require.Equal(t, viewer.Complete, b.query(t).Entry, "an open session is not asked where it is")

	app := newApp()
	phone := c.browser().from(abroad)
	code := told(t, phone.get(t, phone.visit(t, phone.beginApp(t, app), "persona=ivanova")), app.redirect).Get("code")
	p := requirePair(t, c.exchange(t, app, code))
	answer := c.browser().from(abroad).do(t, http.MethodPost, "/graphql", "{}", "Authorization", "Bearer "+p.AccessToken)
	require.Equal(t, viewer.Blocked, decode[seen](t, answer).Entry, "the app's login is one like others")
}

func TestTheFundMayHaveConfirmedSomebody(t *testing.T) {
	d := &doorkeeper{entry: viewer.Complete}
	c := newCabinet(t, d.options)
	b := c.browser()
	b.login(t, "sidorov")
	require.Equal(t, viewer.Basic, b.query(t).Level)
	d.confirmed = true
	b.login(t, "sidorov")
	require.Equal(t, viewer.Extended, b.query(t).Level)
	require.Equal(t, "EXTENDED", b.state(t).AccessLevel)
}

func TestWhenItCannotBeFoundOutNobodyComesIn(t *testing.T) {
	for name, persona := range map[string]string{"networks": "ivanova", "confirmation": "sidorov"} {
		t.Run(name, func(t *testing.T) {
			d := &doorkeeper{entry: viewer.Complete, fails: true}
			b := newCabinet(t, d.options).browser()
			answer := b.get(t, b.visit(t, b.begin(t, "/"), "persona="+persona))
			r := requireRefused(t, answer, http.StatusInternalServerError, fault.Internal)
			require.NotContains(t, r.Message, "marker")
			b.requireNobody(t, answer, 0)
		})
	}
	t.Run("a request of somebody who is not in", func(t *testing.T) {
		d := &doorkeeper{entry: viewer.Incomplete}
		c := newCabinet(t, d.options)
		b := c.browser()
		b.login(t, "ivanova")
		d.fails = true
		requireRefused(t, b.do(t, http.MethodPost, "/graphql", "{}", csrf...), http.StatusInternalServerError, fault.Internal)
		require.Zero(t, c.asked)
	})
	t.Run("an answer that says nothing", func(t *testing.T) {
		b := newCabinet(t, (&doorkeeper{}).options).browser()
		b.login(t, "ivanova")
		require.Equal(t, viewer.Incomplete, b.query(t).Entry)
	})
}

// Links to files are kept and passed on: they open to nobody who is not in.
func TestADownloadIsForThoseWhoAreIn(t *testing.T) {
	d := &doorkeeper{entry: viewer.Complete}
	c := newCabinet(t, d.options)
	b := c.browser().from(home)
	b.login(t, "ivanova")
	where := c.addDocument(t, b.query(t).Person, "f.pdf", "secret")
	require.Equal(t, "secret", text(t, b.get(t, where)))

	incomplete, blocked := c.browser().from(home), c.browser().from(abroad)
	d.entry = viewer.Incomplete
	incomplete.login(t, "ivanova")
	require.Equal(t, "INCOMPLETE", incomplete.entry(t))
	d.entry, d.approved = viewer.Complete, []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
	blocked.login(t, "ivanova")
	require.Equal(t, "BLOCKED", blocked.entry(t))
	d.entry = viewer.Incomplete
	for name, late := range map[string]*browser{"incomplete": incomplete, "blocked": blocked} {
		for _, target := range []string{where, "/documents/no-id/versions/1"} {
			body := requireRefused(t, late.get(t, target), http.StatusForbidden, fault.AccessLevelRequired)
			require.NotContains(t, body.Message, "secret", name)
		}
	}
	d.approved = append(d.approved, netip.MustParsePrefix(abroad+"/32"))
	d.entry = viewer.Complete
	require.Equal(t, "secret", text(t, blocked.get(t, where)), "once the network is approved")
}
