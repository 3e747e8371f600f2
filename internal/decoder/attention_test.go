package decoder

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/linalg"
	"sparsellm/model"
)

func random[T linalg.Float](rng *rand.Rand, rows, cols int) linalg.Matrix[T] {
	m := linalg.NewMatrix[T](rows, cols)
	for i := range m.Data {
		m.Data[i] = T(rng.NormFloat64())
	}
	return m
}

// attendNaively is attention as it is written down, a query at a time.
func attendNaively(a Attention, q, k, v linalg.Matrix[float64]) linalg.Matrix[float64] {
	dst := linalg.NewMatrix[float64](q.Rows, q.Cols)
	for h := range a.Heads {
		at := func(m linalg.Matrix[float64], head, t int) []float64 {
			return m.Row(t)[head*a.HeadDim : (head+1)*a.HeadDim]
		}
		kv := h * a.KVHeads / a.Heads
		for t := range q.Rows {
			var total float64
			out := at(dst, h, t)
			for u := range t + 1 {
				if a.Window > 0 && t-u >= a.Window {
					continue
				}
				dot := 0.0
				for i, x := range at(q, h, t) {
					dot += x * at(k, kv, u)[i]
				}
				w := math.Exp(dot / math.Sqrt(float64(a.HeadDim)))
				total += w
				for i, x := range at(v, kv, u) {
					out[i] += w * x
				}
			}
			for i := range out {
				out[i] /= total
			}
		}
	}
	return dst
}

func TestAttend(t *testing.T) {
	for _, a := range []Attention{
		{Heads: 1, KVHeads: 1, HeadDim: 8},
		{Heads: 6, KVHeads: 2, HeadDim: 5},
		{Heads: 4, KVHeads: 1, HeadDim: 16, Window: 1},
		{Heads: 3, KVHeads: 3, HeadDim: 4, Window: 7},
		{Heads: 2, KVHeads: 1, HeadDim: 12, Window: 70},
		{Heads: 2, KVHeads: 2, HeadDim: 2, Window: 1000},
	} {
		for _, tokens := range []int{1, 2, a.tileRows() - 1, a.tileRows(), a.tileRows() + 1, 3*a.tileRows() + 5} {
			t.Run(fmt.Sprintf("%+v/%d", a, tokens), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, uint64(tokens)))
				q := random[float64](rng, tokens, a.Heads*a.HeadDim)
				k := random[float64](rng, tokens, a.KVHeads*a.HeadDim)
				v := random[float64](rng, tokens, a.KVHeads*a.HeadDim)
				want := attendNaively(a, q, k, v)

				var s model.Scratch[float64]
				got := linalg.NewMatrix[float64](tokens, q.Cols)
				Attend(linalg.NewPool(2), a, &s, got, q, k, v, 0, 0, []int{tokens})
				for i, w := range want.Data {
					if d := math.Abs(got.Data[i] - w); !(d < 1e-13) {
						t.Fatalf("element %d is %v, want %v", i, got.Data[i], w)
					}
				}
				single := linalg.NewMatrix[float64](tokens, q.Cols)
				s.Reset()
				Attend(nil, a, &s, single, q, k, v, 0, 0, []int{tokens})
				if !slices.Equal(got.Data, single.Data) {
					t.Fatal("one thread and two give different bits")
				}
			})
		}
	}
}

// TestAttendSequences has sequences side by side: none may see another.
func TestAttendSequences(t *testing.T) {
	a := Attention{Heads: 4, KVHeads: 2, HeadDim: 6, Window: 50}
	lengths := []int{70, 1, 130, 3}
	const tokens = 204
	rng := rand.New(rand.NewPCG(7, 7))
	q, k, v := random[float32](rng, tokens, 24), random[float32](rng, tokens, 12), random[float32](rng, tokens, 12)
	all := linalg.NewMatrix[float32](tokens, 24)
	Attend(linalg.NewPool(2), a, &model.Scratch[float32]{}, all, q, k, v, 0, 0, lengths)
	at := 0
	for _, n := range lengths {
		rows := func(m linalg.Matrix[float32]) linalg.Matrix[float32] { return m.Slice(at, at+n, 0, m.Cols) }
		alone := linalg.NewMatrix[float32](n, 24)
		Attend(nil, a, &model.Scratch[float32]{}, alone, rows(q), rows(k), rows(v), 0, 0, []int{n})
		if !slices.Equal(rows(all).Data, alone.Data) {
			t.Errorf("the %d tokens from row %d on differ from what they are alone", n, at)
		}
		at += n
	}
}

// TestAttendLargeScores has scores beyond the range of exp.
func TestAttendLargeScores(t *testing.T) {
	a := Attention{Heads: 1, KVHeads: 1, HeadDim: 1}
	q := linalg.MatrixOf(3, 1, []float32{1, 1e4, -1e4})
	k := linalg.MatrixOf(3, 1, []float32{0, 1e4, -1e4})
	v := linalg.MatrixOf(3, 1, []float32{1, 2, 3})
	dst := linalg.NewMatrix[float32](3, 1)
	Attend(nil, a, &model.Scratch[float32]{}, dst, q, k, v, 0, 0, []int{3})
	if want := []float32{1, 2, 3}; !slices.Equal(dst.Data, want) {
		t.Errorf("got %v, want %v", dst.Data, want)
	}
}
