// Package asm holds the inner loops that decide how fast pruning is, each as a
// Go function and, for the processors that matter, the same loop in assembly.
//
// # Layout
//
// A routine x is at most five files: x.go, the exported wrapper, which checks
// lengths and takes the kernel or the loop; x_generic.go, the loop in Go, always
// compiled, and the definition of what x computes; x_amd64.go and x_arm64.go,
// which declare the assembly and choose by tier; and the .s files, one routine
// each (x_avx2_amd64.s, x_avx512_amd64.s, x_arm64.s), which share bodies and
// instructions by .h files. smooth_block.go runs kernels over blocks of entries, on
// either processor. For every other build noasm.go stands in for the
// kernels. The comment of each assembly stub is the Go loop that the assembly
// must equal.
//
// # Tiers
//
// One tier of instructions is chosen when the program starts: the best that
// the processor and the build have, or what SPARSELLM_CPU asks for (generic,
// avx2, avx512, neon; a tier that the machine lacks is never used). Within avx512
// some kernels use VNNI or VBMI2 where the processor has them, and say so in their
// names. The build tag noasm leaves only the loops in Go. Within a tier results are
// deterministic; between tiers they differ by rounding alone, since assembly
// fuses multiplication and addition, and sums vectors in another order.
//
// # Contracts
//
// No routine allocates, keeps its arguments or starts a goroutine, and all are
// safe for concurrent use on memory that does not overlap. Destinations must
// not overlap sources unless a routine says so. Slices need no alignment.
// Lengths that do not fit are a programmer's error and panic. NaN and infinity
// go through as IEEE 754 arithmetic has it.
//
// The package knows nothing of matrices beyond pointers and strides, and the order
// in memory of packed weights (gemvpanel.go, gemvmask.go), nothing of models, and
// of pruning only the formulas of its loops: saliencies, the masked solve, and
// SparseLLM's steps of z and s (gate.go, smooth.go).
package asm
