// Package pyjson reads JSON as Python's json module writes and reads it, which
// is what transformers' files are: with NaN and Infinity for numbers.
//
// It knows nothing of what the files say.
package pyjson
