package entry

// PresentTerms are the documents in their present versions, as nobody in particular has accepted them.
func PresentTerms() ([]Term, error) { return loadTerms() }
