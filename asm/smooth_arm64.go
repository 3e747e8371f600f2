//go:build !noasm

package asm

// The kernels do whole groups of lanes, the Go loop, which rounds alike, the last
// elements.

func activate(f *Smooth, dst, x, up []float32) {
	n := whole[float32](len(x), lanes)
	if n > 0 {
		u, step := factors(up, tier.vector())
		if f.normal {
			activateNormalNEON(&dst[0], &x[0], u, step, n, &f.table)
		} else {
			activateLogisticNEON(&dst[0], &x[0], u, step, n, &f.table)
		}
	}
	activateGeneric(f, dst[n:], x[n:], tail(up, n))
}

func startSmooth(state *smoothState, t, p, m, w *float32, step, n int, f *Smooth, alpha, gamma float32) {
	startSmoothNEON(state, t, p, m, w, step, n, &f.table, alpha, gamma)
}

func trySmooth(state *smoothState, trial, p, m, w *float32, step, n int, f *Smooth, alpha, gamma float32) {
	if f.normal {
		tryNormalNEON(state, trial, p, m, w, step, n, &f.table, alpha, gamma)
	} else {
		tryLogisticNEON(state, trial, p, m, w, step, n, &f.table, alpha, gamma)
	}
}

// vector returns the bytes of a vector.
func (Tier) vector() int { return 16 }

// What each stub does is said in smooth_amd64.go.

//go:noescape
func activateLogisticNEON(dst, x, up *float32, step, n int, table *table)

//go:noescape
func activateNormalNEON(dst, x, up *float32, step, n int, table *table)

//go:noescape
func startSmoothNEON(state *smoothState, t, p, m, w *float32, step, n int, table *table, alpha, gamma float32)

//go:noescape
func tryLogisticNEON(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)

//go:noescape
func tryNormalNEON(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
