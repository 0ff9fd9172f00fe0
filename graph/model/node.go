package model

// Node is what can be fetched by its id: a pointer to a type of a domain package that the schema says is a Node.
// The domain packages know nothing of the API, so there is no method that could name them here.
type Node any
