// Package commandstest tells tests whether what they send to the fund keeps to the contract.
package commandstest

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"kabinet/docs/commands"
)

// Schema is the published schema of a type of command.
func Schema(t testing.TB, kind string) *jsonschema.Schema {
	t.Helper()
	text, err := commands.Files.ReadFile(kind + ".schema.json")
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource(kind, document))
	schema, err := compiler.Compile(kind)
	require.NoError(t, err)
	return schema
}

// RequireFits fails unless the data of a command fits the published schema of its type.
func RequireFits(t testing.TB, kind string, data []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	require.NoError(t, Schema(t, kind).Validate(value), "%s: %s", kind, data)
}
