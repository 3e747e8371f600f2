package asm

// dotGeneric adds a∘b to s, element i to s[i%dotSums]; a and b are of one
// length, a multiple of dotSums.
func dotGeneric(s *[dotSums]float64, a, b []float32) {
	for ; len(a) >= dotSums && len(b) >= dotSums; a, b = a[dotSums:], b[dotSums:] {
		for i := range s {
			s[i] += float64(a[i]) * float64(b[i])
		}
	}
}

func addToGeneric(dst []float64, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] += float64(v)
	}
}
