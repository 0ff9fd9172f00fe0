package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/network"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// rangePlace is where the sealed range stands.
const rangePlace seal.Place = "networks.range"

const (
	maxNetworks = 20
	maxTitle    = 100 // characters
)

// Network is an approved range.
type Network struct {
	ID        ref.Ref
	Range     string // in CIDR notation
	Title     string // what the person calls it; may be empty
	CreatedAt time.Time

	prefix netip.Prefix
}

// Service keeps approved ranges.
type Service struct {
	store   *storage.Store
	sealer  *seal.Sealer
	feed    *feed.Recorder
	journal *audit.Journal
	clock   clock.Clock
}

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, f *feed.Recorder, j *audit.Journal, c clock.Clock) *Service {
	return &Service{store: s, sealer: sealer, feed: f, journal: j, clock: c}
}

// List gives the ranges that the viewer has approved, oldest first.
func (s *Service) List(ctx context.Context) ([]*Network, error) {
	return s.of(ctx, s.store.Network.Query(), viewer.FromContext(ctx).PersonID)
}

// of reads the ranges of a person.
func (s *Service) of(ctx context.Context, q *ent.NetworkQuery, person uuid.UUID) ([]*Network, error) {
	rows, err := q.Where(network.OwnerID(person)).Order(network.ByCreatedAt(), network.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	networks := make([]*Network, len(rows))
	for i, row := range rows {
		text, err := s.sealer.Open(rangePlace, row.ID, row.Range)
		if err != nil {
			return nil, fmt.Errorf("list networks: %w", err)
		}
		prefix, err := netip.ParsePrefix(string(text))
		if err != nil {
			return nil, errors.New("list networks: what was sealed is no range")
		}
		networks[i] = &Network{
			ID: ref.Of(ref.Network, row.ID), Range: prefix.String(), Title: row.Title, CreatedAt: row.CreatedAt, prefix: prefix,
		}
	}
	return networks, nil
}

// Allows tells whether a person lets themselves in from an address: always when they have approved no range.
func (s *Service) Allows(ctx context.Context, person uuid.UUID, address netip.Addr) (bool, error) {
	networks, err := s.of(viewer.NewSystemContext(ctx, "network"), s.store.Network.Query(), person)
	if err != nil {
		return false, err
	}
	return len(networks) == 0 || contains(networks, address), nil
}

// Blocked notes in a person's journal that they proved who they are from a network that they have not approved.
func (s *Service) Blocked(ctx context.Context, person uuid.UUID) error {
	return s.store.InTx(viewer.NewSystemContext(ctx, "login"), func(ctx context.Context, tx *storage.Tx) error {
		return s.journal.Write(ctx, tx, audit.Entry{
			Owner: person, Action: "session.begin", Subject: ref.Of(ref.Person, person), Denied: true, Reason: "network",
		})
	})
}

// ApproveInput is a range to be approved.
type ApproveInput struct {
	Range          string // in CIDR notation, or one address
	Title          string
	IdempotencyKey string `json:"-"`
}

// Validate finds the faults of the input, as a fault.Invalid, and those of its key.
func (in ApproveInput) Validate() error {
	if _, err := in.normal(); err != nil {
		return err
	}
	return idempotency.Check(in.IdempotencyKey)
}

func (in ApproveInput) normal() (netip.Prefix, error) {
	var faults fault.Invalid
	prefix, err := Parse(in.Range)
	switch {
	case errors.Is(err, ErrTooWide):
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "Диапазон слишком велик: он почти ничего не ограничивает. Возьмите не шире /8 (IPv4) или /16 (IPv6).",
			En: "The range is too wide: it restricts next to nothing. Take none wider than /8 (IPv4) or /16 (IPv6).",
		}, "range")
	case err != nil:
		faults.Add(fault.Malformed, locale.Text{
			Ru: "Это не диапазон адресов. Введите его в виде 192.0.2.0/24 или 2001:db8::/32.",
			En: "This is not a range of addresses. Enter it as 192.0.2.0/24 or 2001:db8::/32.",
		}, "range")
	}
	return prefix, append(faults, checkTitle(in.Title)...).OrNil()
}

func checkTitle(title string) (faults fault.Invalid) {
	if utf8.RuneCountInString(title) > maxTitle {
		faults.Add(fault.TooLong, locale.Text{
			Ru: "Название длиннее 100 знаков. Сократите его.",
			En: "The title is longer than 100 characters. Shorten it.",
		}, "title")
	}
	return faults
}

// Approve approves a range for the viewer, whose request comes from the address current. The first one, and one that is
// to open a door that is shut, must contain that address.
func (s *Service) Approve(ctx context.Context, in ApproveInput, current netip.Addr) (*Network, error) {
	prefix, err := in.normal()
	if err != nil {
		return nil, err
	}
	in.Range = prefix.String() // the same range in another form is the same input
	v := viewer.FromContext(ctx)
	var approved *Network
	err = s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: v.PersonID, Operation: "approveNetwork", Key: in.IdempotencyKey, Input: in,
		}, func() (ref.Ref, error) { return s.approve(ctx, tx, v, in.Title, prefix, current) })
		if err != nil {
			return err
		}
		approved, err = s.find(ctx, tx, v.PersonID, id)
		return err
	})
	return approved, err
}

