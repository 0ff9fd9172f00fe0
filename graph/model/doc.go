// Package model holds the types of the API that no domain package has: the viewer, payloads and their errors, and the
// interfaces. What stands in models_gen.go is generated; all other types of the API are those of the domains (gqlgen.yml).
package model
