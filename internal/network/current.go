package network

import (
	"context"
	"fmt"
	"net/netip"

	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// siteBits is how much of an IPv6 address names the site; the rest changes by itself.
const siteBits = 64

// CurrentInput is how the network from which a request comes is to be approved.
type CurrentInput struct {
	Title          string
	IdempotencyKey string `json:"-"`
}

// Validate finds the faults of the input, as a fault.Invalid, and those of its key.
func (in CurrentInput) Validate() error {
	if err := checkTitle(in.Title).OrNil(); err != nil {
		return err
	}
	return idempotency.Check(in.IdempotencyKey)
}

// MayApproveCurrent tells whether a viewer whose request comes from the address current may approve it: one who is shut
// out for it, and nobody else, for the others choose what they approve. Its error is a fault.Invalid.
func MayApproveCurrent(v viewer.Viewer, current netip.Addr) error {
	var faults fault.Invalid
	switch {
	case v.Entry != viewer.Blocked:
		faults.Add(fault.OutOfSequence, locale.Text{
			Ru: "Вход из этой сети открыт, разрешать её не нужно. Другую сеть можно разрешить в списке сетей.",
			En: "You are let in from this network already. Others can be approved in the list of networks.",
		})
	case SiteOf(current) == "":
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "Не удалось определить сеть, из которой вы вошли. Войдите из разрешённой сети.",
			En: "The network from which you came is not known. Sign in from an approved one.",
		})
	}
	return faults.OrNil()
}

// ApproveCurrent approves the network from which the viewer's request comes, who is blocked for it: its one address, or,
// for IPv6, its site.
func (s *Service) ApproveCurrent(ctx context.Context, in CurrentInput, current netip.Addr) error {
	if err := in.Validate(); err != nil {
		return err
	}
	v, site := viewer.FromContext(ctx), SiteOf(current)
	return s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, _, err := idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: v.PersonID, Operation: "approveThisNetwork", Key: in.IdempotencyKey, Input: []string{site, in.Title},
		}, func() (ref.Ref, error) {
			if err := MayApproveCurrent(v, current); err != nil { // a retry of what has let them in is answered the same
				return ref.Ref{}, err
			}
			prefix, err := Parse(site)
			if err != nil {
				return ref.Ref{}, fmt.Errorf("approve network: %w", err)
			}
			return s.approve(ctx, tx, v, in.Title, prefix, current)
		})
		return err
	})
}

// SiteOf is the network that an address stands for, in CIDR notation: the address itself, or, for IPv6, its site. It is
// empty when the address is not known.
func SiteOf(a netip.Addr) string {
	a = a.Unmap()
	bits := a.BitLen()
	if a.Is6() {
		bits = siteBits
	}
	p, err := a.Prefix(bits)
	if err != nil || !p.IsValid() {
		return ""
	}
	return p.String()
}
