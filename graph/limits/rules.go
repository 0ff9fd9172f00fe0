package limits

import "github.com/vektah/gqlparser/v2/validator/rules"

// Rules gives the validation rules of the specification without the variants that suggest names. gqlgen itself
// swaps the two rules that SetDisableSuggestion knows of; this swaps the rest.
func Rules() *rules.Rules {
	r := rules.NewDefaultRules()
	r.RemoveRule(rules.KnownArgumentNamesRule.Name)
	r.AddRule(rules.KnownArgumentNamesRuleWithoutSuggestions.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.RemoveRule(rules.KnownTypeNamesRule.Name)
	r.AddRule(rules.KnownTypeNamesRuleWithoutSuggestions.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.RemoveRule(rules.ValuesOfCorrectTypeRule.Name)
	r.AddRule(rules.ValuesOfCorrectTypeRuleWithoutSuggestions.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	return r
}
