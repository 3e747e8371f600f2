package asm

// gemvDenseGeneric sums the products of columns that are alike modulo 32, and
// adds those sums up by halves.
func gemvDenseGeneric(dst []float32, w []byte, x []float32, size int, at func(b []byte, i int) float32) {
	for r := range dst {
		row := w[r*len(x)*size:][:len(x)*size]
		var s [32]float32
		for c, v := range x {
			s[c%32] += float32(at(row, c) * v)
		}
		dst[r] = byHalves(s[:])
	}
}

func gemvF16Generic(dst []float32, w []byte, x []float32) { gemvDenseGeneric(dst, w, x, 2, f16At) }

func gemvBF16Generic(dst []float32, w []byte, x []float32) { gemvDenseGeneric(dst, w, x, 2, bf16At) }

func gemvF32Generic(dst []float32, w []byte, x []float32) { gemvDenseGeneric(dst, w, x, 4, f32At) }
