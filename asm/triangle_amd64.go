//go:build !noasm

package asm

func trsm32(t *float32, ts int, x *float32, ld int) {
	if tier == AVX512 {
		trsm32AVX512(t, ts, x, ld)
	} else {
		trsm32AVX2(t, ts, x, ld)
	}
}

func potrf32(x *float32, ld int) int {
	if tier == AVX512 {
		return potrf32AVX512(x, ld)
	}
	return potrf32AVX2(x, ld)
}

func trsm64(t *float64, ts int, x *float64, ld int) {
	if tier == AVX512 {
		trsm64AVX512(t, ts, x, ld)
	} else {
		trsm64AVX2(t, ts, x, ld)
	}
}

func potrf64(x *float64, ld int) int {
	if tier == AVX512 {
		return potrf64AVX512(x, ld)
	}
	return potrf64AVX2(x, ld)
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
