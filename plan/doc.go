// Package plan says before a run what it will take: operations, time and
// memory, phase by phase.
//
// It knows the shapes of models and what the steps of package prune cost, and
// measures in two seconds how fast this machine does such steps (Measure); and
// it chooses where SparseLLM's auxiliary variables are, so that a run keeps to a
// budget of memory (Fit). It reads no weights and runs no model.
package plan
