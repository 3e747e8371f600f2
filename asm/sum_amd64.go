//go:build !noasm

package asm

func dot(s *[dotSums]float64, a, b []float32) {
	if tier < AVX2 {
		dotGeneric(s, a, b)
		return
	}
	dotAVX2(s, &a[0], &b[0], len(a))
}

func addTo(dst []float64, src []float32) {
	n := 0
	if tier >= AVX2 {
		if n = len(src) &^ 15; n > 0 {
			addToAVX2(&dst[0], &src[0], n)
		}
	}
	addToGeneric(dst[n:], src[n:])
}

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of dotSums, or of 16, and not 0.

//go:noescape
func dotAVX2(s *[dotSums]float64, a, b *float32, n int)

//go:noescape
func addToAVX2(dst *float64, src *float32, n int)
