// Package attack sends hostile input to a started server and wants safe answers. Its tests have the build tag attack and
// are run by `make attack`, which starts the server; what is safe: a coded refusal, short, without the input.
package attack
