//go:build !noasm

package asm

// The kernels do whole groups of lanes, the Go loop, which rounds alike, the last
// elements.

func activate(f *Smooth, dst, x, up []float32) {
	n := whole[float32](len(x), lanes)
	if n > 0 {
		u, step := factors(up, tier.vector())
		switch {
		case tier == AVX512 && f.normal:
			activateNormalAVX512(&dst[0], &x[0], u, step, n, &f.table)
		case tier == AVX512:
			activateLogisticAVX512(&dst[0], &x[0], u, step, n, &f.table)
		case f.normal:
			activateNormalAVX2(&dst[0], &x[0], u, step, n, &f.table)
		default:
			activateLogisticAVX2(&dst[0], &x[0], u, step, n, &f.table)
		}
	}
	activateGeneric(f, dst[n:], x[n:], tail(up, n))
}

func startSmooth(state *smoothState, t, p, m, w *float32, step, n int, f *Smooth, alpha, gamma float32) {
	if tier == AVX512 {
		startSmoothAVX512(state, t, p, m, w, step, n, &f.table, alpha, gamma)
	} else {
		startSmoothAVX2(state, t, p, m, w, step, n, &f.table, alpha, gamma)
	}
}

func trySmooth(state *smoothState, trial, p, m, w *float32, step, n int, f *Smooth, alpha, gamma float32) {
	switch {
	case tier == AVX512 && f.normal:
		tryNormalAVX512(state, trial, p, m, w, step, n, &f.table, alpha, gamma)
	case tier == AVX512:
		tryLogisticAVX512(state, trial, p, m, w, step, n, &f.table, alpha, gamma)
	case f.normal:
		tryNormalAVX2(state, trial, p, m, w, step, n, &f.table, alpha, gamma)
	default:
		tryLogisticAVX2(state, trial, p, m, w, step, n, &f.table, alpha, gamma)
	}
}

// vector returns the bytes of a vector of the tier.
func (t Tier) vector() int {
	if t == AVX512 {
		return 64
	}
	return 32
}

// Each activate stub is the loop of activateGeneric for n elements, a multiple of
// lanes and not 0, and rounds as that does; up and w move on by step bytes from one
// vector to the next.

//go:noescape
func activateLogisticAVX2(dst, x, up *float32, step, n int, table *table)

//go:noescape
func activateLogisticAVX512(dst, x, up *float32, step, n int, table *table)

//go:noescape
func activateNormalAVX2(dst, x, up *float32, step, n int, table *table)

//go:noescape
func activateNormalAVX512(dst, x, up *float32, step, n int, table *table)

// startSmooth and trySmooth are the parts of stepSmoothGeneric: what is done before
// the first trial, and with one, trial or, where it is nil, best less length, which
// is then quartered.

//go:noescape
func startSmoothAVX2(state *smoothState, t, p, m, w *float32, step, n int, table *table, alpha, gamma float32)

//go:noescape
func startSmoothAVX512(state *smoothState, t, p, m, w *float32, step, n int, table *table, alpha, gamma float32)

//go:noescape
func tryLogisticAVX2(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)

//go:noescape
func tryLogisticAVX512(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)

//go:noescape
func tryNormalAVX2(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)

//go:noescape
func tryNormalAVX512(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
