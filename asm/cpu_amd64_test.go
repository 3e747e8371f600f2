//go:build !noasm

package asm

import (
	"slices"
	"testing"

	"github.com/klauspost/cpuid/v2"
)

// TestLacks hides one feature after another, as a virtual machine may.
func TestLacks(t *testing.T) {
	for _, c := range []struct {
		hidden cpuid.FeatureID
		want   []Tier
	}{
		{cpuid.UNKNOWN, []Tier{Generic, AVX2, AVX512}},
		{cpuid.AVX, []Tier{Generic}},
		{cpuid.AVX2, []Tier{Generic}},
		{cpuid.FMA3, []Tier{Generic}},
		{cpuid.F16C, []Tier{Generic}},
		{cpuid.BMI1, []Tier{Generic}},
		{cpuid.BMI2, []Tier{Generic}},
		{cpuid.POPCNT, []Tier{Generic}},
		{cpuid.AVX512F, []Tier{Generic, AVX2}},
		{cpuid.AVX512BW, []Tier{Generic, AVX2}},
		{cpuid.AVX512DQ, []Tier{Generic, AVX2}},
		{cpuid.AVX512VL, []Tier{Generic, AVX2}},
	} {
		without := func(t Tier) []string {
			return lacksWith(t, func(f cpuid.FeatureID) bool { return f != c.hidden })
		}
		if got := usable(without); !slices.Equal(got, c.want) {
			t.Errorf("without %v there is %v, want %v", c.hidden, got, c.want)
		}
		if c.hidden != cpuid.UNKNOWN && !slices.Equal(without(AVX512), []string{c.hidden.String()}) {
			t.Errorf("without %v avx512 lacks %v", c.hidden, without(AVX512))
		}
	}
}
