// Command bench measures the kernels of sparsellm beside those of others, in
// one run: gonum, viterin/vek, ajroetker/go-highway, gomlx/compute and, given
// a Python that has it, PyTorch with MKL. It takes turns, so that a noisy
// machine is as noisy for all, and compares the best turn of each.
//
//	cd bench && go run . -python /path/to/python -threads 1,2 -rounds 15
//
// Two more commands measure whole runs: of prune beside original.py, which
// does in PyTorch what the released code does, and of prune on models of
// random weights, as they grow, beside what plan says.
//
//	cd bench && go run . whole -python /path/to/python -model DIR -calib FILE
//	cd bench && go run . growth -method sparsellm
//
// Another measures how fast models of ours and of llama.cpp's answer, by turns.
//
//	cd bench && go run . answers -python /path/to/python -gguf FILE,FILE -models DIR,DIR
//
// It is a module of its own: users of sparsellm need none of what it needs.
// go-highway has vectors on amd64 only when built with GOEXPERIMENT=simd.
package main
