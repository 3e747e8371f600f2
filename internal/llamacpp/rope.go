package llamacpp

import (
	"encoding/json"
	"math"
	"slices"
)

// Tensors in which GGUF has what the frequencies of the rotary embedding are
// divided by, half as many numbers as elements turn: those of every sequence,
// which Llama 3.1 and later have, and those of short and of long ones.
const (
	Freqs = "rope_freqs.weight"
	Short = "rope_factors_short.weight"
	Long  = "rope_factors_long.weight"
)

// Divisors are those tensors.
var Divisors = []string{Freqs, Short, Long}

// ropeScaling is rope_scaling in transformers' config.json.
type ropeScaling struct {
	Type      string        `json:"rope_type"`
	Factor    json.Number   `json:"factor"`
	Low       json.Number   `json:"low_freq_factor,omitempty"`
	High      json.Number   `json:"high_freq_factor,omitempty"`
	Old       int64         `json:"original_max_position_embeddings,omitempty"`
	Attention json.Number   `json:"attention_factor,omitempty"`
	BetaFast  json.Number   `json:"beta_fast,omitempty"`
	BetaSlow  json.Number   `json:"beta_slow,omitempty"`
	Short     []json.Number `json:"short_factor,omitempty"`
	Long      []json.Number `json:"long_factor,omitempty"`
}

// Rope puts the fields of rotary positions of which dim elements of a head turn:
// rope_theta, and rope_scaling in transformers' terms.
func (c *Config) Rope(m *Meta, dim, positions int64) {
	theta := m.Number("rope.freq_base", 10000)
	c.Put("rope_theta", theta)
	for _, name := range Divisors {
		d := m.divisors[name]
		if d != nil && int64(len(d)) != dim/2 {
			m.Fail("tensor %q is no list of divisors for the head's frequencies", name)
		}
		for _, v := range d {
			if !(v > 0 && v <= math.MaxFloat32) {
				m.Fail("tensor %q divides a frequency by %v, as no Llama 3.x and no other model does", name, v)
			}
		}
	}
	c.Put("rope_scaling", m.ropeScaling(theta, positions))
}

// ropeScaling says in transformers' terms how llama.cpp scales the rotary
// embedding: by the metadata and the divisors in tensors. It is nil where it
// scales nothing.
func (m *Meta) ropeScaling(theta json.Number, positions int64) *ropeScaling {
	const scaling = "rope.scaling."
	kind := any("linear")
	if v, ok := m.values[m.key(scaling+"type")]; ok {
		kind = v
	}
	key := m.key(scaling + "factor")
	if old := m.key("rope.scale_linear"); m.values[key] == nil { // as it once was
		key = old
	}
	factor, stated := 1.0, false
	if v, ok := m.values[key]; ok {
		x, number := Number(v)
		if stated = !number || x != 0; stated { // llama.cpp takes 0 for none
			factor = m.positive(key, 1)
		}
	}
	attention := m.Float(scaling+"attn_factor", 1)
	blend := 0.0 // of YaRN with the plain frequencies; −1 is what the scaling implies
	if kind == "yarn" {
		blend = 1
	}
	if ext := m.key(scaling + "yarn_ext_factor"); m.values[ext] != nil {
		if x, _ := Number(m.values[ext]); x != -1 && x != blend {
			m.Fail("has the metadata %q = %v, which is not supported for the scaling %q", ext, m.values[ext], kind)
		}
	}
	old := positions
	if kind == "yarn" || kind == "longrope" || m.divisors[Short] != nil {
		old = m.Int(scaling+"original_context_length", positions)
	} else {
		m.key(scaling + "original_context_length") // which then changes nothing
		if attention != 1 {
			m.Fail("has the metadata %q = %v, which is not supported for the scaling %q", m.key(scaling+"attn_factor"), attention, kind)
		}
	}
	return m.scalingOf(kind, key, factor, stated, attention, old, theta, positions)
}

