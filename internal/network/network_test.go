package network_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/network"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

// place is the service with two people.
type place struct {
	*network.Service

	store    *storage.Store
	ann, bob uuid.UUID
	keys     int
}

// deaf is told of what nobody listens to.
type deaf struct{}

func (deaf) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		c := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
		test(t, &place{
			Service: network.New(s, persontest.Sealer(t), feed.NewRecorder(c, deaf{}), audit.NewJournal(c), c),
			store:   s, ann: persontest.New(t, s), bob: persontest.New(t, s),
		})
	})
}

func (p *place) key() string {
	p.keys++
	return fmt.Sprintf("intention-%d", p.keys)
}

func address(s string) netip.Addr { return netip.MustParseAddr(s) }

// home is where Ann's requests come from.
var home = address("192.0.2.7")

func (p *place) approve(ctx context.Context, text string) (*network.Network, error) {
	return p.Approve(ctx, network.ApproveInput{Range: text, Title: "Дом", IdempotencyKey: p.key()}, home)
}

func (p *place) remove(ctx context.Context, id ref.Ref) error {
	return p.Remove(ctx, network.RemoveInput{Network: id, IdempotencyKey: p.key()}, home)
}

func (p *place) ranges(t *testing.T, id uuid.UUID) []string {
	t.Helper()
	list, err := p.List(persontest.As(t, id))
	require.NoError(t, err)
	found := []string{}
	for _, n := range list {
		found = append(found, n.Range)
	}
	return found
}

func (p *place) version(t *testing.T, id uuid.UUID) int64 {
	t.Helper()
	n, err := owner.Sequence(persontest.System(t), p.store, id)
	require.NoError(t, err)
	return n
}

func codes(t *testing.T, err error) map[string]fault.InputCode {
	t.Helper()
	var faults fault.Invalid
	require.ErrorAs(t, err, &faults)
	found := map[string]fault.InputCode{}
	for _, f := range faults {
		found[strings.Join(f.Path, ".")] = f.Code
		require.NotEmpty(t, f.Message.Ru)
		require.NotEmpty(t, f.Message.En)
	}
	return found
}

func TestOnlyApprovedNetworksAreLetIn(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		allows := func(want bool, id uuid.UUID, a netip.Addr) {
			t.Helper()
			got, err := p.Allows(t.Context(), id, a)
			require.NoError(t, err)
			require.Equal(t, want, got, "%s", a)
		}
		allows(true, p.ann, address("203.0.113.1"))
		allows(true, p.ann, netip.Addr{})

		n, err := p.approve(ann, " 192.0.2.99/24 ")
		require.NoError(t, err)
		require.Equal(t, "192.0.2.0/24", n.Range, "the bits behind the prefix are cleared")
		require.Equal(t, "Дом", n.Title)
		require.Equal(t, ref.Network, n.ID.Kind)
		_, err = p.approve(ann, "2001:db8::/32")
		require.NoError(t, err)
		require.Equal(t, []string{"192.0.2.0/24", "2001:db8::/32"}, p.ranges(t, p.ann))

		allows(true, p.ann, home)
		allows(true, p.ann, address("::ffff:192.0.2.7"))
		allows(true, p.ann, address("2001:db8:1::1"))
		allows(true, p.ann, address("2001:db8:1::1%eth0"))
		allows(false, p.ann, address("192.0.3.7"))
		allows(false, p.ann, address("2001:db9::1"))
		allows(false, p.ann, address("::192.0.2.7"))
		allows(false, p.ann, netip.Addr{})
		allows(true, p.bob, address("203.0.113.1"))
		require.Empty(t, p.ranges(t, p.bob))
		require.EqualValues(t, 2, p.version(t, p.ann))
		require.Zero(t, p.version(t, p.bob))
	})
}

