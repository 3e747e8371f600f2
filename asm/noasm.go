//go:build noasm || !(amd64 || arm64)

package asm

// In a build without assembly each routine is its loop in Go: there is no tier
// but Generic, in which none of these kernels is called.

// lacks returns what keeps t from being used here, nothing if it can be.
func lacks(t Tier) []string {
	if t == Generic {
		return nil
	}
	return []string{"assembly, which this build is without"}
}

func gemmTile32() (mr, nr int) { return genericRows, genericCols }
func gemmTile64() (mr, nr int) { return genericRows, genericCols }

func gemm32(_ int, _ float32, _ *float32, _ int, _ *float32, _ int, _ float32, _ *float32, _, _, _ int) {
}
func gemm64(_ int, _ float64, _ *float64, _ int, _ *float64, _ int, _ float64, _ *float64, _, _, _ int) {
}
func trsm32(_ *float32, _ int, _ *float32, _ int)                {}
func trsm64(_ *float64, _ int, _ *float64, _ int)                {}
func potrf32(_ *float32, _ int) int                              { return -1 }
func potrf64(_ *float64, _ int) int                              { return -1 }
func solveMasked32(_, _ int, _, _, _ *float32, _ int, _ *uint32) {}
func maskBelow32(_ *uint32, _, _ *float32, _ int, _ float32)     {}
func maskLeast32(_ *uint32, _, _ *float32, _, _ int, _ *float32) {}

func maxLanes(_ *laneSums, _ *float32, _ int)                 {}
func expSum(_ *laneSums, _, _ *float32, _ int, _ float32)     {}
func scale(_ float32, _ *float32, _ int)                      {}
func swiGLU(_, _, _ *float32, _ int)                          {}
func stepReLU(_, _, _ *float32, _ int, _, _ float32)          {}
func stepSwiGLU(_, _, _, _ *float32, _ int, _, _ float32)     {}
func descendGate(_, _, _, _ *float32, _ int, _, _, _ float32) {}
func newtonGate(_, _, _, _ *float32, _ int, _, _ float32)     {}
func f16ToF32(_ *float32, _ *uint16, _ int)                   {}
func f32ToF16(_ *uint16, _ *float32, _ int)                   {}
func bf16ToF32(_ *float32, _ *uint16, _ int)                  {}
func f32ToBF16(_ *uint16, _ *float32, _ int)                  {}

func saliencyBetween[T Float](dst, w, d2 []T, lo, hi T) (below, between int) {
	return saliencyBetweenGeneric(dst, w, d2, lo, hi)
}

func pack[T Float](dst []T, w int, src []T, ld, k, m int) { packGeneric(dst, w, src, ld, k, m) }

func transpose[T Float](dst []T, w int, src []T, ld, m, k int) {
	transposeGeneric(dst, w, src, ld, m, k)
}

func activate(f *Smooth, dst, x, up []float32) { activateGeneric(f, dst, x, up) }

func stepSmooth(f *Smooth, t, p, m, w []float32, alpha, gamma float32) {
	stepSmoothGeneric(f, t, p, m, w, alpha, gamma)
}

func gemvQ8(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	gemvQ8Generic(dst, values, scales, x, panels, blocks)
}

func gemvQ4(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	gemvQ4Generic(dst, values, scales, x, panels, blocks)
}

func gemv24Q8(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	gemv24Q8Generic(dst, values, index, scales, x, panels, blocks)
}

func gemv24Q4(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	gemv24Q4Generic(dst, values, index, scales, x, panels, blocks)
}

func gemvF16(dst []float32, w []byte, x []float32) { gemvF16Generic(dst, w, x) }

func gemvBF16(dst []float32, w []byte, x []float32) { gemvBF16Generic(dst, w, x) }

func gemvF32(dst []float32, w []byte, x []float32) { gemvF32Generic(dst, w, x) }
