package linalg

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestQuick(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{1, 1, 1}, {33, 45, 300}, {130, 600, 20}, {2100, 40, 7}} {
		for q := range 4 {
			tA, tB := Transpose(q&1 == 1), Transpose(q&2 == 2)
			a, b := random[float32](rng, s[0], s[2]), random[float32](rng, s[2], s[1])
			if tA {
				a = random[float32](rng, s[2], s[0])
			}
			if tB {
				b = random[float32](rng, s[1], s[2])
			}
			c := random[float32](rng, s[0], s[1])
			d := c.Clone()
			Gemm(NewPool(2), tA, tB, 1, a, b, 0.5, c)
			for i := range d.Rows {
				for j := range d.Cols {
					w := 0.5 * float64(d.At(i, j))
					for l := range s[2] {
						x, y := a, b
						xv := 0.0
						if tA {
							xv = float64(x.At(l, i))
						} else {
							xv = float64(x.At(i, l))
						}
						if tB {
							w += xv * float64(y.At(j, l))
						} else {
							w += xv * float64(y.At(l, j))
						}
					}
					if math.Abs(w-float64(c.At(i, j))) > 1e-4 {
						t.Fatal(s, q, i, j, w, c.At(i, j))
					}
				}
			}
		}
	}
}
