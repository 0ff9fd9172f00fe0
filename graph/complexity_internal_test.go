package graph

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/graph/generated"
)

// Every list has a cost that grows with its length, or a document of nested lists would cost what one field does.
func TestEveryListHasACost(t *testing.T) {
	// Lists that are no relations: the parts of a page, which the page itself multiplies, and the words of an error.
	exempt := func(d *ast.Definition, f *ast.FieldDefinition) bool {
		return d.Name == "UserError" && f.Name == "field" || strings.HasSuffix(d.Name, "Payload") && f.Name == "userErrors"
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	root := reflect.ValueOf(costs())
	for _, d := range schema.Types {
		if d.BuiltIn || strings.HasSuffix(d.Name, "Connection") || !d.IsCompositeType() || d.IsAbstractType() {
			continue
		}
		for _, f := range d.Fields {
			isList := f.Type.Elem != nil || strings.HasSuffix(f.Type.Name(), "Connection")
			if !isList || strings.HasPrefix(f.Name, "__") || exempt(d, f) {
				continue
			}
			fields := root.FieldByName(d.Name)
			require.True(t, fields.IsValid(), d.Name)
			cost := fields.FieldByName(strings.ToUpper(f.Name[:1]) + f.Name[1:])
			require.True(t, cost.IsValid() && !cost.IsNil(), "%s.%s has no cost", d.Name, f.Name)
			require.Greater(t, costOf(cost, 10), 10, "%s.%s costs less than its items", d.Name, f.Name)
		}
	}
}

// Counting a list costs more than a field of an item, whatever list it is.
func TestEveryTotalHasACost(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	root, totals := reflect.ValueOf(costs()), 0
	for _, d := range schema.Types {
		if strings.HasSuffix(d.Name, "Connection") {
			totals++
			cost := root.FieldByName(d.Name).FieldByName("TotalCount")
			require.False(t, cost.IsNil(), d.Name)
			require.Equal(t, totalCost, costOf(cost, 0), d.Name)
		}
	}
	require.NotZero(t, totals)
}

// costOf calls a function of costs: with the cost of its fields, two items where it takes a list, and nothing else.
func costOf(cost reflect.Value, child int) int {
	arguments := []reflect.Value{reflect.ValueOf(child)}
	for i := 1; i < cost.Type().NumIn(); i++ {
		argument := reflect.Zero(cost.Type().In(i))
		if argument.Kind() == reflect.Slice {
			argument = reflect.MakeSlice(argument.Type(), 2, 2)
		}
		arguments = append(arguments, argument)
	}
	return int(cost.Call(arguments)[0].Int())
}
