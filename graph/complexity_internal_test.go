package graph

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/graph/generated"
)

// Every list has a cost that grows with its length, or a document of nested lists would cost what one field does.
func TestEveryListHasACost(t *testing.T) {
	// Lists that are no relations: the parts of a page, which the page itself multiplies, and the words of an error.
	exempt := map[string]bool{"UserError.field": true, "SaveAppealDraftPayload.userErrors": true}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	root := reflect.ValueOf(costs())
	for _, d := range schema.Types {
		if d.BuiltIn || strings.HasSuffix(d.Name, "Connection") || !d.IsCompositeType() || d.IsAbstractType() {
			continue
		}
		for _, f := range d.Fields {
			isList := f.Type.Elem != nil || strings.HasSuffix(f.Type.Name(), "Connection")
			if !isList || strings.HasPrefix(f.Name, "__") || exempt[d.Name+"."+f.Name] {
				continue
			}
			fields := root.FieldByName(d.Name)
			require.True(t, fields.IsValid(), d.Name)
			cost := fields.FieldByName(strings.ToUpper(f.Name[:1]) + f.Name[1:])
			require.True(t, cost.IsValid() && !cost.IsNil(), "%s.%s has no cost", d.Name, f.Name)
		}
	}
}
