package graph_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/graph"
	"kabinet/internal/viewer"
)

// published is the API as schema.graphql tells it to others.
func published(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../schema.graphql")
	require.NoError(t, err)
	require.Equal(t, graph.SDL(), string(text), "schema.graphql is not current: make generate")
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
}

// own are the definitions that are not GraphQL's.
func own(s *ast.Schema) []*ast.Definition {
	var definitions []*ast.Definition
	for _, d := range s.Types {
		if !d.BuiltIn {
			definitions = append(definitions, d)
		}
	}
	return definitions
}

func TestEveryElementIsDescribed(t *testing.T) {
	for _, d := range own(published(t)) {
		require.NotEmpty(t, d.Description, d.Name)
		for _, v := range d.EnumValues {
			require.NotEmpty(t, v.Description, "%s.%s", d.Name, v.Name)
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			require.NotEmpty(t, f.Description, "%s.%s", d.Name, f.Name)
			for _, a := range f.Arguments {
				require.NotEmpty(t, a.Description, "%s.%s(%s:)", d.Name, f.Name, a.Name)
			}
		}
	}
}

// A refusal of one field must not take the rest of the answer with it.
func TestFieldsThatMayBeRefusedAreNullable(t *testing.T) {
	found := 0
	for _, d := range own(published(t)) {
		for _, f := range d.Fields {
			access := f.Directives.ForName("access")
			if access != nil && d.Name != "Subscription" && guarded()[d.Name+"."+f.Name].entry > viewer.Blocked {
				found++
				require.False(t, f.Type.NonNull, "%s.%s", d.Name, f.Name)
			}
		}
	}
	require.NotZero(t, found)
}

func TestMutationsFollowTheLaw(t *testing.T) {
	schema := published(t)
	for _, f := range schema.Mutation.Fields {
		require.Len(t, f.Arguments, 1, f.Name)
		require.Equal(t, "input", f.Arguments[0].Name, f.Name)
		input := schema.Types[f.Arguments[0].Type.Name()]
		require.Equal(t, strings.ToUpper(f.Name[:1])+f.Name[1:]+"Input", input.Name)
		key := input.Fields.ForName("idempotencyKey")
		require.NotNil(t, key, f.Name)
		require.True(t, key.Type.NonNull, f.Name)
		payload := schema.Types[f.Type.Name()]
		require.Equal(t, strings.ToUpper(f.Name[:1])+f.Name[1:]+"Payload", payload.Name)
		for _, p := range payload.Fields {
			if p.Name == "userErrors" {
				require.Equal(t, "[UserError!]!", p.Type.String(), f.Name)
				continue
			}
			require.False(t, p.Type.NonNull, "%s.%s", payload.Name, p.Name)
		}
		require.NotNil(t, payload.Fields.ForName("userErrors"), f.Name)
	}
}

func TestConnectionsFollowTheLaw(t *testing.T) {
	schema := published(t)
	connections := 0
	for _, d := range own(schema) {
		for _, f := range d.Fields {
			if !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			connections++
			first := f.Arguments.ForName("first")
			require.NotNil(t, first, f.Name)
			require.Equal(t, "20", first.DefaultValue.String(), f.Name)
			for _, argument := range []string{"after", "filter", "orderBy"} {
				require.NotNil(t, f.Arguments.ForName(argument), "%s(%s:)", f.Name, argument)
			}
			for _, member := range []string{"nodes", "edges", "pageInfo", "totalCount"} {
				require.NotNil(t, schema.Types[f.Type.Name()].Fields.ForName(member), "%s.%s", f.Type.Name(), member)
			}
		}
	}
	require.NotZero(t, connections)
}