func TestWhatMayBeApproved(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		refused := func(code fault.InputCode, texts ...string) {
			t.Helper()
			for _, text := range texts {
				_, err := p.approve(ann, text)
				require.Equal(t, map[string]fault.InputCode{"range": code}, codes(t, err), text)
			}
		}
		refused(fault.NotAllowed, "203.0.113.0/24", "2001:db8::/32") // the first must contain the present address
		refused(fault.NotAllowed, "0.0.0.0/0", "192.0.0.0/7", "::/0", "2000::/3", "2001::/15", "::ffff:0.0.0.0/96", "::ffff:192.0.0.0/103")
		refused(fault.Malformed, "", "home", "192.0.2.0/33", "192.0.2/24", "192.0.2.0-192.0.2.9", "192.0.2.0/24,10.0.0.0/8", "fe80::1%eth0",
			"fe80::%eth0/64", "192.0.2.0/024", strings.Repeat("1", 1000))
		_, err := p.Approve(ann, network.ApproveInput{Range: "192.0.2.0/24", IdempotencyKey: p.key()}, netip.Addr{})
		require.Equal(t, map[string]fault.InputCode{"range": fault.NotAllowed}, codes(t, err), "nobody knows where the request comes from")
		_, err = p.Approve(ann, network.ApproveInput{Range: "", Title: strings.Repeat("д", 101), IdempotencyKey: p.key()}, home)
		require.Equal(t, map[string]fault.InputCode{"range": fault.Malformed, "title": fault.TooLong}, codes(t, err))
		require.Empty(t, p.ranges(t, p.ann))
		require.Zero(t, p.version(t, p.ann))

		_, err = p.approve(ann, "192.0.2.0/24")
		require.NoError(t, err)
		refused(fault.InConflict, "192.0.2.0/24", "192.0.2.1/24")
		n, err := p.approve(ann, "203.0.113.5")
		require.NoError(t, err)
		require.Equal(t, "203.0.113.5/32", n.Range)
		for i := range 18 {
			_, err = p.approve(ann, fmt.Sprintf("2001:db8:%x::/48", i))
			require.NoError(t, err)
		}
		refused(fault.NotAllowed, "198.51.100.0/24")
		require.Len(t, p.ranges(t, p.ann), 20)
	})
}

func TestWhoIsBlockedApprovesNothingButWhereTheyAre(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		_, err := p.approve(persontest.As(t, p.ann), "192.0.2.0/24")
		require.NoError(t, err)
		blocked := viewer.NewContext(t.Context(), viewer.Viewer{PersonID: p.ann, Level: viewer.Extended, Entry: viewer.Blocked})
		away := address("203.0.113.5")
		in := network.ApproveInput{Range: "198.51.100.0/24", IdempotencyKey: p.key()}
		_, err = p.Approve(blocked, in, away)
		require.Equal(t, map[string]fault.InputCode{"range": fault.NotAllowed}, codes(t, err))
		in.Range = "203.0.113.5"
		_, err = p.Approve(blocked, in, away)
		require.NoError(t, err)
		require.Equal(t, []string{"192.0.2.0/24", "203.0.113.5/32"}, p.ranges(t, p.ann))
	})
}

func TestWhoIsBlockedLetsInTheNetworkTheyCameFrom(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		_, err := p.approve(ann, "192.0.2.0/24")
		require.NoError(t, err)
		as := func(entry viewer.Entry) context.Context {
			return viewer.NewContext(t.Context(), viewer.Viewer{PersonID: p.ann, Level: viewer.Basic, Entry: entry})
		}
		away := address("2001:db8:1:2:3::4")
		in := network.CurrentInput{Title: "Отпуск", IdempotencyKey: p.key()}
		for _, entry := range []viewer.Entry{viewer.Incomplete, viewer.Complete} {
			err := p.ApproveCurrent(as(entry), in, away)
			require.Equal(t, map[string]fault.InputCode{"": fault.OutOfSequence}, codes(t, err), "who is in chooses what they approve, and confirms that")
		}
		err = p.ApproveCurrent(as(viewer.Blocked), in, netip.Addr{})
		require.Equal(t, map[string]fault.InputCode{"": fault.NotAllowed}, codes(t, err), "nobody knows where they are")
		require.NoError(t, p.ApproveCurrent(as(viewer.Blocked), in, away))
		require.NoError(t, p.ApproveCurrent(as(viewer.Incomplete), in, away), "the retry finds them let in")
		require.ErrorIs(t, p.ApproveCurrent(as(viewer.Blocked), in, home), idempotency.ErrReused, "another network is another intention")
		require.Equal(t, []string{"192.0.2.0/24", "2001:db8:1:2::/64"}, p.ranges(t, p.ann))
	})
}

