// Package prune zeroes weights and repairs the rest: by SparseGPT, ADMM and
// others (Methods) one matrix at a time (Method), and by SparseLLM (Bai et al.,
// NeurIPS 2024, arXiv 2402.17946) a block's whole feed-forward network, within
// which those of them prune that are Local.
//
// Everything works on matrices. Weights are out × in, as checkpoints store
// them. Activations have a row per token (tokens × features), which is the
// transpose of the paper's X, Y, z and p; where a comment quotes the paper its
// symbols keep the paper's orientation, so that X·Xᵀ is a sum over tokens.
//
//	local   min ‖W₀X − WX‖²   for one matrix: all that it needs of X is the
//	        Hessian H = (2/K)·X·Xᵀ over K samples             (Hessian, Sweep)
//	global  min α‖z − W₁X‖² + γ‖p − φ(z)‖² + β‖Y − W₂p‖²      (paper, eq. 4)
//	        for a feed-forward network, by alternating over W, p, z (and s),
//	        each step with the others held fixed                (SparseLLM)
//	shares  of the zeros, from what those of each matrix or block do to the
//	        model                              (Balance, ByDamage, ByOutliers)
//
// The package knows nothing of files, models, tokens or progress bars. It stands
// on linalg, on internal/activation for φ, on asm for the z and s steps of single
// entries (steps.go), and on gonum for the eigenvalues by which the released code
// inverts a Gram matrix (Released). It starts no goroutines of its own: the
// caller's *linalg.Pool says how many threads there are, and results do not
// depend on it, bit for bit.
package prune
