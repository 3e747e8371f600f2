package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Tensors in which GGUF has what the frequencies of the rotary embedding are
// divided by, headDim/2 numbers: those of every sequence, which Llama 3.1 and
// later have, and those of short and of long ones.
const (
	ropeFreqs = "rope_freqs.weight"
	ropeShort = "rope_factors_short.weight"
	ropeLong  = "rope_factors_long.weight"
)

var ropeTensors = []string{ropeFreqs, ropeShort, ropeLong}

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

// divisors reads what the frequencies of heads of dim elements are divided by.
func (in *ggufTensor) divisors(x *file, dim int64) ([]float64, error) {
	if len(in.dims) != 1 || in.dims[0] != dim/2 || ggmlTypes[in.kind].dtype != F32 || ggmlTypes[in.kind].block != 1 {
		return nil, errors.New("is no list of divisors for the head's frequencies")
	}
	d := make([]float64, dim/2)
	err := x.use(in.off, in.size, func(b []byte) error {
		decode(F32, d, b)
		return nil
	})
	for _, v := range d {
		if !(v > 0 && v <= math.MaxFloat32) && err == nil {
			err = fmt.Errorf("divides a frequency by %v, as no Llama 3.x and no other model does", v)
		}
	}
	return d, err
}

// ropeScaling says in transformers' terms how llama.cpp scales the rotary
// embedding: by the metadata and the divisors in tensors. It is nil where it
// scales nothing.
func (g *gguf) ropeScaling(c *llamaConfig, divisors map[string][]float64) (*ropeScaling, error) {
	const scaling = "llama.rope.scaling."
	kind := any("linear")
	if v, ok := g.meta[scaling+"type"]; ok {
		kind = v
	}
	key := scaling + "factor"
	if _, ok := g.meta[key]; !ok {
		key = "llama.rope.scale_linear" // as it once was
	}
	factor, stated := 1.0, false
	if v, ok := g.meta[key]; ok {
		x, number := asNumber(v)
		if stated = !number || x != 0; stated { // llama.cpp takes 0 for none
			factor = g.positive(key, 1)
		}
	}
	attention := g.positive(scaling+"attn_factor", 1)
	blend := 0.0 // of YaRN with the plain frequencies; −1 is what the scaling implies
	if kind == "yarn" {
		blend = 1
	}
	if v, ok := g.meta[scaling+"yarn_ext_factor"]; ok {
		if x, _ := asNumber(v); x != -1 && x != blend {
			g.fail("has the metadata %q = %v, which is not supported for the scaling %q", scaling+"yarn_ext_factor", v, kind)
		}
	}
	old := c.Positions
	if kind == "yarn" || kind == "longrope" {
		old = g.integer(scaling+"original_context_length", c.Positions)
	} else if attention != 1 {
		g.fail("has the metadata %q = %v, which is not supported for the scaling %q", scaling+"attn_factor", attention, kind)
	}
	if kind != "longrope" && (divisors[ropeShort] != nil || divisors[ropeLong] != nil) {
		g.fail("has divisors of short and long sequences for the scaling %q", kind)
	}
	var s *ropeScaling
	switch kind {
	case "none":
	case "linear":
		if factor != 1 {
			s = &ropeScaling{Type: "linear", Factor: g.decimal(key, factor)}
		}
	case "yarn":
		s = g.yarn(scaling, factor, attention)
		if !stated {
			g.fail("has rotary embeddings scaled by yarn and lacks the metadata %q", key)
		}
		s.Factor, s.Old = g.decimal(key, factor), old
	case "longrope":
		if divisors[ropeShort] == nil || divisors[ropeLong] == nil || factor != 1 {
			g.fail("has rotary embeddings scaled by longrope, and not the two lists of divisors %s and %s alone", ropeShort, ropeLong)
		}
		s = &ropeScaling{Type: "longrope", Factor: "1.0", Old: old, Attention: decimal(attention, 32),
			Short: decimals(divisors[ropeShort]), Long: decimals(divisors[ropeLong])}
	default:
		g.fail("has rotary embeddings scaled by the method %v, which is not supported", kind)
	}
	if d := divisors[ropeFreqs]; d != nil {
		if s != nil {
			g.fail("has the tensor %s beside rotary embeddings scaled by %s, which is not supported", ropeFreqs, s.Type)
		}
		theta, err := c.Theta.Float64()
		if err != nil {
			g.fail("%w", err)
		}
		s = fromDivisors(d, theta, c.Positions)
	}
	return s, g.err
}

// yarn reads the parameters of YaRN, but for those that others have, too.
// llama.cpp multiplies cosines and sines by attn_factor·(1 + 0.1·log factor),
// transformers by attention_factor, which is 1 + 0.1·log factor if not given.
func (g *gguf) yarn(scaling string, factor, attention float64) *ropeScaling {
	s := &ropeScaling{Type: "yarn"}
	if factor < 1 {
		g.fail("has rotary embeddings scaled by yarn with a factor of %v, below 1", factor)
	}
	if attention != 1 {
		s.Attention = decimal(attention*(1+0.1*math.Log(factor)), 64)
	}
	for _, beta := range []struct {
		key string
		to  *json.Number
	}{{"yarn_beta_fast", &s.BetaFast}, {"yarn_beta_slow", &s.BetaSlow}} {
		key := scaling + beta.key
		if _, ok := g.meta[key]; ok {
			*beta.to = g.decimal(key, g.positive(key, 1))
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
	return &ropeScaling{Type: "longrope", Factor: "1.0", Old: positions, Attention: "1.0", Short: decimals(d), Long: decimals(d)}
}

// decimals are the shortest texts of float32 numbers.
func decimals(d []float64) []json.Number {
	out := make([]json.Number, len(d))
	for i, x := range d {
		out[i] = decimal(x, 32)
	}
	return out
}
