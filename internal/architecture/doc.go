// Package architecture lists the architectures that the program runs: of each
// what it is called, by users and in files, and what it chooses where those of
// its family differ. Each is a file of its own, which registers it, and all
// lists of architectures are made of these.
//
// It is data alone: packages opt and llama run the families, and package arch
// says which runs what.
package architecture
