//go:build !noasm

package asm

// Advanced SIMD is part of every arm64 that Go runs on.
func detected() []Tier { return []Tier{Generic, NEON} }
