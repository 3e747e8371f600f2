// Package architecture lists the architectures that the program runs, of which
// each is a file of package opt or llama. All lists of architectures, those in
// help and errors too, are made of this one.
package architecture