func TestWhatIsFaultyIsFoundBeforeACodeIsSent(t *testing.T) {
	long := strings.Repeat("д", 101)
	id := ref.Of(ref.Network, uuid.New())
	for name, test := range map[string]struct {
		in   interface{ Validate() error }
		want map[string]fault.InputCode // nil: the key
	}{
		"a range":                 {network.ApproveInput{Range: "x", IdempotencyKey: "intention-1"}, map[string]fault.InputCode{"range": fault.Malformed}},
		"a title":                 {network.ApproveInput{Range: "192.0.2.0/24", Title: long, IdempotencyKey: "intention-1"}, map[string]fault.InputCode{"title": fault.TooLong}},
		"a key":                   {network.ApproveInput{Range: "192.0.2.0/24", IdempotencyKey: "short"}, nil},
		"no network":              {network.RemoveInput{Network: ref.Of(ref.Session, id.ID), IdempotencyKey: "intention-1"}, map[string]fault.InputCode{"network": fault.Unknown}},
		"a key of a removal":      {network.RemoveInput{Network: id, IdempotencyKey: "short"}, nil},
		"a title of this network": {network.CurrentInput{Title: long, IdempotencyKey: "intention-1"}, map[string]fault.InputCode{"title": fault.TooLong}},
		"a key of this network":   {network.CurrentInput{IdempotencyKey: "short"}, nil},
	} {
		err := test.in.Validate()
		if test.want == nil {
			require.ErrorIs(t, err, idempotency.ErrKey, name)
			continue
		}
		require.Equal(t, test.want, codes(t, err), name)
	}
	for _, in := range []interface{ Validate() error }{
		network.ApproveInput{Range: "192.0.2.0/24", IdempotencyKey: "intention-1"},
		network.RemoveInput{Network: id, IdempotencyKey: "intention-1"},
		network.CurrentInput{IdempotencyKey: "intention-1"},
	} {
		require.NoError(t, in.Validate())
	}
}

func TestARangeIsRemoved(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		first, err := p.approve(ann, "192.0.2.0/24")
		require.NoError(t, err)
		second, err := p.approve(ann, "203.0.113.0/24")
		require.NoError(t, err)
		unknown := map[string]fault.InputCode{"network": fault.Unknown}
		require.Equal(t, unknown, codes(t, p.remove(persontest.As(t, p.bob), first.ID)), "somebody else's")
		require.Equal(t, unknown, codes(t, p.remove(ann, ref.Of(ref.Network, uuid.New()))))
		require.Equal(t, unknown, codes(t, p.remove(ann, ref.Of(ref.Session, first.ID.ID))))
		require.Equal(t, map[string]fault.InputCode{"network": fault.NotAllowed}, codes(t, p.remove(ann, first.ID)), "they would shut themselves out")
		require.EqualValues(t, 2, p.version(t, p.ann))

		require.NoError(t, p.remove(ann, second.ID))
		require.NoError(t, p.remove(ann, first.ID))
		require.Empty(t, p.ranges(t, p.ann))
		allowed, err := p.Allows(t.Context(), p.ann, address("198.51.100.1"))
		require.NoError(t, err)
		require.True(t, allowed, "none is left, so that they come from everywhere again")
		require.EqualValues(t, 4, p.version(t, p.ann))
	})
}

func TestAnIntentionIsCarriedOutOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		in := network.ApproveInput{Range: "192.0.2.0/24", IdempotencyKey: "intention-0"}
		const requests = 6
		failures, made := make([]error, requests), make([]*network.Network, requests)
		var wg sync.WaitGroup
		for i := range requests {
			wg.Go(func() { made[i], failures[i] = p.Approve(ann, in, home) })
		}
		wg.Wait()
		require.NoError(t, errors.Join(failures...))
		for _, n := range made {
			require.Equal(t, made[0].ID, n.ID)
		}
		in.Range = "192.0.2.8/24" // the same range
		_, err := p.Approve(ann, in, address("203.0.113.1"))
		require.NoError(t, err, "the retry comes from elsewhere")
		in.Range = "192.0.2.0/25"
		_, err = p.Approve(ann, in, home)
		require.ErrorIs(t, err, idempotency.ErrReused)
		require.Equal(t, []string{"192.0.2.0/24"}, p.ranges(t, p.ann))

		out := network.RemoveInput{Network: made[0].ID, IdempotencyKey: "intention-1"}
		require.NoError(t, p.Remove(ann, out, home))
		require.NoError(t, p.Remove(ann, out, home))
		in.Range = "192.0.2.0/24"
		_, err = p.Approve(ann, in, home)
		require.ErrorIs(t, err, fault.ErrNotFound, "what was approved then is there no more")
		require.EqualValues(t, 2, p.version(t, p.ann))
	})
}

