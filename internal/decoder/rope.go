package decoder

import "math"

// Rope is how a model turns a position into rotations (Su et al., 2021): pair
// j of a head's elements, j and j + dim/2, turns by the angle t·freq[j] at
// position t, freq[j] = theta^(−2j/dim) before scaling. The formulas are those
// of transformers 5.24.0, modeling_rope_utils.py.
type Rope struct {
	kind      string // "default", "linear", "dynamic", "llama3", "yarn", "longrope"
	dim       int    // of a head
	theta     float64
	positions int // max_position_embeddings
	longest   int // the longest sequence
	factor    float64
	original  float64 // positions before stretching: llama3, yarn, longrope
	attention float64 // what cosines and sines are multiplied by

	// llama3: wavelengths beyond original/low are stretched by factor, those
	// below original/high are left alone, those between are blended.
	low, high float64

	// yarn: pairs before first are left alone, those from last on are
	// stretched by factor, those between are blended.
	first, last float64

	// longrope: what each pair is stretched by in sequences of up to original
	// tokens and in longer ones.
	short, long []float64
}

// Longest returns how many positions a model has that turns by r.
func (r *Rope) Longest() int { return r.longest }

// frequencies returns those of the dim/2 pairs for a sequence of tokens.
func (r *Rope) frequencies(tokens int) []float64 {
	theta := r.theta * r.scale(tokens)
	stretch := r.short
	if r.isLong(tokens) {
		stretch = r.long
	}
	freq := make([]float64, r.dim/2)
	for j := range freq {
		freq[j] = math.Pow(theta, -2*float64(j)/float64(r.dim))
		switch r.kind {
		case "linear":
			freq[j] /= r.factor
		case "llama3":
			freq[j] = r.byWavelength(freq[j])
		case "yarn":
			freq[j] = r.byPair(freq[j], j)
		case "longrope":
			freq[j] /= stretch[j]
		}
	}
	return freq
}

// same says whether sequences of a and of b tokens have the same frequencies.
func (r *Rope) same(a, b int) bool { return r.scale(a) == r.scale(b) && r.isLong(a) == r.isLong(b) }

// scale returns what dynamic scaling, which is NTK-aware, multiplies theta by:
// the longer the sequence, the more.
func (r *Rope) scale(tokens int) float64 {
	if r.kind != "dynamic" || tokens <= r.positions {
		return 1
	}
	d := float64(r.dim)
	return math.Pow(r.factor*float64(tokens)/float64(r.positions)-(r.factor-1), d/(d-2))
}

// isLong says whether a sequence takes LongRoPE's second list of factors
// (Ding et al., 2024).
func (r *Rope) isLong(tokens int) bool {
	return r.kind == "longrope" && float64(tokens) > r.original
}

// byWavelength scales a frequency as Llama 3.1 does.
func (r *Rope) byWavelength(freq float64) float64 {
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

// byPair scales the frequency of pair j as YaRN does ("NTK by parts", Peng et
// al., 2023, section 3.2).
func (r *Rope) byPair(freq float64, j int) float64 {
	s := min(max((float64(j)-r.first)/(r.last-r.first), 0), 1)
	return freq/r.factor*s + freq*(1-s)
}

// blend finds the pairs between which YaRN blends: those that turn fast and
// slow times in the original context, to whole pairs if whole is set.
func (r *Rope) blend(fast, slow float64, whole bool) {
	pair := func(turns float64) float64 {
		return float64(r.dim) * math.Log(r.original/(turns*2*math.Pi)) / (2 * math.Log(r.theta))
	}
	r.first, r.last = pair(fast), pair(slow)
	if whole {
		r.first, r.last = math.Floor(r.first), math.Ceil(r.last)
	}
	r.first, r.last = max(r.first, 0), min(r.last, float64(r.dim-1))
	if r.first == r.last {
		r.last += 0.001
	}
}
