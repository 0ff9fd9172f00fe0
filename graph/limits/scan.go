package limits

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
)

// scan is the cheap pass: it counts what can be counted without knowing the grammar. After it the recursion
// of the parser is bounded.
func (g *Guard) scan(document string) *gqlerror.Error {
	if !utf8.ValidString(document) {
		return gqlerror.Wrap(ErrSyntax)
	}
	lex := lexer.New(&ast.Source{Input: document})
	tokens, nesting, directives := 0, 0, 0
	for {
		token, err := lex.ReadToken()
		if err != nil {
			return syntax(err)
		}
		switch token.Kind {
		case lexer.EOF:
			return nil
		case lexer.BraceL, lexer.BracketL, lexer.ParenL:
			nesting++
		case lexer.BraceR, lexer.BracketR, lexer.ParenR:
			nesting--
		case lexer.At:
			directives++
		case lexer.String, lexer.BlockString:
			// An escape can hold what the document's own text cannot: NUL, which no database keeps, and half a surrogate
			// pair, which the lexer has turned into the replacement character.
			if strings.ContainsRune(token.Value, 0) || strings.Contains(token.Value, string(utf8.RuneError)) {
				return gqlerror.Wrap(ErrSyntax)
			}
		case lexer.Name:
			if len(token.Value) > g.limits.NameBytes {
				return gqlerror.Wrap(ErrTooLarge)
			}
		}
		tokens++
		if tokens > g.limits.Tokens || nesting > g.limits.Nesting || directives > g.limits.Directives {
			return gqlerror.Wrap(ErrTooLarge)
		}
	}
}

// syntax keeps of a parser's error only where it happened.
func syntax(err error) *gqlerror.Error {
	refused := gqlerror.Wrap(ErrSyntax)
	if at, ok := errors.AsType[*gqlerror.Error](err); ok {
		refused.Locations = at.Locations
	}
	return refused
}
