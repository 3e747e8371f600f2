//go:build !noasm

package asm

// lacks returns what keeps t from being used here, nothing if it can be.
// Advanced SIMD is part of every arm64 that Go runs on.
func lacks(t Tier) []string {
	if t == Generic || t == NEON {
		return nil
	}
	return []string{"an amd64 processor"}
}
