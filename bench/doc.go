// Command bench measures the kernels of sparsellm beside those of others, in
// one run: gonum, viterin/vek, ajroetker/go-highway, gomlx/compute and, given
// a Python that has it, PyTorch with MKL. It takes turns, so that a noisy
// machine is as noisy for all, and compares the best turn of each.
//
//	cd bench && go run . -python /path/to/python -threads 1,2 -rounds 15
//
// It is a module of its own: users of sparsellm need none of what it needs.
// go-highway has vectors on amd64 only when built with GOEXPERIMENT=simd.
package main
