package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Playground gives the files of the playground: index.html, what it loads, and licences.txt with the licences of
// what is bundled. They refer to each other by absolute paths and so are to be served below /playground/.
func Playground() fs.FS {
	// Sub refuses nothing but a malformed path, and this one is a constant.
	files, _ := fs.Sub(dist, "dist/playground")
	return files
}
