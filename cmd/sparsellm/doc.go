// Command sparsellm prunes language models in Hugging Face folders on the CPU, and
// measures what that did to them.
//
//	sparsellm prune     zero weights, repair the rest, write a new folder
//	sparsellm compare   methods × sparsities in one table; writes nothing
//	sparsellm eval      perplexity on texts
//	sparsellm generate  continue a text, or answer a message
//	sparsellm bench     how fast models answer, side by side
//	sparsellm inspect   zeros, N:M patterns and sizes of a folder
//	sparsellm convert   a folder to a GGUF file, for llama.cpp
//	sparsellm explain   a sweep worked out for a few weights
//	sparsellm tokenize  text to token ids
//	sparsellm demo      every method on two built-in models, no files needed
//	sparsellm plan      time and memory that a run would take
//	sparsellm info      the machine, the build and the settings in force
//	sparsellm man       manual pages
//
// Each subcommand has a file of its own; what they share lies in files named
// for it. Results go to standard output, progress and complaints to standard
// error. The exit code is 0, 1 if something failed, 2 if the command line is
// wrong.
//
// The command knows flags, words, tables, progress and signals. Flags fill
// job.Settings in, package job does the work and returns what --json writes; how
// it goes comes back through hooks (hooks.go). What inspect shows is counted by
// package inspect, tokens are package tokenizer's.
package main
