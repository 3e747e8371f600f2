package llama

import (
	"math"

	"sparsellm/internal/decoder"
)

// rope is how a model turns a position into rotations (Su et al., 2021): pair
// j of a head's elements, j and j + dim/2, turns by the angle t·freq[j] at
// position t, freq[j] = theta^(−2j/dim) before scaling.
type rope struct {
	kind      string // "default", "linear", "dynamic", "llama3"
	dim       int    // of a head
	theta     float64
	positions int // max_position_embeddings
	longest   int // the longest sequence
	factor    float64

	// llama3: wavelengths beyond original/low are stretched by factor, those
	// below original/high are left alone, those between are blended.
	low, high float64
	original  float64
}

// parseRope reads rope_theta and rope_scaling, or, as newer files have it,
// rope_parameters.
func parseRope(f *decoder.Config, dim, positions int) rope {
	r := rope{kind: "default", dim: dim, positions: positions, longest: positions, factor: 1}
	s := f.Object("rope_scaling")
	if p := f.Object("rope_parameters"); p != nil {
		s = p
		r.theta = p.Float("rope_theta", 10000, 1)
	} else {
		r.theta = f.Float("rope_theta", 10000, 1)
	}
	if p := f.Float("partial_rotary_factor", 1, 0); p != 1 {
		f.Fail("partial_rotary_factor is %g; only 1 is supported", p)
	}
	if s == nil {
		return r
	}
	r.kind = s.String("rope_type", s.String("type", "default"))
	switch r.kind {
	case "default":
		return r
	case "linear", "dynamic", "llama3":
	default:
		s.Fail("rope_type is %q; only \"default\", \"linear\", \"dynamic\" and \"llama3\" are supported", r.kind)
		return r
	}
	r.factor = s.RequiredFloat("factor", 1)
	if r.kind == "llama3" {
		r.low = s.RequiredFloat("low_freq_factor", math.SmallestNonzeroFloat32)
		r.high = s.RequiredFloat("high_freq_factor", math.SmallestNonzeroFloat32)
		r.original = s.RequiredFloat("original_max_position_embeddings", 1)
		if r.high <= r.low {
			s.Fail("high_freq_factor is %g, not above the %g of low_freq_factor", r.high, r.low)
		}
		return r
	}
	if r.kind == "dynamic" && dim == 2 {
		s.Fail("dynamic scaling needs heads wider than 2")
	}
	// max_position_embeddings is that of the model before it was stretched.
	r.longest = int(min(float64(positions)*r.factor, decoder.MaxPositions))
	return r
}

// frequencies returns those of the dim/2 pairs for a sequence of tokens.
func (r *rope) frequencies(tokens int) []float64 {
	theta := r.theta * r.scale(tokens)
	freq := make([]float64, r.dim/2)
	for j := range freq {
		freq[j] = math.Pow(theta, -2*float64(j)/float64(r.dim))
		switch r.kind {
		case "linear":
			freq[j] /= r.factor
		case "llama3":
			freq[j] = r.stretch(freq[j])
		}
	}
	return freq
}

// scale returns what dynamic scaling, which is NTK-aware, multiplies theta by:
// the longer the sequence, the more.
func (r *rope) scale(tokens int) float64 {
	if r.kind != "dynamic" || tokens <= r.positions {
		return 1
	}
	d := float64(r.dim)
	return math.Pow(r.factor*float64(tokens)/float64(r.positions)-(r.factor-1), d/(d-2))
}

// stretch scales a frequency as Llama 3.1 does.
func (r *rope) stretch(freq float64) float64 {
	turns := r.original * freq / (2 * math.Pi) // in the original context
	switch {
	case turns < r.low:
		return freq / r.factor
	case turns > r.high:
		return freq
	}
	s := (turns - r.low) / (r.high - r.low)
	return (1-s)*freq/r.factor + s*freq
}
