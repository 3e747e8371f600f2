// Package tasks turns rows of data sets into questions for a language model, and
// its log-likelihoods and answers into accuracies and other figures.
//
// A row becomes a Document: contexts, the choices that may follow, and which is
// right; or a prompt, and what an answer is held against. The known tasks, and how
// texts become tokens, are those of EleutherAI's lm-evaluation-harness 0.4.13, to
// the letter. A user's own tasks are in JSON lines of a few forms (own.go).
//
// A Measure is a figure with a standard error; Difference is that of two models on
// the same documents.
//
// The package knows rows as JSON objects, an Encoder and likelihood.Request. It
// knows no files, no models and no pruning.
package tasks
