//go:build !noasm

package asm

func trsm32(t *float32, ts int, x *float32, ld int) { trsm32NEON(t, ts, x, ld) }

func potrf32(x *float32, ld int) int { return potrf32NEON(x, ld) }

func trsm64(t *float64, ts int, x *float64, ld int) { trsm64NEON(t, ts, x, ld) }

func potrf64(x *float64, ld int) int { return potrf64NEON(x, ld) }

// Each stub is the loop in the comment of Trsm or Potrf, with fused negative
// multiply-adds.

//go:noescape
func trsm32NEON(t *float32, ts int, x *float32, ld int)

//go:noescape
func potrf32NEON(x *float32, ld int) int

//go:noescape
func trsm64NEON(t *float64, ts int, x *float64, ld int)

//go:noescape
func potrf64NEON(x *float64, ld int) int
