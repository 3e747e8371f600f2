package prune

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/linalg"
)

// randomParts returns parts of which some cannot be what they want.
func randomParts(rng *rand.Rand, n int) []Part {
	parts := make([]Part, n)
	for i := range parts {
		parts[i] = Part{Weights: 1 + rng.IntN(100000), Want: 1.4*rng.Float64() - 0.2}
		parts[i].Least = 0.3 * rng.Float64()
		parts[i].Most = parts[i].Least + (1-parts[i].Least)*rng.Float64()
	}
	return parts
}

// total returns the zeros of an allocation.
func total(parts []Part, s []float64) (zeros float64) {
	for i, p := range parts {
		zeros += s[i] * float64(p.Weights)
	}
	return zeros
}

// FuzzBalance wants the total to the weight, bounds kept, wishes in their
// order, and nothing to depend on the order of the parts.
func FuzzBalance(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, uint8(seed), float64(seed%11)/10)
	}
	f.Fuzz(func(t *testing.T, seed uint64, n uint8, mean float64) {
		if !(mean >= 0 && mean <= 1) {
			t.Skip()
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		parts := randomParts(rng, int(n))
		s := Balance(parts, mean)
		if len(s) != len(parts) {
			t.Fatalf("%d sparsities of %d parts", len(s), len(parts))
		}
		var weights, least, most float64
		for i, p := range parts {
			weights += float64(p.Weights)
			least += p.Least * float64(p.Weights)
			most += p.Most * float64(p.Weights)
			if !(s[i] >= p.Least && s[i] <= p.Most) {
				t.Errorf("part %d has %v, not in [%v, %v]", i, s[i], p.Least, p.Most)
			}
		}
		want := min(max(mean*weights, least), most)
		if got := total(parts, s); math.Abs(got-want) > 0.01 {
			t.Errorf("%v zeros of %v, want %v", got, weights, want)
		}
		for i, p := range parts {
			for j, q := range parts {
				if p.Least == q.Least && p.Most == q.Most && p.Want < q.Want && s[i] > s[j] {
					t.Errorf("who wants %v gets %v, who wants %v gets %v", p.Want, s[i], q.Want, s[j])
				}
				// Who is within bounds is as far from the wish as anybody else.
				if within(s[i], p) && within(s[j], q) && math.Abs((s[i]-p.Want)-(s[j]-q.Want)) > 1e-9 {
					t.Errorf("parts %d and %d are moved by %v and %v", i, j, s[i]-p.Want, s[j]-q.Want)
				}
			}
		}
		perm := rng.Perm(len(parts))
		other := make([]Part, len(parts))
		for i, k := range perm {
			other[i] = parts[k]
		}
		for i, v := range Balance(other, mean) {
			if math.Abs(v-s[perm[i]]) > 1e-9 {
				t.Errorf("in another order part %d gets %v, not %v", perm[i], v, s[perm[i]])
			}
		}
	})
}

func within(s float64, p Part) bool { return s > p.Least && s < p.Most }

// TestByOutliers holds the rule to the released one, which is in terms of what
// is kept: the shares of outliers scaled to 2λ and shifted to the mean.
func TestByOutliers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		n := 2 + rng.IntN(30)
		shares, weights, parts := make([]float64, n), make([]int, n), make([]Part, n)
		var mean float64
		for i := range shares {
			shares[i], weights[i] = rng.Float64()/10, 1000
			mean += shares[i] / float64(n)
		}
		want := ByOutliers(shares, 0.6)
		for i := range parts {
			parts[i] = Part{weights[i], want[i], 0, 1}
		}
		s := Balance(parts, 0.6)
		low, high := slices.Min(shares), slices.Max(shares)
		for i, share := range shares {
			kept := (share-mean)/(high-low)*2*0.08 + 0.4
			if math.Abs(1-s[i]-kept) > 1e-9 {
				t.Fatalf("block %d of %d keeps %v, want %v", i, n, 1-s[i], kept)
			}
		}
	}
	for _, v := range ByOutliers([]float64{0.25, 0.25}, 0.5) {
		if v != ByOutliers([]float64{0.25}, 0.5)[0] {
			t.Errorf("blocks that are alike want %v", v)
		}
	}
}

// TestByTails holds the rule to the paper's equation: linear in the exponent,
// from 1 − τ to 1 + τ, times what makes the mean.
func TestByTails(t *testing.T) {
	exponents, weights := []float64{2, 4, 3, 2.5, 0}, []int{100, 200, 300, 400, 500}
	s := ByTails(exponents, weights, 0.6)
	var sum float64
	for i, v := range s {
		sum += v * float64(weights[i])
	}
	if math.Abs(sum-900) > 1e-9 {
		t.Errorf("%v zeros, want 900", sum)
	}
	for i, ratio := range []float64{0.7, 1.3, 1, 0.85, 1} {
		if math.Abs(s[i]/s[2]-ratio) > 1e-12 {
			t.Errorf("exponent %v has %v times the sparsity of the middle, want %v", exponents[i], s[i]/s[2], ratio)
		}
	}
}

