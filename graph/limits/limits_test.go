package limits_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"pgregory.net/rapid"

	"kabinet/graph/limits"
	"kabinet/internal/fault"
)

const sdl = `
	type Query { me: Person a: Query list: [Query!]! name(x: In): String }
	type Person { id: ID! friends: [Person!]! me: Person name: String a: Person b: Person }
	type Mutation { save: String }
	input In { in: In list: [In] s: String }`

func schema() *ast.Schema { return gqlparser.MustLoadSchema(&ast.Source{Input: sdl}) }

func guard(tb testing.TB, l limits.Limits) *limits.Guard {
	tb.Helper()
	g := limits.New(l)
	es := &graphql.ExecutableSchemaMock{SchemaFunc: schema}
	require.NoError(tb, g.Validate(es))
	return g
}

func check(g *limits.Guard, document string) error {
	err := g.MutateOperationParameters(context.Background(), &graphql.RawParams{Query: document})
	if err == nil {
		return nil
	}
	return err
}

// doubling is n fragments each of which spreads the next one twice: 2^n selections when unfolded.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{ ...f0 }")
	for i := range n {
		fmt.Fprintf(&b, " fragment f%d on Query { ...f%d ...f%d }", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment f%d on Query { __typename }", n)
	return b.String()
}

func nested(open, inner, closing string, n int) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return b.String()
}

// attacks are documents that must be refused, and how.
func attacks() map[string]struct {
	document string
	want     *fault.Error
} {
	type row = struct {
		document string
		want     *fault.Error
	}
	return map[string]row{
		"10,000 aliases":             {"{" + numbered(" a#: __typename", 10_000) + "}", limits.ErrTooLarge},
		"aliases within the bytes":   {"{ me {" + numbered(" a#: id", 61) + "} }", limits.ErrTooLarge},
		"16,000 __typename":          {"{" + strings.Repeat(" __typename", 16_000) + "}", limits.ErrTooLarge},
		"__typename within tokens":   {"{ me {" + strings.Repeat(" id", 2_900) + "} }", limits.ErrTooLarge},
		"10,000 unknown directives":  {"{ __typename" + strings.Repeat(" @a", 10_000) + "}", limits.ErrTooLarge},
		"directives within bytes":    {"{ __typename" + strings.Repeat(" @a", 51) + "}", limits.ErrTooLarge},
		"18 nested lists":            {"{" + nested("list{", "__typename", "}", 18) + "}", limits.ErrTooLarge},
		"6 nested lists":             {"{" + nested("list{", "__typename", "}", 6) + "}", limits.ErrTooLarge},
		"lists behind a fragment":    {"{ list { list { list { ...f } } } } fragment f on Query { list { list { list { __typename } } } }", limits.ErrTooLarge},
		"depth 4,000":                {nested("{a", "{__typename}", "}", 4_000), limits.ErrTooLarge},
		"depth 16":                   {nested("{a", "{__typename}", "}", 16), limits.ErrTooLarge},
		"depth by fragments":         {"{ a { a { a { a { a { ...f } } } } } } fragment f on Query { a { a { a { a { a { ...g } } } } } } fragment g on Query { a { a { a { a { a { __typename } } } } } }", limits.ErrTooLarge},
		"deep literal":               {"{ name(x: " + nested("{in:", "null", "}", 5_000) + ") }", limits.ErrTooLarge},
		"deep list literal":          {"{ name(x: " + nested("[", "", "]", 10_000) + ") }", limits.ErrTooLarge},
		"deep list type":             {"query($x: " + nested("[", "In", "]", 10_000) + ") { name }", limits.ErrTooLarge},
		"fragment of itself":         {"{ ...f } fragment f on Query { a { ...f } }", limits.ErrFragments},
		"fragment cycle":             {"{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }", limits.ErrFragments},
		"cycle that nothing uses":    {"{ __typename } fragment f on Query { ...f }", limits.ErrFragments},
		"fragment nothing uses":      {"{ __typename } fragment f on Query { __typename }", limits.ErrFragments},
		"fragment defined twice":     {"{ ...f } fragment f on Query { a } fragment f on Query { a }", limits.ErrFragments},
		"fragments doubling":         {doubling(60), limits.ErrTooLarge},
		"200 fragments":              {"{" + numbered("...f# ", 200) + "}" + numbered("fragment f# on Query{a{__typename}}", 200), limits.ErrTooLarge},
		"21 root fields":             {"{" + strings.Repeat(" __typename", 21) + "}", limits.ErrTooLarge},
		"root fields by fragments":   {"{ ...f ...f ...f } fragment f on Query {" + strings.Repeat(" __typename", 7) + "}", limits.ErrTooLarge},
		"61 variables":               {"query(" + numbered("$v#:Int ", 61) + ") { __typename }", limits.ErrTooLarge},
		"21 operations":              {numbered("query q#{__typename} ", 21), limits.ErrTooLarge},
		"32 KiB and one byte":        {"{ __typename }" + strings.Repeat(" ", 32<<10-13), limits.ErrTooLarge},
		"comments alone":             {strings.Repeat("#\n", 5_000) + "{ __typename }", limits.ErrTooLarge},
		"long name":                  {"{ " + strings.Repeat("n", 129) + " }", limits.ErrTooLarge},
		"pairs across equal parents": {"{ me {" + strings.Repeat("a{"+strings.Repeat("id ", 20)+"}", 20) + "} }", limits.ErrTooLarge},
		"not GraphQL":                {"SNILS 112-233-445 95", limits.ErrSyntax},
		"string not closed":          {`{ name(x: {s: "112-233-445 95`, limits.ErrSyntax},
		"only closing":               {strings.Repeat("}", 100), limits.ErrSyntax},
		"not UTF-8":                  {"{ __typename } #\xff", limits.ErrSyntax},
		"NUL":                        {"{ __typename \x00 }", limits.ErrSyntax},
	}
}

