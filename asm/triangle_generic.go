package asm

import "math"

func trsmGeneric[T Float](t []T, ts int, x []T, ld int) {
	const mr, nr = genericRows, genericCols
	for l := range mr {
		row := (*[nr]T)(x[l*ld:])
		for j := range row {
			row[j] *= t[l*ts+l]
		}
		for i := l + 1; i < mr; i++ {
			for j, v := range row {
				x[i*ld+j] -= t[l*ts+i] * v
			}
		}
	}
}

func potrfGeneric[T Float](x []T, ld int) int {
	const mr, nr = genericRows, genericCols
	for l := range mr {
		row := (*[nr]T)(x[l*ld:])
		d := float64(row[l])
		if !(d > 0) || math.IsInf(d, 0) {
			return l
		}
		root := T(math.Sqrt(d))
		r := 1 / root
		for j := range row {
			row[j] *= r
		}
		row[l] = root
		for i := l + 1; i < mr; i++ {
			for j, v := range row {
				x[i*ld+j] -= row[i] * v
			}
		}
	}
	return -1
}
