//go:build !noasm

package asm

func trsm32(t *float32, ts int, x *float32, ld int) {
	switch tier {
	case AVX512:
		trsm32AVX512(t, ts, x, ld)
	case AVX2:
		trsm32AVX2(t, ts, x, ld)
	default:
		trsmGeneric(t, ts, x, ld)
	}
}

func potrf32(x *float32, ld int) int {
	switch tier {
	case AVX512:
		return potrf32AVX512(x, ld)
	case AVX2:
		return potrf32AVX2(x, ld)
	}
	return potrfGeneric(x, ld)
}

func trsm64(t *float64, ts int, x *float64, ld int) {
	switch tier {
	case AVX512:
		trsm64AVX512(t, ts, x, ld)
	case AVX2:
		trsm64AVX2(t, ts, x, ld)
	default:
		trsmGeneric(t, ts, x, ld)
	}
}

func potrf64(x *float64, ld int) int {
	switch tier {
	case AVX512:
		return potrf64AVX512(x, ld)
	case AVX2:
		return potrf64AVX2(x, ld)
	}
	return potrfGeneric(x, ld)
}

// Each stub is the loop in the comment of Trsm or Potrf, with fused negative
// multiply-adds.

//go:noescape
func trsm32AVX512(t *float32, ts int, x *float32, ld int)

//go:noescape
func potrf32AVX512(x *float32, ld int) int

//go:noescape
func trsm32AVX2(t *float32, ts int, x *float32, ld int)

//go:noescape
func potrf32AVX2(x *float32, ld int) int

//go:noescape
func trsm64AVX512(t *float64, ts int, x *float64, ld int)

//go:noescape
func potrf64AVX512(x *float64, ld int) int

//go:noescape
func trsm64AVX2(t *float64, ts int, x *float64, ld int)

//go:noescape
func potrf64AVX2(x *float64, ld int) int
