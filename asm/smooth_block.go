//go:build !noasm && (amd64 || arm64)

package asm

// smoothState is what the kernels of StepSmooth keep of a block of entries from one
// trial to the next. A trial waits for the one before it, entries do not wait for
// each other: so all entries of a block are tried before any is tried again.
type smoothState struct {
	best  [smoothBlock]float32 // of the t that were tried
	_     [smoothBlock]float32 // its cost
	_     [smoothBlock]float32 // the step from it
	trial [smoothBlock]float32 // the first to try
}

const smoothBlock = 256

func stepSmooth(f *Smooth, t, p, m, w []float32, alpha, gamma float32) {
	whole := whole[float32](len(t), lanes)
	var state smoothState
	for i := 0; i < whole; i += smoothBlock {
		n := min(whole-i, smoothBlock)
		weight, step := factors(tail(w, i), tier.vector())
		startSmooth(&state, &t[i], &p[i], &m[i], weight, step, n, f, alpha, gamma)
		trySmooth(&state, &state.trial[0], &p[i], &m[i], weight, step, n, f, alpha, gamma)
		trySmooth(&state, &t[i], &p[i], &m[i], weight, step, n, f, alpha, gamma)
		for range smoothTrials - 2 {
			trySmooth(&state, nil, &p[i], &m[i], weight, step, n, f, alpha, gamma)
		}
		copy(t[i:i+n], state.best[:])
	}
	stepSmoothGeneric(f, t[whole:], p[whole:], m[whole:], tail(w, whole), alpha, gamma)
}
