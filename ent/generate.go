// Package ent is the store: the entities of the cabinet and the generated code that reads and writes them.
//
// What is written by hand is in schema (entities), rule (privacy), template (a query method that the rules
// need) and migrate (versioned SQL). Everything else here is generated; `make generate` makes it anew.
package ent

//go:generate go tool ent generate --feature privacy,sql/modifier,sql/lock,sql/execquery,sql/versioned-migration --template ./template/wherep.tmpl --target . ./schema
