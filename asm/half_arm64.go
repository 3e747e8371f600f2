//go:build !noasm

package asm

func f16ToF32(dst *float32, src *uint16, n int) { f16ToF32NEON(dst, src, n) }

func f32ToF16(dst *uint16, src *float32, n int) { f32ToF16NEON(dst, src, n) }

func bf16ToF32(dst *float32, src *uint16, n int) { bf16ToF32NEON(dst, src, n) }

func f32ToBF16(dst *uint16, src *float32, n int) { f32ToBF16NEON(dst, src, n) }

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of 8 and not 0.

//go:noescape
func f16ToF32NEON(dst *float32, src *uint16, n int)

//go:noescape
func f32ToF16NEON(dst *uint16, src *float32, n int)

//go:noescape
func bf16ToF32NEON(dst *float32, src *uint16, n int)

//go:noescape
func f32ToBF16NEON(dst *uint16, src *float32, n int)
