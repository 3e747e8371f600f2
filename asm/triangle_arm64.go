//go:build !noasm

package asm

// Each stub is the loop in the comment of Trsm or Potrf, with fused negative
// multiply-adds.

//go:noescape
func trsm32(t *float32, ts int, x *float32, ld int)

//go:noescape
func potrf32(x *float32, ld int) int

//go:noescape
func trsm64(t *float64, ts int, x *float64, ld int)

//go:noescape
func potrf64(x *float64, ld int) int
