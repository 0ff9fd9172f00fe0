// Package sdl writes the published API as one text in the schema definition language.
package sdl

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// Print writes a schema; the same schema always gives the same text.
func Print(schema *ast.Schema) string {
	var b strings.Builder
	b.WriteString("# The published API of kabinet, generated from graph/schema by `make generate`.\n\n")
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(schema)
	return b.String()
}
