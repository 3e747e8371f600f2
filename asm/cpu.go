package asm

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Tier is a set of processor instructions that kernels are written for.
type Tier uint8

const (
	Generic Tier = iota // Go alone
	NEON                // arm64 Advanced SIMD
	AVX2                // amd64 AVX2, FMA3, F16C, BMI1, BMI2 and POPCNT
	AVX512              // amd64 AVX-512 F, BW, DQ and VL, and all of AVX2
)

var tierNames = [...]string{"generic", "neon", "avx2", "avx512"}

// String returns the name by which SPARSELLM_CPU knows the tier.
func (t Tier) String() string { return tierNames[t] }

// Variable is the environment variable that asks for a tier by name.
const Variable = "SPARSELLM_CPU"

// tier is read by every dispatch and written by SetTier alone.
var tier, reason, choiceErr = choose(os.Getenv(Variable), lacks)

// choose returns the tier to use given what the user asked for and what each
// tier lacks, and says why.
func choose(asked string, lacks func(Tier) []string) (Tier, string, error) {
	have := usable(lacks)
	best := have[len(have)-1]
	found := "the best of " + join(have) + " on this machine"
	if asked == "" {
		return best, found, nil
	}
	i := slices.Index(tierNames[:], strings.ToLower(asked))
	if i < 0 {
		return best, found, fmt.Errorf("asm: %s=%s is not a tier; know %s", Variable, asked, strings.Join(tierNames[:], ", "))
	}
	if missing := lacks(Tier(i)); len(missing) > 0 {
		return best, found, fmt.Errorf("asm: %s=%s asks for a tier that cannot run here, without %s; have %s",
			Variable, asked, strings.Join(missing, ", "), join(have))
	}
	return Tier(i), Variable + " asks for it; have " + join(have), nil
}

// usable returns the tiers that lack nothing, slowest first.
func usable(lacks func(Tier) []string) (ts []Tier) {
	for t := range tierNames {
		if len(lacks(Tier(t))) == 0 {
			ts = append(ts, Tier(t))
		}
	}
	return ts
}

func join(ts []Tier) string {
	names := make([]string, len(ts))
	for i, t := range ts {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

// Chosen returns the tier in use and, in words, why. The error is for an
// SPARSELLM_CPU that could not be followed; the tier is then the best there is.
func Chosen() (t Tier, why string, err error) { return tier, reason, choiceErr }

// Tiers returns the tiers that this machine and build have, slowest first.
// Generic is always there.
func Tiers() []Tier { return usable(lacks) }

// SetTier makes kernels use t, one of Tiers, and returns what was in use. It
// is for tests, and must not run beside a kernel.
func SetTier(t Tier) (old Tier) {
	if len(lacks(t)) > 0 {
		panic(fmt.Sprintf("asm: tier %v is not available", t))
	}
	old, tier = tier, t
	return old
}
