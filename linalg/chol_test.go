package linalg

import (
	"math"
	"testing"
)

func TestQuickChol(t *testing.T) {
	for _, n := range []int{1, 2, 5, 14, 15, 31, 32, 33, 100, 112, 113, 224, 225, 300, 500} {
		for _, pl := range []*Pool{nil, NewPool(3)} {
			h := hessian[float64](n)
			l := h.Clone()
			if err := Potrf(pl, l); err != nil {
				t.Fatal(n, err)
			}
			for i := range n {
				for j := range n {
					if j > i {
						if l.At(i, j) != h.At(i, j) {
							t.Fatal("upper")
						}
						continue
					}
					s := 0.0
					for k := range j + 1 {
						s += l.At(i, k) * l.At(j, k)
					}
					if !(math.Abs(s-h.At(i, j)) < 1e-13) {
						t.Fatal(n, i, j, s, h.At(i, j))
					}
				}
			}
			r := h.Clone()
			if err := InverseFactor(pl, r); err != nil {
				t.Fatal(n, err)
			}
			inv := NewMatrix[float64](n, n)
			Gemm(pl, Trans, NoTrans, 1, r, r, 0, inv)
			id := NewMatrix[float64](n, n)
			Gemm(pl, NoTrans, NoTrans, 1, h, inv, 0, id)
			b := h.Clone()
			SolveCholesky(pl, l, b)
			for i := range n {
				for j := range n {
					w := 0.0
					if i == j {
						w = 1
					}
					if j < i && r.At(i, j) != 0 {
						t.Fatal("lower")
					}
					if !(math.Abs(id.At(i, j)-w) < 1e-9) || !(math.Abs(b.At(i, j)-w) < 1e-9) {
						t.Fatal(n, i, j, id.At(i, j), b.At(i, j))
					}
				}
			}
		}
	}
}
