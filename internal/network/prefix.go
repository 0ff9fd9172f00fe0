package network

import (
	"errors"
	"net/netip"
	"strings"
)

// The shortest prefixes that may be approved, in bits. Regional registries give none shorter than these to one holder.
const (
	minBits4 = 8
	minBits6 = 16
)

// mappedBits is the length of the prefix under which IPv6 has the addresses of IPv4 (::ffff:0:0/96, RFC 4291).
const mappedBits = 96

// Why a text is no range that may be approved.
var (
	ErrMalformed = errors.New("network: not a range of addresses")
	ErrTooWide   = errors.New("network: the range is too wide")
)

// Parse reads a range in CIDR notation, or one address, in its normal form: the bits behind the prefix cleared, IPv4
// written as IPv4 even if it was mapped into IPv6.
func Parse(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		address, err := netip.ParseAddr(s)
		if err != nil || address.Zone() != "" {
			return netip.Prefix{}, ErrMalformed
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	if a := prefix.Addr(); a.Is4In6() && prefix.Bits() >= mappedBits {
		prefix = netip.PrefixFrom(a.Unmap(), prefix.Bits()-mappedBits)
	}
	least := minBits6
	if prefix.Addr().Is4() {
		least = minBits4
	}
	if prefix.Bits() < least {
		return netip.Prefix{}, ErrTooWide
	}
	return prefix.Masked(), nil
}

// within tells whether an address lies in a range. An invalid address lies in none; a zone does not matter, for it names
// an interface of ours.
func within(prefix netip.Prefix, address netip.Addr) bool {
	return prefix.Contains(address.Unmap().WithZone(""))
}

func contains(networks []*Network, address netip.Addr) bool {
	for _, n := range networks {
		if within(n.prefix, address) {
			return true
		}
	}
	return false
}