// TestByDamage: no weights that are moved from one matrix to another lower the
// sum of the damages, which grow with the sparsity as e^(κs).
func TestByDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	const mean, kappa = 0.6, 6.3
	for range 50 {
		n := 2 + rng.IntN(20)
		damages, weights, parts := make([]float64, n), make([]int, n), make([]Part, n)
		for i := range damages {
			weights[i] = 100 + rng.IntN(10000)
			damages[i] = float64(weights[i]) * math.Exp(rng.NormFloat64())
		}
		for i, want := range ByDamage(damages, weights, mean) {
			parts[i] = Part{weights[i], want, 0.2, 0.9}
		}
		s := Balance(parts, mean)
		cost := func(i int, s float64) float64 { return damages[i] * math.Exp(kappa*(s-mean)) }
		for i := range parts {
			for j := range parts {
				const moved = 1.0 // weight
				si, sj := s[i]+moved/float64(weights[i]), s[j]-moved/float64(weights[j])
				if si > 0.9 || sj < 0.2 {
					continue
				}
				before, after := cost(i, s[i])+cost(j, s[j]), cost(i, si)+cost(j, sj)
				if i != j && after < before*(1-1e-12) {
					t.Fatalf("from %d (%v) to %d (%v): %v falls to %v", j, s[j], i, s[i], before, after)
				}
			}
		}
	}
	s := ByDamage([]float64{0, 1e-300, 2, 1e300}, []int{10, 10, 10, 10}, mean)
	if !(s[0] == mean+1 && s[1] == mean+1 && s[2] < s[1] && s[3] == mean-1) {
		t.Errorf("extremes want %v", s)
	}
}

// TestOutlierShare counts the outliers of two matrices by hand, whatever the
// number of threads.
func TestOutlierShare(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	block := []Scored[float32]{}
	var scores []float64
	for _, shape := range [][2]int{{30, 20}, {7, 50}} {
		in := Scored[float32]{linalg.NewMatrix[float32](shape[0], shape[1]), make([]float32, shape[1])}
		for j := range in.Norms {
			in.Norms[j] = float32(math.Exp(2 * rng.NormFloat64()))
		}
		for i := range shape[0] {
			for j := range shape[1] {
				v := float32(rng.NormFloat64())
				in.Weight.Set(i, j, v)
				scores = append(scores, math.Abs(float64(v))*float64(in.Norms[j]))
			}
		}
		block = append(block, in)
	}
	var mean, outliers float64
	for _, v := range scores {
		mean += v / float64(len(scores))
	}
	for _, v := range scores {
		if v > 5*mean {
			outliers++
		}
	}
	for _, threads := range []int{1, 2, 5} {
		if got := OutlierShare(linalg.NewPool(threads), block); got != outliers/float64(len(scores)) || got == 0 {
			t.Errorf("%v, want %v", got, outliers/float64(len(scores)))
		}
	}
	if got := OutlierShare[float32](nil, nil); got != 0 {
		t.Errorf("%v of no weights", got)
	}
}

// TestTailExponent draws from power laws, whose exponents the estimate must
// find within its standard error of (α − 1)/√k.
func TestTailExponent(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const n = 40000
	for _, alpha := range []float64{1.5, 2, 3.5} {
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Pow(1-rng.Float64(), -1/(alpha-1))
		}
		got, ok := TailExponent(append(values, 0, -1e-20))
		if !ok || math.Abs(got-alpha) > 4*(alpha-1)/math.Sqrt(n/2) {
			t.Errorf("%v, want %v", got, alpha)
		}
	}
	if got, _ := TailExponent([]float64{1, 0, 4, 2}); math.Abs(got-(1+2/math.Log(2))) > 1e-12 {
		t.Errorf("%v of 1, 2 and 4", got)
	}
	for _, none := range [][]float64{nil, {0, 0}, {3, 3, 3}, {5}} {
		if got, ok := TailExponent(none); ok {
			t.Errorf("%v of %v", got, none)
		}
	}
}

// TestWandaReachesItsShare: with shares that do not come out even in a row.
func TestWandaReachesItsShare(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	_, h := correlated(rng, 100, 30)
	for _, s := range []float64{0.1, 0.51, 0.7, 0.977} {
		w := randomMatrix(rng, 24, 30)
		if err := (Wanda[float64]{}).Prune(nil, w, h, spec(s, Pattern{})); err != nil {
			t.Fatal(err)
		}
		if got := countZeros(w); math.Abs(got-s*24*30) > 1 {
			t.Errorf("%v zeros, want %v", got, s*24*30)
		}
		for i := range w.Rows {
			if got := countZeros(w.Slice(i, i+1, 0, 30)); math.Abs(got-s*30) > 1 {
				t.Errorf("row %d has %v zeros, want %v", i, got, s*30)
			}
		}
	}
}
