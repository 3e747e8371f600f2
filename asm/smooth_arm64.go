//go:build !noasm

package asm

func activate(f *Smooth, dst, x, up []float32) { activateGeneric(f, dst, x, up) }

func stepSmooth(f *Smooth, t, p, m, w []float32, alpha, gamma float32) {
	stepSmoothGeneric(f, t, p, m, w, alpha, gamma)
}
