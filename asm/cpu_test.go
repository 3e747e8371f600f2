package asm

import (
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	all := []Tier{Generic, AVX2, AVX512}
	for _, c := range []struct {
		asked string
		have  []Tier
		want  Tier
		fails bool
	}{
		{"", all, AVX512, false},
		{"", []Tier{Generic}, Generic, false},
		{"avx2", all, AVX2, false},
		{"AVX2", all, AVX2, false},
		{"generic", all, Generic, false},
		{"neon", all, AVX512, true},
		{"avx512", []Tier{Generic, AVX2}, AVX2, true},
		{"sse", all, AVX512, true},
	} {
		got, why, err := choose(c.asked, func(t Tier) []string {
			if slices.Contains(c.have, t) {
				return nil
			}
			return []string{"this", "that"}
		})
		if got != c.want || (err != nil) != c.fails || why == "" {
			t.Errorf("choose(%q, %v) = %v, %q, %v; want %v", c.asked, c.have, got, why, err, c.want)
		}
		if c.fails && c.asked != "sse" && !strings.Contains(err.Error(), "without this, that;") {
			t.Errorf("choose(%q, %v) does not say what is missing: %v", c.asked, c.have, err)
		}
	}
}
