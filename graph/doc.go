// Package graph is the face of the API: the resolvers of graph/schema and the server that runs them.
package graph
