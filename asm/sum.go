package asm

// Dot returns Σ a∘b in float64, in which each product is exact, as dotSums
// running sums that are added up by halves: the same bits in every tier. a and
// b are of one length.
func Dot(a, b []float32) float64 {
	mustMatch("Dot", len(a), len(b))
	var s [dotSums]float64
	n := len(a) / dotSums * dotSums
	if n > 0 {
		dot(&s, a[:n], b[:n])
	}
	b = b[n:]
	for i, v := range a[n:] {
		s[i] += float64(v) * float64(b[i])
	}
	return byHalves(s[:])
}

// byHalves returns the sum of s, a power of two of numbers, in which it adds
// the second half to the first until one is left. s is spoilt.
func byHalves[T Float](s []T) T {
	for w := len(s) / 2; w > 0; w /= 2 {
		for i := range w {
			s[i] += s[i+w]
		}
	}
	return s[0]
}

// dotSums is enough for additions not to wait for one another.
const dotSums = 32

// AddTo adds src to dst. They are of one length.
func AddTo(dst []float64, src []float32) {
	mustMatch("AddTo", len(dst), len(src))
	addTo(dst, src)
}