// scalingOf puts together what ropeScaling has read.
func (m *Meta) scalingOf(kind any, key string, factor float64, stated bool, attention float64, old int64, theta json.Number, positions int64) *ropeScaling {
	short, long := m.divisors[Short], m.divisors[Long]
	var s *ropeScaling
	switch kind {
	case "none":
	case "linear":
		if factor != 1 {
			s = &ropeScaling{Type: "linear", Factor: m.decimal(key, factor)}
		}
	case "yarn":
		s = m.yarn(factor, attention)
		if !stated {
			m.Fail("has rotary embeddings scaled by yarn and lacks the metadata %q", m.arch+".rope.scaling.factor")
		}
		s.Factor, s.Old = m.decimal(key, factor), old
	case "longrope":
		if short == nil || long == nil || factor != 1 {
			m.Fail("has rotary embeddings scaled by longrope, and not the two lists of divisors %s and %s alone", Short, Long)
		}
		s = longRope(old, attention, short, long)
	default:
		m.Fail("has rotary embeddings scaled by the method %v, which is not supported", kind)
	}
	if kind != "longrope" && (short != nil || long != nil) {
		if m.arch != "phi3" || s != nil || short == nil || long == nil { // whose files do not name the scaling
			m.Fail("has divisors of short and long sequences for the scaling %q", kind)
		}
		s = longRope(old, attention, short, long)
	}
	if d := m.divisors[Freqs]; d != nil {
		if s != nil {
			m.Fail("has the tensor %s beside rotary embeddings scaled by %s, which is not supported", Freqs, s.Type)
		}
		base, err := theta.Float64()
		if err != nil {
			m.Fail("%w", err)
		}
		s = fromDivisors(d, base, positions)
	}
	return s
}

func longRope(old int64, attention float64, short, long []float64) *ropeScaling {
	return &ropeScaling{Type: "longrope", Factor: "1.0", Old: old, Attention: decimal(attention, 32), Short: decimals(short), Long: decimals(long)}
}

// yarn reads the parameters of YaRN, but for those that others have, too.
// llama.cpp multiplies cosines and sines by attn_factor·(1 + 0.1·log factor),
// transformers by attention_factor, which is 1 + 0.1·log factor if not given.
func (m *Meta) yarn(factor, attention float64) *ropeScaling {
	s := &ropeScaling{Type: "yarn"}
	if factor < 1 {
		m.Fail("has rotary embeddings scaled by yarn with a factor of %v, below 1", factor)
	}
	if attention != 1 {
		s.Attention = decimal(attention*(1+0.1*math.Log(factor)), 64)
	}
	for _, beta := range []struct {
		key string
		to  *json.Number
	}{{"rope.scaling.yarn_beta_fast", &s.BetaFast}, {"rope.scaling.yarn_beta_slow", &s.BetaSlow}} {
		if m.Has(beta.key) {
			*beta.to = m.Number(beta.key, 1)
		}
	}
	return s
}

// fromDivisors finds the parameters that divisors came from: none where they
// are 1, or those of every Llama 3.x, but for the factor (8, and 32 of the
// small ones of 3.2), which is the divisor of the lowest frequency. Others are
// said as LongRoPE's, of short and long sequences alike.
func fromDivisors(d []float64, theta float64, positions int64) *ropeScaling {
	if !slices.ContainsFunc(d, func(x float64) bool { return x != 1 }) {
		return nil
	}
	const low, high, old = 1, 4, 8192
	factor := d[len(d)-1]
	llama3 := true
	for i, got := range d {
		wave := 2 * math.Pi * math.Pow(theta, float64(i)/float64(len(d)))
		want := factor
		switch {
		case wave < old/high:
			want = 1
		case wave <= old/low:
			smooth := (old/wave - low) / (high - low)
			want = 1 / ((1-smooth)/factor + smooth)
		}
		llama3 = llama3 && math.Abs(got-want) <= 1e-4*want // of float32 in its making
	}
	if llama3 {
		return &ropeScaling{Type: "llama3", Factor: decimal(factor, 32), Low: decimal(low, 32), High: decimal(high, 32), Old: old}
	}
	return longRope(positions, 1, d, d)
}

// decimals are the shortest texts of float32 numbers.
func decimals(d []float64) []json.Number {
	out := make([]json.Number, len(d))
	for i, x := range d {
		out[i] = decimal(x, 32)
	}
	return out
}
