package asm

import (
	"math"
	"unsafe"
)

func trsmGeneric[T Float](t *T, ts int, x *T, ld int) {
	const mr, nr = genericRows, genericCols
	tri := unsafe.Slice(t, (mr-1)*ts+mr)
	y := unsafe.Slice(x, (mr-1)*ld+nr)
	for l := range mr {
		row := (*[nr]T)(y[l*ld:])
		for j := range row {
			row[j] *= tri[l*ts+l]
		}
		for i := l + 1; i < mr; i++ {
			for j, v := range row {
				y[i*ld+j] -= tri[l*ts+i] * v
			}
		}
	}
}

func potrfGeneric[T Float](x *T, ld int) int {
	const mr, nr = genericRows, genericCols
	y := unsafe.Slice(x, (mr-1)*ld+nr)
	for l := range mr {
		row := (*[nr]T)(y[l*ld:])
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
				y[i*ld+j] -= row[i] * v
			}
		}
	}
	return -1
}
