package asm

// Trsm solves T·X = B for one tile of X, which overwrites B: T is an mr × mr
// lower triangle, X is mr × nr (see GemmTile), rows ld elements apart. Column
// l of T starts at t[l*ts], and its diagonal holds reciprocals:
//
//	for l := range mr {
//		for j := range nr {
//			x[l*ld+j] *= t[l*ts+l]
//			for i := l + 1; i < mr; i++ {
//				x[i*ld+j] -= t[l*ts+i] * x[l*ld+j]
//			}
//		}
//	}
func Trsm[T Float](t []T, ts int, x []T, ld int) {
	mr, nr := GemmTile[T]()
	if ts < 0 || ld < nr || len(t) < (mr-1)*ts+mr || len(x) < (mr-1)*ld+nr {
		panic("asm: Trsm: short operand")
	}
	switch {
	case tier == Generic:
		trsmGeneric(t, ts, x, ld)
	case single[T]():
		trsm32(at32(t), ts, at32(x), ld)
	default:
		trsm64(at64(t), ts, at64(x), ld)
	}
}

// Potrf factors UᵀU = X for the upper triangle of the mr columns that X, mr ×
// nr (see GemmTile), rows ld elements apart, begins with, and applies U⁻ᵀ to
// the columns after them:
//
//	for l := range mr {
//		d := x[l*ld+l]
//		if !(d > 0) || math.IsInf(d, 0) {
//			return l
//		}
//		r := 1 / math.Sqrt(d)
//		for j := range nr {
//			x[l*ld+j] *= r
//		}
//		x[l*ld+l] = math.Sqrt(d)
//		for i := l + 1; i < mr; i++ {
//			for j := range nr {
//				x[i*ld+j] -= x[l*ld+i] * x[l*ld+j]
//			}
//		}
//	}
//	return -1
//
// The result is the row of the pivot that is not positive, or -1. What is
// below the diagonal, and all of x after a failure, is left with any value.
func Potrf[T Float](x []T, ld int) int {
	mr, nr := GemmTile[T]()
	if ld < nr || len(x) < (mr-1)*ld+nr {
		panic("asm: Potrf: short operand")
	}
	switch {
	case tier == Generic:
		return potrfGeneric(x, ld)
	case single[T]():
		return potrf32(at32(x), ld)
	}
	return potrf64(at64(x), ld)
}
