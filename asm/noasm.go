//go:build noasm || !(amd64 || arm64)

package asm

// In a build without assembly each routine is its loop in Go.

// lacks returns what keeps t from being used here, nothing if it can be.
func lacks(t Tier) []string {
	if t == Generic {
		return nil
	}
	return []string{"assembly, which this build is without"}
}

func gemmTile32() (mr, nr int) { return genericRows, genericCols }

func gemmTile64() (mr, nr int) { return genericRows, genericCols }

func gemm32(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m, n int) {
	gemmGeneric(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
}

func gemm64(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m, n int) {
	gemmGeneric(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
}

func trsm32(t *float32, ts int, x *float32, ld int) { trsmGeneric(t, ts, x, ld) }

func trsm64(t *float64, ts int, x *float64, ld int) { trsmGeneric(t, ts, x, ld) }

func potrf32(x *float32, ld int) int { return potrfGeneric(x, ld) }

func potrf64(x *float64, ld int) int { return potrfGeneric(x, ld) }

func solveMasked32(s, m int, w, err, r *float32, rs int, mask *uint32) {
	_, nr := gemmTile32()
	solveMaskedGeneric(s, m, nr, w, err, r, rs, mask)
}

func maskBelow32(mask *uint32, w, d2 *float32, n int, threshold float32) {
	_, nr := gemmTile32()
	maskBelowGeneric(mask, w, d2, n, nr, threshold)
}

func maskLeast32(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32) {
	_, nr := gemmTile32()
	maskLeastGeneric(mask, w, d2, n, nr, zeros, scratch)
}

func saliencyBetween[T Float](dst, w, d2 []T, lo, hi T) (below, between int) {
	return saliencyBetweenGeneric(dst, w, d2, lo, hi)
}

func pack[T Float](dst []T, w int, src []T, ld, k, m int) { packGeneric(dst, w, src, ld, k, m) }

func transpose[T Float](dst []T, w int, src []T, ld, m, k int) {
	transposeGeneric(dst, w, src, ld, m, k)
}

func maxLanes(top *laneSums, x []float32) { maxLanesGeneric(top, x) }

func expSum(sum *laneSums, dst, x []float32, top float32) { expSumGeneric(sum, dst, x, top) }

func scale(a float32, x []float32) { scaleGeneric(a, x) }

func swiGLU(dst, gate, up []float32) { swiGLUGeneric(dst, gate, up) }

func stepReLU(z, p, m []float32, alpha, gamma float32) { stepReLUGeneric(z, p, m, alpha, gamma) }

func stepSwiGLU(z, p, m, s []float32, alpha, gamma float32) {
	stepSwiGLUGeneric(z, p, m, s, alpha, gamma)
}

func descendGate(s, p, m, z []float32, alpha2, gamma2, rate float32) {
	descendGateGeneric(s, p, m, z, alpha2, gamma2, rate)
}

func newtonGate(s, p, m, z []float32, alpha, gamma float32) {
	newtonGateGeneric(s, p, m, z, alpha, gamma)
}

func activate(f *Smooth, dst, x, up []float32) { activateGeneric(f, dst, x, up) }

func stepSmooth(f *Smooth, t, p, m, w []float32, alpha, gamma float32) {
	stepSmoothGeneric(f, t, p, m, w, alpha, gamma)
}

func f16ToF32(dst []float32, src []uint16) { f16ToF32Generic(dst, src) }

func f32ToF16(dst []uint16, src []float32) { f32ToF16Generic(dst, src) }

func bf16ToF32(dst []float32, src []uint16) { bf16ToF32Generic(dst, src) }

func f32ToBF16(dst []uint16, src []float32) { f32ToBF16Generic(dst, src) }