// approve runs in the transaction, under the owner's lock.
func (s *Service) approve(ctx context.Context, tx *storage.Tx, v viewer.Viewer, title string, prefix netip.Prefix, current netip.Addr) (ref.Ref, error) {
	networks, err := s.of(ctx, tx.Network.Query(), v.PersonID)
	if err != nil {
		return ref.Ref{}, err
	}
	if err := fits(networks, prefix, current, v.Entry == viewer.Blocked); err != nil {
		return ref.Ref{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return ref.Ref{}, fmt.Errorf("approve network: %w", err)
	}
	sealed, err := s.sealer.Seal(rangePlace, id, []byte(prefix.String()))
	if err != nil {
		return ref.Ref{}, fmt.Errorf("approve network: %w", err)
	}
	if err := tx.Network.Create().SetID(id).SetOwnerID(v.PersonID).SetRange(sealed).SetTitle(title).
		SetCreatedAt(s.clock.Now()).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("approve network: %w", err)
	}
	return ref.Of(ref.Network, id), s.changed(ctx, tx, v.PersonID, "network.approve", id)
}

// fits tells whether a range may be approved beside the others; its error is a fault.Invalid.
func fits(networks []*Network, prefix netip.Prefix, current netip.Addr, blocked bool) error {
	var faults fault.Invalid
	for _, n := range networks {
		if n.prefix == prefix {
			faults.Add(fault.InConflict, locale.Text{
				Ru: "Этот диапазон уже одобрен.",
				En: "This range is approved already.",
			}, "range")
			return faults
		}
	}
	if len(networks) >= maxNetworks {
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "Одобрить можно не больше 20 диапазонов. Удалите ненужный.",
			En: "At most 20 ranges can be approved. Remove one that is not needed.",
		}, "range")
	}
	if (len(networks) == 0 || blocked) && !within(prefix, current) {
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "В этом диапазоне нет адреса, с которого вы вошли: вы закрыли бы вход самим себе. Сначала одобрите свою сеть.",
			En: "The address from which you came is not in this range: you would shut yourself out. Approve your own network first.",
		}, "range")
	}
	return faults.OrNil()
}

// RemoveInput is a range that is to be approved no more.
type RemoveInput struct {
	Network        ref.Ref
	IdempotencyKey string `json:"-"`
}

// Validate finds the faults of the input that show without looking anything up, as a fault.Invalid, and those of its key.
func (in RemoveInput) Validate() error {
	if in.Network.Kind != ref.Network {
		return unknownNetwork()
	}
	return idempotency.Check(in.IdempotencyKey)
}

func unknownNetwork() error {
	var faults fault.Invalid
	faults.Add(fault.Unknown, locale.Text{
		Ru: "Такого диапазона нет. Обновите список.",
		En: "There is no such range. Reload the list.",
	}, "network")
	return faults
}

// Remove takes back the approval of one of the viewer's ranges. While others remain, the one that alone contains the
// address current of the request stays.
func (s *Service) Remove(ctx context.Context, in RemoveInput, current netip.Addr) error {
	if err := in.Validate(); err != nil {
		return err
	}
	person := viewer.FromContext(ctx).PersonID
	return s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, _, err := idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: person, Operation: "removeNetwork", Key: in.IdempotencyKey, Input: in,
		}, func() (ref.Ref, error) { return in.Network, s.remove(ctx, tx, person, in.Network, current) })
		return err
	})
}

func (s *Service) remove(ctx context.Context, tx *storage.Tx, person uuid.UUID, id ref.Ref, current netip.Addr) error {
	networks, err := s.of(ctx, tx.Network.Query(), person)
	if err != nil {
		return err
	}
	var rest []*Network
	for _, n := range networks {
		if n.ID != id {
			rest = append(rest, n)
		}
	}
	switch {
	case len(rest) == len(networks):
		return unknownNetwork()
	case len(rest) > 0 && contains(networks, current) && !contains(rest, current):
		var faults fault.Invalid
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "Вы вошли из этой сети, а другие её не включают: вы закрыли бы вход самим себе. Сначала удалите остальные.",
			En: "You came from this network, and no other one includes it: you would shut yourself out. Remove the others first.",
		}, "network")
		return faults
	}
	if err := tx.Network.DeleteOneID(id.ID).Exec(ctx); err != nil {
		return fmt.Errorf("remove network: %w", err)
	}
	return s.changed(ctx, tx, person, "network.remove", id.ID)
}

// changed makes a change of the ranges known: to the person's feed and journal.
func (s *Service) changed(ctx context.Context, tx *storage.Tx, person uuid.UUID, action string, id uuid.UUID) error {
	if err := s.feed.Record(ctx, tx, feed.Change{Owner: person, Subject: ref.Of(ref.Person, person)}); err != nil {
		return err
	}
	return s.journal.Write(ctx, tx, audit.Entry{Owner: person, Action: action, Subject: ref.Of(ref.Network, id)})
}

// find gives one of a person's ranges, fault.ErrNotFound when it was removed since.
func (s *Service) find(ctx context.Context, tx *storage.Tx, person uuid.UUID, id ref.Ref) (*Network, error) {
	networks, err := s.of(ctx, tx.Network.Query(), person)
	if err != nil {
		return nil, err
	}
	for _, n := range networks {
		if n.ID == id {
			return n, nil
		}
	}
	return nil, fault.ErrNotFound
}
