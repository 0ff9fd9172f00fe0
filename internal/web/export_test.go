package web

import (
	"context"
	"net/netip"
)

// What is tested by itself because its input is wide.
var (
	LocalPath    = localPath
	Attachment   = attachment
	DecodeForm   = decodeForm
	DecodeObject = decodeObject
)

// Paces are the limits of what anybody can reach.
func Paces() map[string]func(ctx context.Context, l Limiter, a netip.Addr) error {
	return map[string]func(ctx context.Context, l Limiter, a netip.Addr) error{
		"login": loginPace.take, "callback": callbackPace.take, "token": tokenPace.take, "provider logout": providerLogoutPace.take, "miss": missPace.take,
	}
}

// IsAppRedirect tells whether the app may be answered at an address when those are registered.
func IsAppRedirect(registered []string, address string) bool {
	return (&edge{Options: Options{MobileRedirects: registered}}).isAppRedirect(address)
}
