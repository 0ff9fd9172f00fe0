package commands_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"kabinet/docs/commands"
	"kabinet/docs/commands/commandstest"
)

func TestEveryTypeHasASchemaAndAnExampleThatFits(t *testing.T) {
	names, err := fs.Glob(commands.Files, "*.schema.json")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, name := range names {
		kind := strings.TrimSuffix(name, ".schema.json")
		require.Contains(t, string(readme), "| `"+kind+"` |")
		text, err := commands.Files.ReadFile(kind + ".example.json")
		require.NoError(t, err, kind)
		var example struct {
			Type, Checksum, Subject string
			Data                    json.RawMessage
		}
		require.NoError(t, json.Unmarshal(text, &example))
		require.Equal(t, kind, example.Type)
		commandstest.RequireFits(t, kind, example.Data)
		var data bytes.Buffer
		require.NoError(t, json.Compact(&data, example.Data))
		sum := sha256.Sum256(data.Bytes())
		require.Equal(t, "sha256:"+hex.EncodeToString(sum[:]), example.Checksum, kind)
		require.Contains(t, string(example.Data), example.Subject)
	}
}

func TestASchemaRefusesWhatItDoesNotName(t *testing.T) {
	names, err := fs.Glob(commands.Files, "*.schema.json")
	require.NoError(t, err)
	for _, name := range names {
		schema := commandstest.Schema(t, strings.TrimSuffix(name, ".schema.json"))
		for _, text := range []string{`{}`, `[]`, `{"more":1}`} {
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			require.NoError(t, err)
			require.Error(t, schema.Validate(value), "%s: %s", name, text)
		}
	}
}
