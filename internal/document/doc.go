// Package document is the citizen's store of papers: documents, whose contents are versions that never change.
//
// It owns the states of a document's processing at the fund, the list with its filters, the detail with versions, the
// reading of a version's content (bytes are kept by package blob), and the application of the fund's verdicts.
package document
