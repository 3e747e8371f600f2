package asm

import "testing"

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
		got, why, err := choose(c.asked, c.have)
		if got != c.want || (err != nil) != c.fails || why == "" {
			t.Errorf("choose(%q, %v) = %v, %q, %v; want %v", c.asked, c.have, got, why, err, c.want)
		}
	}
}
