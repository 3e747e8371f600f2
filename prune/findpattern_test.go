package prune

import "testing"

func TestFindPattern(t *testing.T) {
	const rows, cols = 8, 96
	fill := func(zero func(i, j int) bool) []float32 {
		w := make([]float32, rows*cols)
		for i := range w {
			if !zero(i/cols, i%cols) {
				w[i] = 1
			}
		}
		return w
	}
	for _, c := range []struct {
		name string
		zero func(i, j int) bool
		want string // empty: none
	}{
		{"dense", func(i, j int) bool { return false }, ""},
		{"zero", func(i, j int) bool { return true }, ""},
		{"half of every two", func(i, j int) bool { return (i+j)%2 == 0 }, "1:2"},
		{"2:4", func(i, j int) bool { return (j/4+i)%2 == 0 && j%4 < 2 || (j/4+i)%2 == 1 && j%4 > 1 }, "2:4"},
		{"1:4", func(i, j int) bool { return j%8 != 3 && j%8 != 4 }, "1:4"},
		{"one in three", func(i, j int) bool { return j%3 == i%3 }, "2:3"},
		{"half, without a pattern", func(i, j int) bool { return j < cols/2 }, ""},
		{"a few", func(i, j int) bool { return i == 0 && j < 3 }, ""},
	} {
		p, ok := FindPattern(fill(c.zero), rows, cols)
		if ok != (c.want != "") || ok && p.String() != c.want {
			t.Errorf("%s: %v, %v, want %q", c.name, p, ok, c.want)
		}
	}
}
