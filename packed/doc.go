// Package packed holds weight matrices in the form in which they lie in a packed
// file, small, and multiplies activations by them as they are.
//
// # Forms
//
// A Format says how a kept weight is stored (Values) and which weights are kept:
// all, two of four consecutive ones, or those that a mask of bits marks. Weights
// of 8 and 4 bits, quantised, have a float16 scale for each row and Group
// columns. The order in memory is the kernels' (package asm, gemvpanel.go and
// gemvmask.go); at says it in one place. Rows come in panels of PanelRows, each
// after the other, so that panels of a matrix may be packed on their own and
// strung together (masks: but for the bytes of readAhead, and Offsets).
//
// # Products
//
// For a few tokens, quantised weights meet activations quantised in blocks of 32,
// and integers are summed: the result has the same bits in every tier, for any
// number of threads, whichever tokens are multiplied along. For many tokens a
// panel of rows is unpacked to float32 and goes through linalg's product; then
// activations are not quantised, and a token's result does not depend on the
// others either. So the two differ by the rounding of activations, and
// Matrix.Apply of fewTokens and of more are not the same computation.
//
// The package knows nothing of models beyond the interface of their weights,
// nothing of files, and nothing of how values are chosen but rounding to the
// nearest (Scale, Round).
package packed
