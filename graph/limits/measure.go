package limits

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// size is what a selection set comes to with its fragments unfolded.
type size struct {
	selections int // fields and fragments, saturated a little above the bound
	fields     int // fields on the top level
	depth      int // fields below one another
}

// document is one document while it is measured.
type document struct {
	limits    Limits
	schema    *ast.Schema
	fragments map[string]*ast.FragmentDefinition
	sizes     map[string]size // of fragments measured; each is measured once
	open      map[string]bool // fragments being measured; meeting one again is a cycle
	aliases   int
}

func (g *Guard) measure(text string) *gqlerror.Error {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, g.limits.Tokens)
	if err != nil {
		return syntax(err)
	}
	if len(doc.Operations) > g.limits.Operations || len(doc.Fragments) > g.limits.Fragments {
		return gqlerror.Wrap(ErrTooLarge)
	}
	d := &document{
		limits:    g.limits,
		schema:    g.schema,
		fragments: make(map[string]*ast.FragmentDefinition, len(doc.Fragments)),
		sizes:     make(map[string]size, len(doc.Fragments)),
		open:      map[string]bool{},
	}
	for _, f := range doc.Fragments {
		if d.fragments[f.Name] != nil {
			return gqlerror.Wrap(ErrFragments)
		}
		d.fragments[f.Name] = f
	}
	if refused := d.countSizes(doc.Operations); refused != nil {
		return gqlerror.Wrap(refused)
	}
	// Only now is the walk over unfolded fragments known to be short.
	overlaps := 0
	for _, op := range doc.Operations {
		root := &place{}
		if !d.walk(op.SelectionSet, root, d.rootType(op.Operation), 0, &overlaps) {
			return gqlerror.Wrap(ErrTooLarge)
		}
	}
	return nil
}

// countSizes adds up all operations; the error is one of the refusals.
func (d *document) countSizes(operations ast.OperationList) error {
	variables, selections := 0, 0
	for _, op := range operations {
		variables += len(op.VariableDefinitions)
		s, err := d.sizeOf(op.SelectionSet)
		if err != nil {
			return err
		}
		selections += s.selections
		if variables > d.limits.Variables || selections > d.limits.Selections ||
			s.fields > d.limits.RootFields || s.depth > d.limits.Depth {
			return ErrTooLarge
		}
	}
	if len(operations) > 0 && len(d.sizes) < len(d.fragments) {
		return ErrFragments // a fragment that nothing uses would still be validated
	}
	return nil
}

// sizeOf measures a selection set. Its recursion is bounded by Nesting times Fragments.
func (d *document) sizeOf(set ast.SelectionSet) (size, error) {
	var total size
	for _, selection := range set {
		var part size
		var err error
		switch s := selection.(type) {
		case *ast.Field:
			if s.Alias != s.Name {
				d.aliases++
			}
			if part, err = d.sizeOf(s.SelectionSet); err == nil {
				part.fields = 1
				part.depth++
			}
		case *ast.InlineFragment:
			part, err = d.sizeOf(s.SelectionSet)
		case *ast.FragmentSpread:
			part, err = d.sizeOfFragment(s.Name)
		}
		if err != nil {
			return size{}, err
		}
		total.selections = min(total.selections+part.selections+1, d.limits.Selections+1)
		total.fields = min(total.fields+part.fields, d.limits.Selections+1)
		total.depth = max(total.depth, part.depth)
		if d.aliases > d.limits.Aliases {
			return size{}, ErrTooLarge
		}
	}
	return total, nil
}

func (d *document) sizeOfFragment(name string) (size, error) {
	if s, ok := d.sizes[name]; ok {
		return s, nil
	}
	f := d.fragments[name]
	if f == nil {
		return size{}, nil // validation says so
	}
	if d.open[name] {
		return size{}, ErrFragments
	}
	d.open[name] = true
	defer delete(d.open, name)
	s, err := d.sizeOf(f.SelectionSet)
	if err == nil {
		d.sizes[name] = s
	}
	return s, err
}

// place is one place of the answer: where fields of the same path meet.
type place struct {
	fields int
	below  map[string]*place
}

// walk puts every field of a set, fragments unfolded, into its place, and counts those that meet there. It tells
// whether the set keeps within the bounds. parent may be nil when the schema does not know the type.
func (d *document) walk(set ast.SelectionSet, at *place, parent *ast.Definition, lists int, overlaps *int) bool {
	for _, selection := range set {
		ok := true
		switch s := selection.(type) {
		case *ast.Field:
			ok = d.walkField(s, at, parent, lists, overlaps)
		case *ast.InlineFragment:
			ok = d.walk(s.SelectionSet, at, d.condition(s.TypeCondition, parent), lists, overlaps)
		case *ast.FragmentSpread:
			if f := d.fragments[s.Name]; f != nil {
				ok = d.walk(f.SelectionSet, at, d.condition(f.TypeCondition, parent), lists, overlaps)
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

func (d *document) walkField(f *ast.Field, at *place, parent *ast.Definition, lists int, overlaps *int) bool {
	next := at.below[f.Alias]
	if next == nil {
		next = &place{}
		if at.below == nil {
			at.below = map[string]*place{}
		}
		at.below[f.Alias] = next
	}
	*overlaps += next.fields // a pair with each field that is there already
	next.fields++

	var result *ast.Definition
	if parent != nil && d.schema != nil {
		if definition := parent.Fields.ForName(f.Name); definition != nil {
			if definition.Type.Elem != nil {
				lists++
			}
			result = d.schema.Types[definition.Type.Name()]
		}
	}
	if *overlaps > d.limits.Overlaps || lists > d.limits.Lists {
		return false
	}
	return d.walk(f.SelectionSet, next, result, lists, overlaps)
}

func (d *document) condition(typeName string, parent *ast.Definition) *ast.Definition {
	if typeName == "" || d.schema == nil {
		return parent
	}
	return d.schema.Types[typeName]
}

func (d *document) rootType(op ast.Operation) *ast.Definition {
	if d.schema == nil {
		return nil
	}
	switch op {
	case ast.Mutation:
		return d.schema.Mutation
	case ast.Subscription:
		return d.schema.Subscription
	default:
		return d.schema.Query
	}
}
