package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/asm/asmtest"
)

// maskedFactor returns a b × b upper triangle with a diagonal well away from 0, and
// NaN below it.
func maskedFactor[T Float](rng *rand.Rand, b int) Matrix[T] {
	r := random[T](rng, b, b)
	for i := range b {
		for j := range i {
			r.Set(i, j, T(math.NaN()))
		}
		for j := i + 1; j < b; j++ {
			r.Set(i, j, r.At(i, j)/T(b))
		}
		r.Set(i, i, 1+r.At(i, i)/2)
	}
	return r
}

// solveMaskedRow is the loop in the comment of SolveMasked, for one row, in
// float64, given its mask.
func solveMaskedRow(w, errs []float64, r Matrix[float64], masked func(i int, w []float64) bool, quantize func(float64) float64) {
	for i := range w {
		q := w[i]
		if masked(i, w) {
			q = 0
		}
		if quantize != nil {
			q = quantize(q)
		}
		errs[i] = (w[i] - q) / r.At(i, i)
		for j := i + 1; j < len(w); j++ {
			w[j] -= errs[i] * r.At(i, j)
		}
		w[i] = q
	}
}

func TestSolveMasked(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testSolveMasked[float32])
		t.Run("float64", testSolveMasked[float64])
	})
}

func testSolveMasked[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, rows := range []int{1, 15, 17, 33, 70} {
		for _, c := range []struct{ cols, zeros, of int }{
			{1, 0, 0}, {5, 0, 0}, {6, 0, 0}, {14, 0, 0}, {15, 0, 0}, {64, 0, 0}, {128, 0, 0}, {131, 0, 0}, {300, 0, 0},
			{4, 2, 4}, {64, 2, 4}, {60, 3, 4}, {40, 4, 8}, {64, 16, 32}, {36, 0, 4}, {35, 1, 5}, {30, 1, 1}, {64, 5, 64},
		} {
			for _, quantised := range []bool{false, true} {
				for _, forced := range []float64{0, 0.4} {
					t.Run(fmt.Sprintf("%dx%d_%d:%d_%v_%v", rows, c.cols, c.zeros, c.of, quantised, forced), func(t *testing.T) {
						mask := Mask[T]{Threshold: 0.1, Zeros: c.zeros, Of: c.of}
						if forced > 0 {
							mask.Forced = random[T](rng, rows, c.cols)
							for i := range mask.Forced.Data {
								if rng.Float64() < forced {
									mask.Forced.Data[i] = 0
								}
							}
						}
						checkSolveMasked[T](t, rng, rows, c.cols, mask, quantised)
					})
				}
			}
		}
	}
}

