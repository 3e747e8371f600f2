//go:build !noasm

package asm

// AVX-512 would gain nothing here: memory is what these wait for.

func f16ToF32(dst *float32, src *uint16, n int) { f16ToF32AVX2(dst, src, n) }

func f32ToF16(dst *uint16, src *float32, n int) { f32ToF16AVX2(dst, src, n) }

func bf16ToF32(dst *float32, src *uint16, n int) { bf16ToF32AVX2(dst, src, n) }

func f32ToBF16(dst *uint16, src *float32, n int) { f32ToBF16AVX2(dst, src, n) }

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of 8 and not 0.

//go:noescape
func f16ToF32AVX2(dst *float32, src *uint16, n int)

//go:noescape
func f32ToF16AVX2(dst *uint16, src *float32, n int)

//go:noescape
func bf16ToF32AVX2(dst *float32, src *uint16, n int)

//go:noescape
func f32ToBF16AVX2(dst *uint16, src *float32, n int)
