package prune

import (
	"math"
	"slices"

	"sparsellm/linalg"
)

// Part is a matrix for which an allocation has a sparsity in mind.
type Part struct {
	Weights     int
	Want        float64 // sparsity wanted
	Least, Most float64 // sparsities that it can have
}

// Balance returns sparsities of the parts, as near to the wanted ones as the
// total allows: all of them moved by the same distance and cut to what the
// parts can have,
//
//	s_i = min(max(want_i + c, least_i), most_i),   Σ n_i·s_i = mean·Σ n_i.
//
// Where no c does that the sum is as near to it as the bounds let it be.
func Balance(parts []Part, mean float64) []float64 {
	total := 0.0
	for _, p := range parts {
		total += mean * float64(p.Weights)
	}
	at := func(c float64) (s []float64, sum float64) {
		s = make([]float64, len(parts))
		for i, p := range parts {
			s[i] = min(max(p.Want+c, p.Least), p.Most)
			sum += s[i] * float64(p.Weights)
		}
		return s, sum
	}
	low, high := math.Inf(1), math.Inf(-1) // where all are at their least, and their most
	for _, p := range parts {
		low = min(low, p.Least-p.Want)
		high = max(high, p.Most-p.Want)
	}
	for {
		c := low + (high-low)/2
		s, sum := at(c)
		switch {
		case !(low < c && c < high):
			return s
		case sum < total:
			low = c
		default:
			high = c
		}
	}
}

// Uneven returns the bounds of a matrix in an allocation whose mean is given,
// zeros being the share that it has and keeps: a part keeps a third, at least,
// of what it would keep if all were pruned alike.
func Uneven(mean, zeros float64) (least, most float64) {
	return zeros, max(zeros, 1-(1-mean)/3)
}

// Constants of the allocations, as their authors have them.
const (
	outlierTimes = 5    // M: how many times the mean score makes an outlier
	owlSpread    = 0.08 // λ: half the distance between the extreme sparsities
	alphaSpread  = 0.3  // τ: the same, as a share of the mean sparsity
)

// damageGrowth is κ, by which the error that pruning leaves grows with the
// sparsity s, as e^(κs). By SparseGPT, of each kind of matrix of SmolLM2-135M,
// it is 6.2 to 7.0 between 0.5 and 0.7, and 5.8 to 6.9 from there to 0.8.
const damageGrowth = 6.3

// OutlierShare returns the share of a block's weights whose |W_ij|·‖X_j‖₂ is
// more than five times their mean.
func OutlierShare[T linalg.Float](pool *linalg.Pool, block []Scored[T]) float64 {
	// Rows are summed apart, so that the sum does not depend on the threads.
	eachRow := func(f func(w, norms []T) float64) (sum float64) {
		for _, in := range block {
			rows := make([]float64, in.Weight.Rows)
			pool.For(len(rows), func(i int) { rows[i] = f(in.Weight.Row(i), in.Norms) })
			for _, v := range rows {
				sum += v
			}
		}
		return sum
	}
	n := 0
	for _, in := range block {
		n += in.Weight.Rows * in.Weight.Cols
	}
	mean := eachRow(func(w, norms []T) (sum float64) {
		for j, v := range w {
			sum += math.Abs(float64(v)) * float64(norms[j])
		}
		return sum
	}) / float64(max(n, 1))
	outliers := eachRow(func(w, norms []T) (count float64) {
		for j, v := range w {
			if math.Abs(float64(v))*float64(norms[j]) > outlierTimes*mean {
				count++
			}
		}
		return count
	})
	return outliers / float64(max(n, 1))
}

// ByOutliers returns the sparsities that OWL wants of blocks with the given
// shares of outliers, for Balance to shift to the mean: the more outliers the
// less sparse, between extremes that are 2λ apart (Yin et al. 2024,
// arXiv 2310.05175, and its released code).
func ByOutliers(shares []float64, mean float64) []float64 {
	want := make([]float64, len(shares))
	for i, x := range shares {
		want[i] = mean - 2*owlSpread*relative(x, shares)
	}
	return want
}

// TailExponent returns Hill's estimate of the exponent of the power law that
// the upper half of a matrix's eigenvalues follow,
//
//	α = 1 + k / Σ_{i ≤ k} ln(λ_i/λ_k)
//
// over the k largest. Eigenvalues that rounding cannot tell from 0 count as
// none; with too few others there is no estimate.
func TailExponent(eigenvalues []float64) (alpha float64, ok bool) {
	sorted := slices.Clone(eigenvalues)
	slices.Sort(sorted)
	if len(sorted) == 0 {
		return 0, false
	}
	none := sorted[len(sorted)-1] * float64(len(sorted)) * 0x1p-52
	first, _ := slices.BinarySearchFunc(sorted, none, func(v, none float64) int {
		if v <= none {
			return -1
		}
		return 1
	})
	tail := sorted[first+(len(sorted)-first)/2:]
	var sum float64
	for _, v := range tail {
		sum += math.Log(v / tail[0])
	}
	if !(sum > 0) {
		return 0, false
	}
	return 1 + float64(len(tail))/sum, true
}

// ByTails returns the sparsities that AlphaPruning wants of blocks with the
// given exponents and numbers of weights: the heavier the tail, which is to say
// the smaller its exponent, the less sparse, from 1 − τ to 1 + τ times what
// makes their mean the given one (Lu et al. 2024, arXiv 2410.10912). A block
// whose exponent is 0 has none, and stands in the middle.
func ByTails(exponents []float64, weights []int, mean float64) []float64 {
	known := slices.DeleteFunc(slices.Clone(exponents), func(a float64) bool { return a == 0 })
	want := make([]float64, len(exponents))
	for i, a := range exponents {
		want[i] = 0.5
		if a != 0 {
			want[i] = relative(a, known)
		}
	}
	var sum, n float64
	for i, x := range want {
		want[i] = 1 - alphaSpread + 2*alphaSpread*x
		sum += want[i] * float64(weights[i])
		n += float64(weights[i])
	}
	for i := range want {
		want[i] *= mean * n / sum
	}
	return want
}

// ByDamage returns the sparsities that matrices want of which each does so
// much damage to the model when pruned alone, all to the same sparsity. That
// damages add up and grow as e^(κs) makes
//
//	min Σ d_i·e^(κ(s_i − mean)),  Σ n_i·s_i fixed:   s_i = c − ln(d_i/n_i)/κ,
//
// where a weight more costs the same in every matrix. No matrix wants to be
// further than 1 from the mean.
func ByDamage(damages []float64, weights []int, mean float64) []float64 {
	want := make([]float64, len(damages))
	var sum, n float64
	for i, d := range damages {
		if d > 0 {
			want[i] = -math.Log(d/float64(weights[i])) / damageGrowth
			sum += want[i] * float64(weights[i])
			n += float64(weights[i])
		}
	}
	for i, d := range damages {
		if d > 0 {
			want[i] = mean + min(max(want[i]-sum/n, -1), 1)
		} else {
			want[i] = mean + 1
		}
	}
	return want
}

// relative returns where v stands between the least of the values, 0, and the
// largest, 1; ½ if they are all the same.
func relative(v float64, values []float64) float64 {
	low, high := slices.Min(values), slices.Max(values)
	if high > low {
		return (v - low) / (high - low)
	}
	return 0.5
}
