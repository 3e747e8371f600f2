// Package sparsellm is the root of the module. It holds nothing but two models
// small enough to travel inside the program, for its demonstration.
//
// The work is done by the packages below it, through which data flows one way:
//
//	checkpoint → arch (opt, llama) → calib, tokenizer → pipeline
//	    (block by block: capture → prune → run) → checkpoint, perplexity
//
// Package prune is the algorithm, linalg and asm are what it computes with, hub
// finds models, plan says before a run what it will take and report afterwards
// what became of it. Package job puts them together, from names of files to a
// result; cmd/sparsellm is the command around it, and docs/library.md shows how to
// do without.
package sparsellm