func checkSolveMasked[T Float](t *testing.T, rng *rand.Rand, rows, b int, mask Mask[T], quantised bool) {
	// Views into wider matrices: what is around them must stay.
	outer, outerErrs := random[T](rng, rows+2, b+3), random[T](rng, rows+1, b+1)
	before, beforeErrs := outer.Clone(), outerErrs.Clone()
	w, errs := outer.Slice(1, rows+1, 2, b+2), outerErrs.Slice(0, rows, 1, b+1)
	dense := w.Clone()
	r := maskedFactor[T](rng, b)
	grid := func(x float64) float64 { return math.RoundToEven(x*8) / 8 }
	var quantize func(int, T) T
	if quantised {
		quantize = func(_ int, x T) T { return T(grid(float64(x))) }
	}
	single := Matrix[T]{}
	for _, threads := range []int{1, 3} {
		Copy(w, dense)
		SolveMasked(NewPool(threads), w, errs, r, mask, quantize)
		if threads == 1 {
			single = w.Clone()
		}
	}
	r64 := Convert[float64](nil, r)
	tolerance := 2 * float64(b+8) * unitRoundoff[T]()
	for i := range rows {
		row, e := Convert[float64](nil, dense).Row(i), make([]float64, b)
		start := append([]float64(nil), row...)
		forced := func(j int) bool { return mask.Forced.Rows > 0 && mask.Forced.At(i, j) == 0 }
		score := func(w float64, j int) float64 {
			if forced(j) {
				return 0
			}
			return w * w / (r64.At(j, j) * r64.At(j, j))
		}
		var group []bool
		solveMaskedRow(row, e, r64, func(j int, now []float64) bool {
			if mask.Of == 0 {
				return score(start[j], j) <= float64(mask.Threshold)
			}
			if j%mask.Of == 0 {
				group = make([]bool, mask.Of)
				for range mask.Zeros {
					best := -1
					for k := range group {
						if !group[k] && (best < 0 || score(now[j+k], j+k) < score(now[j+best], j+best)) {
							best = k
						}
					}
					group[best] = true
				}
			}
			return group[j%mask.Of] || forced(j)
		}, func(x float64) float64 {
			if quantised {
				return grid(x)
			}
			return x
		})
		for j := range b {
			got, gotErr := float64(w.At(i, j)), float64(errs.At(i, j))
			if quantised { // rounding may go the other way, after which all differs
				if math.Abs(got-row[j]) > 0.126 {
					t.Fatalf("(%d, %d): %v, want %v", i, j, got, row[j])
				}
				if got != row[j] {
					break
				}
			} else if d := math.Abs(got - row[j]); !(d <= tolerance*4) || (got == 0) != (row[j] == 0) {
				t.Fatalf("(%d, %d): %v, want %v", i, j, got, row[j])
			}
			if d := math.Abs(gotErr - e[j]); !(d <= tolerance*8) {
				t.Fatalf("error (%d, %d): %v, want %v", i, j, gotErr, e[j])
			}
			if single.At(i, j) != w.At(i, j) {
				t.Fatalf("(%d, %d) depends on the number of threads", i, j)
			}
		}
	}
	for i := range outer.Rows {
		for j := range outer.Cols {
			if inside := i >= 1 && i <= rows && j >= 2 && j < b+2; !inside && outer.At(i, j) != before.At(i, j) {
				t.Fatalf("wrote outside the block, at (%d, %d)", i-1, j-2)
			}
		}
	}
	for i := range outerErrs.Rows {
		for j := range outerErrs.Cols {
			if inside := i < rows && j >= 1; !inside && outerErrs.At(i, j) != beforeErrs.At(i, j) {
				t.Fatalf("wrote outside the errors, at (%d, %d)", i, j-1)
			}
		}
	}
}

func unitRoundoff[T Float]() float64 {
	var x T
	if _, ok := any(x).(float32); ok {
		return 0x1p-24
	}
	return 0x1p-53
}

func BenchmarkSweep(b *testing.B) {
	const rows, cols, block = 1536, 576, 128
	rng := rand.New(rand.NewPCG(1, 2))
	dense, r := random[float32](rng, rows, cols), maskedFactor[float32](rng, cols)
	w, errs := dense.Clone(), NewMatrix[float32](rows, block)
	run := func(name string, mask Mask[float32]) {
		b.Run(fmt.Sprintf("%dx%d/%s", rows, cols, name), func(b *testing.B) {
			b.ReportAllocs()
			p := pool()
			var work float64
			for b.Loop() {
				Copy(w, dense)
				work = 0
				for c0 := 0; c0 < cols; c0 += block {
					c1 := min(c0+block, cols)
					cols := w.Slice(0, rows, c0, c1)
					d, e := r.Slice(c0, c1, c0, c1), errs.Slice(0, rows, 0, c1-c0)
					if mask.Of == 0 {
						mask.Threshold, _ = SaliencyThreshold(p, cols, d, rows*(c1-c0)/2)
					}
					SolveMasked(p, cols, e, d, mask, nil)
					if c1 < w.Cols {
						Gemm(p, NoTrans, NoTrans, -1, e, r.Slice(c0, c1, c1, w.Cols), 1, w.Slice(0, rows, c1, w.Cols))
					}
					work += rows * float64(c1-c0) * float64((c1-c0)+2*(w.Cols-c1))
				}
			}
			gflops(b, work)
		})
	}
	run("50%", Mask[float32]{})
	run("2:4", Mask[float32]{Zeros: 2, Of: 4})
}
