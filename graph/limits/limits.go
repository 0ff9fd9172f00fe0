package limits

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// Limits bound one document. Zero in a field means that field's value of Production.
type Limits struct {
	// Bytes of the document's text.
	Bytes int
	// Tokens of the language, comments among them.
	Tokens int
	// NameBytes is the length of the longest name.
	NameBytes int
	// Nesting of all brackets together: selections, lists, objects and arguments.
	Nesting int
	// Operations in the document.
	Operations int
	// Fragments defined in the document.
	Fragments int
	// Variables defined by all operations together.
	Variables int
	// Directives used anywhere.
	Directives int
	// Aliases given in the text of the document.
	Aliases int
	// RootFields of one operation, fragments unfolded.
	RootFields int
	// Depth of fields below one another, fragments unfolded.
	Depth int
	// Lists is how many fields that answer with lists may stand below one another, fragments unfolded.
	Lists int
	// Selections of all operations, fragments unfolded wherever they are used.
	Selections int
	// Overlaps is how many pairs of fields have the same place in the answer: the number of comparisons that
	// validation makes to find out whether they can be merged.
	Overlaps int
	// Remembered is how many bytes of accepted documents are kept.
	Remembered int
}

// Production gives the bounds for clients of the published API. The standard introspection query, the deepest
// document that tools send, fits them.
func Production() Limits {
	return Limits{
		Bytes:      32 << 10,
		Tokens:     4_000,
		NameBytes:  128,
		Nesting:    40,
		Operations: 20,
		Fragments:  100,
		Variables:  60,
		Directives: 50,
		Aliases:    60,
		RootFields: 20,
		Depth:      15,
		Lists:      5,
		Selections: 3_000,
		Overlaps:   20_000,
		Remembered: 4 << 20,
	}
}

func (l Limits) withDefaults() Limits {
	d := Production()
	for _, f := range []struct{ value, standard *int }{
		{&l.Bytes, &d.Bytes},
		{&l.Tokens, &d.Tokens},
		{&l.NameBytes, &d.NameBytes},
		{&l.Nesting, &d.Nesting},
		{&l.Operations, &d.Operations},
		{&l.Fragments, &d.Fragments},
		{&l.Variables, &d.Variables},
		{&l.Directives, &d.Directives},
		{&l.Aliases, &d.Aliases},
		{&l.RootFields, &d.RootFields},
		{&l.Depth, &d.Depth},
		{&l.Lists, &d.Lists},
		{&l.Selections, &d.Selections},
		{&l.Overlaps, &d.Overlaps},
		{&l.Remembered, &d.Remembered},
	} {
		if *f.value <= 0 {
			*f.value = *f.standard
		}
	}
	return l
}

// The refusals. None says which bound it was: the numbers are documented, and the document is not quoted.
var (
	// ErrTooLarge is given for a document beyond a bound.
	ErrTooLarge = fault.New(fault.LimitExceeded,
		locale.Text{Ru: "Документ GraphQL слишком велик или слишком сложен.", En: "The GraphQL document is too large or too complex."},
		locale.Text{Ru: "Разделите его на несколько запросов.", En: "Split it into several requests."})
	// ErrSyntax is given for a document that is no GraphQL.
	ErrSyntax = fault.New(fault.BadInput,
		locale.Text{Ru: "Документ GraphQL содержит синтаксическую ошибку.", En: "The GraphQL document has a syntax error."},
		locale.Text{Ru: "Место указано в locations.", En: "See locations for the place."})
	// ErrFragments is given for fragments that contain themselves, are defined twice or are not used.
	ErrFragments = fault.New(fault.BadInput,
		locale.Text{Ru: "Фрагменты документа GraphQL определены неверно.", En: "The fragments of the GraphQL document are wrong."},
		locale.Text{
			Ru: "Каждый фрагмент определяется один раз, используется и не содержит самого себя.",
			En: "Define each fragment once, use it, and do not let it contain itself.",
		})
)

// Guard is the extension of gqlgen that applies Limits. It is safe for concurrent use.
type Guard struct {
	limits   Limits
	schema   *ast.Schema
	accepted *byteLRU[struct{}]
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = (*Guard)(nil)

// New makes the extension.
func New(l Limits) *Guard {
	l = l.withDefaults()
	return &Guard{limits: l, accepted: newByteLRU[struct{}](l.Remembered)}
}

// ExtensionName implements graphql.HandlerExtension.
func (g *Guard) ExtensionName() string { return "DocumentLimits" }

// Validate implements graphql.HandlerExtension; the schema is kept, it tells which fields answer with lists.
func (g *Guard) Validate(es graphql.ExecutableSchema) error {
	g.schema = es.Schema()
	return nil
}

// MutateOperationParameters implements graphql.OperationParameterMutator. An empty document passes:
// it is gqlgen's to refuse.
func (g *Guard) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	if _, ok := g.accepted.get(p.Query); ok {
		return nil
	}
	if err := g.check(p.Query); err != nil {
		return err
	}
	g.accepted.add(p.Query, struct{}{})
	return nil
}

// Check tells whether a document is within the bounds: nil, or an error that holds one of the refusals. It remembers
// nothing; it is for those who accept documents ahead of time, such as a list of trusted ones.
func (g *Guard) Check(document string) error {
	if err := g.check(document); err != nil {
		return err
	}
	return nil
}

func (g *Guard) check(document string) *gqlerror.Error {
	if len(document) > g.limits.Bytes {
		return gqlerror.Wrap(ErrTooLarge)
	}
	if err := g.scan(document); err != nil {
		return err
	}
	return g.measure(document)
}
