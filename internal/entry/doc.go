// Package entry is the way into the cabinet, after somebody has proved who they are: what stands between them and the
// cabinet, and how it is done (первый вход).
//
// It owns the terms and their acceptance, the link of an account to the fund's record, the steps of the welcome, and the
// answer to how far a person has come in. Which data is required, and the fund's record itself, belong to package person,
// approved networks to package network, the counting of failures to who implements Guard. The gate itself is at the edge.
//
// The terms are texts in terms/: conditions of use, and the consent to the processing of personal data by Federal Law
// 152-FZ, article 9, part 4. A text is never changed without a new version.
package entry
