package web

// What is tested by itself because its input is wide.
var (
	LocalPath    = localPath
	Attachment   = attachment
	DecodeForm   = decodeForm
	DecodeObject = decodeObject
	Site         = site
)

// IsAppRedirect tells whether the app may be answered at an address when those are registered.
func IsAppRedirect(registered []string, address string) bool {
	return (&edge{Options: Options{MobileRedirects: registered}}).isAppRedirect(address)
}
