package asm

// sumColumns is how many running sums the products of a row have.
const sumColumns = 32

// gemvDenseGeneric sums the products of columns that are alike modulo 32, and
// adds those sums up by halves.
func gemvDenseGeneric(dst []float32, w []byte, x []float32, size int, at func(b []byte, i int) float32) {
	for r := range dst {
		row := w[r*len(x)*size:][:len(x)*size]
		var s [sumColumns]float32
		for c, v := range x {
			s[c%sumColumns] += float32(at(row, c) * v)
		}
		dst[r] = byHalves(s[:])
	}
}

func gemvF16Generic(dst []float32, w []byte, x []float32) { gemvDenseGeneric(dst, w, x, 2, f16At) }

func gemvBF16Generic(dst []float32, w []byte, x []float32) { gemvDenseGeneric(dst, w, x, 2, bf16At) }

func gemvF32Generic(dst []float32, w []byte, x []float32) { gemvDenseGeneric(dst, w, x, 4, f32At) }

// gemvTail adds the products of the columns from n on.
func gemvTail(dst []float32, w []byte, x []float32, n, size int, at func(b []byte, i int) float32) {
	if n == len(x) {
		return
	}
	for r := range dst {
		row := w[(r*len(x)+n)*size:]
		for i, v := range x[n:] {
			dst[r] += float32(at(row, i) * v)
		}
	}
}
