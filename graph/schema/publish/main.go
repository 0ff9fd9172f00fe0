// Command publish writes schema.graphql, the published API in one file, from graph/schema.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/graph/sdl"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "publish:", err)
		os.Exit(1) //nolint:forbidigo // it is a command, kept beside what it publishes
	}
}

// run reads the *.graphqls of a directory and writes the file.
func run(directory, file string) error {
	names, err := filepath.Glob(filepath.Join(directory, "*.graphqls"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	sources := make([]*ast.Source, len(names))
	for i, name := range names {
		text, err := os.ReadFile(name) //nolint:gosec // the names are of our own directory
		if err != nil {
			return err
		}
		sources[i] = &ast.Source{Name: name, Input: string(text)}
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(sdl.Print(schema)), 0o644) //nolint:gosec // it is published
}
