//go:build !noasm

package asm

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of 8 and not 0.

//go:noescape
func f16ToF32(dst *float32, src *uint16, n int)

//go:noescape
func f32ToF16(dst *uint16, src *float32, n int)

//go:noescape
func bf16ToF32(dst *float32, src *uint16, n int)

//go:noescape
func f32ToBF16(dst *uint16, src *float32, n int)
