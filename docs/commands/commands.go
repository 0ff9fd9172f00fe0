// Package commands holds the contract with the fund's developers on what the cabinet sends: a JSON Schema and an example
// for every type of command. The files beside this one are that contract.
package commands

import "embed"

// Files holds TYPE.schema.json and TYPE.example.json for every type.
//
//go:embed *.json
var Files embed.FS
