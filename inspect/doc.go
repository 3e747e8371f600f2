// Package inspect counts what a model's files hold: zeros, the N:M patterns that
// they follow, and what the weights would take in formats that store no zeros.
//
// It knows tensors of a checkpoint, and which of them are in decoder blocks. It
// runs no model, and prints nothing.
package inspect
