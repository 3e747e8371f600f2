//go:build !noasm

package asm

import "github.com/klauspost/cpuid/v2"

// The features whose instructions the kernels of a tier may use; TestGuards
// holds them to it. No processor known to us has AVX2 without the bit
// instructions, but a virtual machine may hide any of them, and TZCNT is then
// another instruction rather than an illegal one.
var (
	avx2Features   = []cpuid.FeatureID{cpuid.AVX, cpuid.AVX2, cpuid.FMA3, cpuid.F16C, cpuid.BMI1, cpuid.BMI2, cpuid.POPCNT}
	avx512Features = []cpuid.FeatureID{cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL}
)

// What some kernels of AVX512 have besides, where the processor has it; without,
// those of AVX2 stand in. Their names end in what they need.
var (
	vnniFeatures  = []cpuid.FeatureID{cpuid.AVX512VNNI}
	vbmi2Features = []cpuid.FeatureID{cpuid.AVX512VNNI, cpuid.AVX512VBMI2}

	hasVNNI  = cpuid.CPU.Supports(vnniFeatures...)
	hasVBMI2 = cpuid.CPU.Supports(vbmi2Features...)
)

// features returns what t needs, or false for a tier of other processors.
func features(t Tier) ([]cpuid.FeatureID, bool) {
	switch t {
	case Generic:
		return nil, true
	case AVX2:
		return avx2Features, true
	case AVX512:
		return append(avx2Features[:len(avx2Features):len(avx2Features)], avx512Features...), true
	}
	return nil, false
}

// lacks returns what keeps t from being used here, nothing if it can be.
func lacks(t Tier) []string {
	return lacksWith(t, func(f cpuid.FeatureID) bool { return cpuid.CPU.Supports(f) })
}

func lacksWith(t Tier, supports func(cpuid.FeatureID) bool) (missing []string) {
	needed, ok := features(t)
	if !ok {
		return []string{"an arm64 processor"}
	}
	for _, f := range needed {
		if !supports(f) {
			missing = append(missing, f.String())
		}
	}
	return missing
}
