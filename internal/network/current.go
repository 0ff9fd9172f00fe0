package network

import (
	"context"
	"net/netip"
)

// siteBits is how much of an IPv6 address names the site; the rest changes by itself.
const siteBits = 64

// ApproveCurrent approves the network from which the viewer's request comes: its one address, or, for IPv6, its site.
func (s *Service) ApproveCurrent(ctx context.Context, title, idempotencyKey string, current netip.Addr) error {
	_, err := s.Approve(ctx, ApproveInput{Range: siteOf(current), Title: title, IdempotencyKey: idempotencyKey}, current)
	return err
}

func siteOf(a netip.Addr) string {
	a = a.Unmap()
	bits := a.BitLen()
	if a.Is6() {
		bits = siteBits
	}
	p, err := a.Prefix(bits)
	if err != nil { // the address is not known: no range, which Approve says
		return ""
	}
	return p.String()
}
