// Package events holds the contract with the fund's developers: a JSON Schema and an example for every type of event.
// The files beside this one are that contract and are served as they are.
package events

import "embed"

// Files holds TYPE.schema.json and TYPE.example.json for every type.
//
//go:embed *.json
var Files embed.FS
