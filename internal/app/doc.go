// Package app puts the parts together and runs them: the only room that knows every other.
//
// It owns the order in which parts start and stop, and the choice between a part and its stand-in for the demo. It has
// no rules of its own.
package app
