package web

import (
	"io/fs"
	"net/http"
)

// playgroundPolicy lets the playground load what comes with it and nothing else. Its editor sets styles by script.
const playgroundPolicy = "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self' data:; form-action 'none'; " +
	"frame-ancestors 'none'; img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'"

// Playground serves the files of the playground.
func Playground(files fs.FS) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", playgroundPolicy)
		w.Header().Set("Cache-Control", "no-cache") // asked for again, and answered 304 as long as the binary is the same
		server.ServeHTTP(w, r)
	})
}
