package asm

// The tile of the Go loop: its 16 sums are what a compiler without vectors can
// keep in registers.
const genericRows, genericCols = 4, 4

func gemmGeneric[T Float](k int, alpha T, a []T, as int, b []T, bs int, beta T, c []T, ldc, m, n int) {
	var s [genericRows][genericCols]T
	for p := range k {
		u := (*[genericRows]T)(a[p*as:])
		v := (*[genericCols]T)(b[p*bs:])
		for i := range s {
			s[i][0] += u[i] * v[0]
			s[i][1] += u[i] * v[1]
			s[i][2] += u[i] * v[2]
			s[i][3] += u[i] * v[3]
		}
	}
	for i := range m {
		row := c[i*ldc:][:n]
		for j := range row {
			if beta == 0 {
				row[j] = alpha * s[i][j]
			} else {
				row[j] = alpha*s[i][j] + beta*row[j]
			}
		}
	}
}