// The same range approved by several devices at once is there once, and no race lets in more than twenty.
func TestRangesApprovedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		for i := range 18 {
			_, err := p.approve(ann, fmt.Sprintf("192.0.2.0/%d", 8+i))
			require.NoError(t, err)
		}
		const devices = 4
		failures := make([]error, devices)
		var wg sync.WaitGroup
		for i := range devices {
			in := network.ApproveInput{Range: fmt.Sprintf("203.0.%d.0/24", i/2), IdempotencyKey: p.key()}
			wg.Go(func() { _, failures[i] = p.Approve(ann, in, home) })
		}
		wg.Wait()
		refused := 0
		for _, err := range failures {
			if err != nil {
				require.Equal(t, map[string]fault.InputCode{"range": fault.InConflict}, codes(t, err))
				refused++
			}
		}
		require.Equal(t, 2, refused)
		require.Len(t, p.ranges(t, p.ann), 20)
	})
}

func TestWhatIsDoneStandsInTheJournal(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		n, err := p.approve(ann, "192.0.2.0/24")
		require.NoError(t, err)
		require.NoError(t, p.Blocked(t.Context(), p.ann))
		require.NoError(t, p.remove(ann, n.ID))
		entries, err := p.store.AuditEntry.Query().Order(ent.Asc(auditentry.FieldSequence)).All(persontest.System(t))
		require.NoError(t, err)
		require.Len(t, entries, 3)
		require.Equal(t, "network.approve", entries[0].Action)
		require.Equal(t, n.ID.String(), entries[0].Subject)
		require.Equal(t, "session.begin", entries[1].Action)
		require.Equal(t, "network", entries[1].Reason)
		require.False(t, entries[1].Allowed)
		require.Equal(t, "system:login", entries[1].Actor)
		require.Equal(t, "network.remove", entries[2].Action)
		require.EqualValues(t, 2, p.version(t, p.ann), "a refused login is no change of what they see")
	})
}

func TestNoRangeIsInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		_, err := p.approve(persontest.As(t, p.ann), "192.0.2.0/24")
		require.NoError(t, err)
		row, err := p.store.Network.Query().Only(persontest.System(t))
		require.NoError(t, err)
		require.NotContains(t, row.String()+string(row.Range), "192.0.2")
	})
}

// A range contains exactly the addresses that share its leading bits, in whichever family these are written.
func TestARangeContainsWhatSharesItsPrefix(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system := persontest.System(t)
		rapid.Check(t, func(r *rapid.T) {
			size := rapid.SampledFrom([]int{4, 16}).Draw(r, "bytes")
			draw := func(name string) []byte { return rapid.SliceOfN(rapid.Byte(), size, size).Draw(r, name) }
			base, bits := draw("base"), rapid.IntRange(size*4, size*8).Draw(r, "bits")
			here, ok := netip.AddrFromSlice(base)
			require.True(r, ok)
			_, err := p.store.Network.Delete().Exec(system)
			require.NoError(r, err)
			in := network.ApproveInput{Range: netip.PrefixFrom(here, bits).String(), IdempotencyKey: p.key()}
			n, err := p.Approve(viewer.NewContext(system, viewer.Viewer{PersonID: p.ann}), in, here)
			require.NoError(r, err)
			parsed, err := network.Parse(n.Range)
			require.NoError(r, err)
			require.Equal(r, n.Range, parsed.String(), "the normal form is its own")

			other := draw("other")
			copy(other, base[:rapid.IntRange(0, size).Draw(r, "shared")])
			shares := true
			for i := range bits {
				mask := byte(1) << (7 - i%8)
				shares = shares && base[i/8]&mask == other[i/8]&mask
			}
			there, _ := netip.AddrFromSlice(other)
			got, err := p.Allows(system, p.ann, there)
			require.NoError(r, err)
			require.Equal(r, shares, got, "%s in %s", there, n.Range)
			if size == 4 {
				got, err = p.Allows(system, p.ann, netip.AddrFrom16(there.As16()))
				require.NoError(r, err)
				require.Equal(r, shares, got, "mapped")
			}
		})
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.0/120", "10.0.0.1", "::/0", "fe80::1%eth0", "/", "1/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		prefix, err := network.Parse(s)
		if err != nil {
			require.Zero(t, prefix)
			return
		}
		require.Equal(t, prefix, prefix.Masked())
		require.Empty(t, prefix.Addr().Zone())
		again, err := network.Parse(prefix.String())
		require.NoError(t, err)
		require.Equal(t, prefix, again)
	})
}
