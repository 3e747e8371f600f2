package asmtest

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sparsellm/asm"
)

// EachTier runs f once for each tier of this machine and build, as subtests
// named for the tier. With SPARSELLM_CPU set it runs that tier alone, and fails
// where it cannot be had. Without, a tier that the operating system reports but
// package asm does not find fails the test: a missing tier must not pass for a
// tested one.
func EachTier(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	chosen, _, err := asm.Chosen()
	if err != nil {
		t.Fatal(err)
	}
	tiers := []asm.Tier{chosen}
	if os.Getenv(asm.Variable) == "" {
		tiers = asm.Tiers()
		for _, want := range reported() {
			if !slices.Contains(tiers, want) {
				t.Errorf("the machine has %v, package asm does not find it", want)
			}
		}
	}
	for _, tier := range tiers {
		t.Run(tier.String(), func(t *testing.T) {
			old := asm.SetTier(tier)
			defer asm.SetTier(old)
			f(t)
		})
	}
}

// reported returns the tiers that the operating system says there are, found
// without the library that package asm uses; none where it can't be told.
func reported() []asm.Tier {
	if noasm {
		return nil
	}
	switch runtime.GOARCH {
	case "arm64":
		return []asm.Tier{asm.NEON}
	case "amd64":
		info, err := os.ReadFile("/proc/cpuinfo")
		if err != nil {
			return nil
		}
		_, flags, _ := strings.Cut(string(info), "\nflags")
		flags, _, _ = strings.Cut(flags, "\n")
		has := func(names ...string) bool {
			fields := strings.Fields(flags)
			return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(fields, n) })
		}
		var ts []asm.Tier
		if has("avx2", "fma", "f16c", "bmi1", "bmi2", "popcnt") {
			ts = append(ts, asm.AVX2)
			if has("avx512f", "avx512bw", "avx512dq", "avx512vl") {
				ts = append(ts, asm.AVX512)
			}
		}
		return ts
	}
	return nil
}