func TestHostileDocumentsAreRefused(t *testing.T) {
	for name, c := range attacks() {
		t.Run(name, func(t *testing.T) {
			err := check(guard(t, limits.Limits{}), c.document)
			require.ErrorIs(t, err, c.want)
			var shown *fault.Error
			require.ErrorAs(t, err, &shown)
			require.NotContains(t, err.Error(), "112-233")
			require.Less(t, len(err.Error()), 300)
		})
	}
}

func TestSyntaxErrorsTellThePlace(t *testing.T) {
	err := guard(t, limits.Limits{}).MutateOperationParameters(t.Context(), &graphql.RawParams{Query: "{\n me { ) }"})
	require.Equal(t, []gqlerror.Location{{Line: 2, Column: 7}}, err.Locations)
}

func TestOrdinaryDocumentsPass(t *testing.T) {
	g := guard(t, limits.Limits{})
	for name, document := range map[string]string{
		"nothing":       "",
		"small":         "{ me { id name } }",
		"depth 15":      nested("{a", "{__typename}", "}", 14),
		"lists 5":       "{" + nested("list{", "__typename", "}", 5) + "}",
		"doubling 4":    doubling(4),
		"repeated ids":  "{ me {" + strings.Repeat("id name ", 100) + "} }",
		"introspection": introspection,
		"unknown names": "{ nothing { of { this } } ...unknown }",
	} {
		require.NoError(t, check(g, document), name)
		require.NoError(t, check(g, document), "%s: again, remembered", name)
	}
}

func TestRefusedDocumentsAreNotRemembered(t *testing.T) {
	g := guard(t, limits.Limits{})
	for range 3 {
		require.Error(t, check(g, "{ __typename } fragment f on Query { __typename }"))
	}
}

func TestLimitsAreConfigurable(t *testing.T) {
	strict := guard(t, limits.Limits{Depth: 2})
	require.NoError(t, check(strict, "{ me { id } }"))
	require.ErrorIs(t, check(strict, "{ me { me { id } } }"), limits.ErrTooLarge)
	require.NoError(t, strict.Check("{ me { id } }"))
	require.ErrorIs(t, strict.Check("{ me { me { id } } }"), fault.New(fault.LimitExceeded, limits.ErrTooLarge.Reason, limits.ErrTooLarge.Remedy))
}

func TestQueryCacheIsBoundedByBytes(t *testing.T) {
	c := limits.NewQueryCache(100 * 2_000)
	doc := &ast.QueryDocument{}
	for i := range 100 {
		c.Add(t.Context(), fmt.Sprintf("%0300d", i), doc)
	}
	kept := 0
	for i := range 100 {
		if _, ok := c.Get(t.Context(), fmt.Sprintf("%0300d", i)); ok {
			kept++
			require.Greater(t, i, 90, "the oldest go first")
		}
	}
	require.Equal(t, 4, kept, "2,000 bytes of texts hold four of 500 with their bookkeeping")
	c.Add(t.Context(), strings.Repeat("x", 3_000), doc)
	_, ok := c.Get(t.Context(), strings.Repeat("x", 3_000))
	require.False(t, ok, "larger than the whole cache")
	_, ok = c.Get(t.Context(), fmt.Sprintf("%0300d", 99))
	require.True(t, ok, "and did not empty it")
}

