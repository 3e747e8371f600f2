//go:build !noasm

package asm

import "github.com/klauspost/cpuid/v2"

func detected() []Tier {
	ts := []Tier{Generic}
	if !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3, cpuid.F16C) {
		return ts
	}
	ts = append(ts, AVX2)
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL) {
		ts = append(ts, AVX512)
	}
	return ts
}
