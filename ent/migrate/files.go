// Package migrate holds the schema of the store: as code (generated) and as versioned SQL for each dialect.
package migrate

import "embed"

// Files holds the versioned migrations: a directory for each dialect, in goose's form, with Atlas' checksums.
//
//go:embed postgres sqlite
var Files embed.FS