// The counts with memory agree with unfolding the document naively.
func TestCountsAgreeWithUnfolding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "fragments")
		var b strings.Builder
		b.WriteString("{ ...f0 }")
		counts := make([]int, n)
		bodies := make([]string, n)
		for i := n - 1; i >= 0; i-- {
			counts[i], bodies[i] = 1, "me { id } "
			counts[i]++
			for j := i + 1; j < n; j++ {
				times := rapid.IntRange(0, 3).Draw(t, "times")
				if j == i+1 {
					times = max(times, 1) // every fragment is used
				}
				bodies[i] += strings.Repeat(fmt.Sprintf("...f%d ", j), times)
				counts[i] += times * (counts[j] + 1)
			}
			bodies[i] = fmt.Sprintf(" fragment f%d on Query { %s}", i, bodies[i])
		}
		for _, body := range bodies {
			b.WriteString(body)
		}
		total := counts[0] + 1
		wide := limits.Limits{RootFields: 1 << 20, Overlaps: 1 << 30, Depth: 1 << 10}
		wide.Selections = total
		require.NoError(t, limits.New(wide).Check(b.String()))
		if total > 1 {
			wide.Selections = total - 1
			require.ErrorIs(t, limits.New(wide).Check(b.String()), limits.ErrTooLarge)
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, c := range attacks() {
		if len(c.document) < 2_000 {
			f.Add(c.document)
		}
	}
	f.Add(introspection)
	g := limits.New(limits.Limits{})
	if err := g.Validate(&graphql.ExecutableSchemaMock{SchemaFunc: schema}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, document string) {
		err := g.Check(document)
		if err == nil {
			return
		}
		known := false
		for _, refusal := range []error{limits.ErrTooLarge, limits.ErrSyntax, limits.ErrFragments} {
			known = known || errors.Is(err, refusal)
		}
		require.True(t, known, "every refusal is coded")
	})
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	g := guard(t, limits.Limits{})
	p := &graphql.RawParams{Query: introspection}
	require.NoError(t, check(g, p.Query))
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = g.MutateOperationParameters(ctx, p) }))
}

func TestRulesSuggestNothing(t *testing.T) {
	for _, document := range []string{`{ name(y: 1) }`, `{ name(x: {ss: "a"}) }`, `{ ... on Persn { id } }`} {
		doc, err := parser.ParseQuery(&ast.Source{Input: document})
		require.NoError(t, err)
		errs := validator.ValidateWithRules(schema(), doc, limits.Rules())
		require.NotEmpty(t, errs)
		require.NotContains(t, errs.Error(), "Did you mean", document)
	}
}

func BenchmarkRemembered(b *testing.B) {
	g := guard(b, limits.Limits{})
	p := &graphql.RawParams{Query: introspection}
	b.ReportAllocs()
	for b.Loop() {
		if g.MutateOperationParameters(b.Context(), p) != nil {
			b.Fatal("refused")
		}
	}
}

func BenchmarkRefused(b *testing.B) {
	g := guard(b, limits.Limits{})
	for name, c := range attacks() {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				if g.Check(c.document) == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

// BenchmarkDearestAccepted is what validation costs for documents that just keep within the bounds.
func BenchmarkDearestAccepted(b *testing.B) {
	s, g := schema(), guard(b, limits.Limits{})
	for name, document := range map[string]string{
		"same_field":        "{ me {" + strings.Repeat(" id", 200) + "} }",
		"same_in_20_sets":   "{" + strings.Repeat(" me { "+strings.Repeat("id ", 10)+"}", 19) + "}",
		"nested_same":       "{ me { a { a { a { a { a { a {" + strings.Repeat(" id", 200) + "} } } } } } } }",
		"fragments_chain":   "{ me { ...f0 } }" + numbered("fragment f# on Person { ...g# } fragment g# on Person { id }", 1) + "",
		"fragments_apart":   "{ me {" + numbered("...f# ", 80) + "} }" + numbered("fragment f# on Person{id name a{id}b{id}}", 80),
		"unknown_types":     "{ me {" + strings.Repeat("...on Persn{id}", 190) + "} }",
		"unknown_fields":    "{ me {" + numbered(" x#", 2_900) + "} }",
		"unknown_arguments": "{ name(" + numbered(" x#:1", 1_200) + ") }",
		"big_literal":       "{ name(x: {list: [" + strings.Repeat("{s:\"\"}", 600) + "]}) }",
	} {
		b.Run(name, func(b *testing.B) {
			if err := g.Check(document); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				doc, err := parser.ParseQuery(&ast.Source{Input: document})
				if err != nil {
					b.Fatal(err)
				}
				_ = validator.ValidateWithRules(s, doc, limits.Rules())
			}
		})
	}
}
