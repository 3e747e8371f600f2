// Package linalg is the dense linear algebra that pruning needs, blocked,
// packed and parallel, in float32 and float64: products (Gemm), Gram matrices
// (Syrk), Cholesky factors (Potrf), triangular solves (Trsm), the upper
// factor R of H⁻¹ = RᵀR in one call (InverseFactor), and the masked solve of a
// block of columns with it (SolveMasked). For activations there are functions
// of vectors (Softmax, SwiGLU).
//
// Matrices are row-major with a stride. Every routine takes a *Pool, which
// says how many threads it may use; a nil pool means the calling goroutine
// alone. Results do not depend on the number of threads, bit for bit: threads
// share out rows and columns of the result, never the terms of a sum.
//
// Large matrices that come and go take their memory from the pool and give it
// back, at the end of a scope at the latest (Take, GiveBack, Scope); with -tags
// poison it is full of NaN in between.
//
// The package knows nothing of models or files, and of pruning the masked solve
// alone. It stands on package asm. Dimensions that do not fit are a programmer's
// error and panic; a matrix that cannot be factored is data and comes back as
// ErrNotPositiveDefinite.
package linalg
