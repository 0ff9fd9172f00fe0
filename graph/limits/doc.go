// Package limits refuses a GraphQL document that is larger than any client of the cabinet needs, before gqlgen
// parses and validates it.
//
// Why before: validation compares fields pairwise, so its cost grows with the square of the document and it cannot be
// interrupted. A few hundred kilobytes keep a processor busy for minutes. The bounds here make the cost of the dearest
// accepted document small, whoever sends it.
//
// The work goes from cheap to dear, and each step bounds the next: bytes; one pass of the lexer over tokens, brackets
// and the lengths of names, without recursion; parsing; sizes of fragments, each counted once; and only then a walk
// over the document with its fragments unfolded. Accepted documents are remembered, up to a number of bytes, so an
// ordinary request costs one look-up in a map.
//
// It owns the shape of documents only. What a field costs to answer (pages times fields) is the business of the
// complexity limit; the size of variables is bounded by the transport's limit of the body; how often somebody may
// ask, by the rate limit.
//
// Rules gives gqlgen's validation rules without suggestions: they leak names, and comparing a name with every type of
// the schema is a cost in itself. QueryCache is a cache of parsed documents bounded by bytes, not by entries.
//
//	guard := limits.New(limits.Production())
//	server.Use(guard)
//	server.SetQueryCache(limits.NewQueryCache(8 << 20))
//	server.SetDisableSuggestion(true)
//	server.SetValidationRulesFn(limits.Rules)
package limits
