package decoder

import (
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
)

// ropeKeys are the fields that each kind of scaling reads, beside those of
// every kind.
var ropeKeys = map[string][]string{
	"default":  {},
	"linear":   {"factor"},
	"dynamic":  {"factor"},
	"llama3":   {"factor", "low_freq_factor", "high_freq_factor"},
	"yarn":     {"factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate"},
	"longrope": {"factor", "attention_factor", "short_factor", "long_factor"},
}

// anyRopeKeys are those of every kind and those that change nothing:
// original_max_position_embeddings is the context before stretching where
// that counts, and finetuned says how the weights were made.
var anyRopeKeys = []string{"rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings", "finetuned"}

// ropeNeutral are fields of some kinds that change nothing at this value.
var ropeNeutral = map[string]float64{"factor": 1, "attention_factor": 1, "attn_factor": 1, "extrapolation_factor": 1, "mscale": 1, "mscale_all_dim": 1}

// ropeReader reads what a config says of rotary positions: rope_scaling or, if
// there is none, rope_parameters (of transformers 5), with rope_theta and
// partial_rotary_factor beside it for those that are not within.
type ropeReader struct {
	f              *Config
	dim, positions int
}

// ParseRope reads the rope of a model with heads of dim elements and blocks of
// the given kinds, which must all have the same.
func ParseRope(f *Config, dim, positions int, kinds []string) *Rope {
	r := ropeReader{f, dim, positions}
	p := f.Object("rope_scaling")
	if p == nil || len(p.Keys()) == 0 {
		p = f.Object("rope_parameters")
	}
	if p == nil {
		return r.read(f.None(), true)
	}
	var nested, flat []string
	for _, key := range p.Keys() {
		if p.IsObject(key) || slices.Contains(kinds, key) {
			nested = append(nested, key)
		} else if p.Has(key) {
			flat = append(flat, key)
		}
	}
	if len(nested) == 0 {
		return r.read(p, true)
	}
	if len(flat) > 0 {
		p.Fail("%s stands beside %s: parameters are either for all layers or for each of layer_types", flat[0], nested[0])
	}
	return r.perLayer(p, kinds)
}

// perLayer reads parameters that are given for each kind of layer.
func (r ropeReader) perLayer(p *Config, kinds []string) *Rope {
	all := &Rope{dim: r.dim, positions: r.positions, longest: r.positions}
	first := ""
	for _, kind := range slices.Compact(slices.Sorted(slices.Values(kinds))) {
		o := p.Object(kind)
		if o == nil {
			p.Fail("%s is missing or null, and the model has layers of that kind", kind)
			break
		}
		one := r.read(o, false)
		if first == "" {
			all, first = one, kind
		} else if !reflect.DeepEqual(all, one) {
			p.Fail("%s and %s have different parameters; only the same for all layers are supported", first, kind)
		}
	}
	return all
}

// read reads one set of parameters; flat ones take the original context from
// beside them if it is there.
func (r ropeReader) read(p *Config, flat bool) *Rope {
	x := &Rope{dim: r.dim, positions: r.positions, longest: r.positions, factor: 1, attention: 1}
	name := "rope_type"
	if !p.There(name) {
		name = "type" // as it once was
	}
	x.kind = p.String(name, "default")
	x.theta = r.beside(p, "rope_theta").Float("rope_theta", 10000, 1)
	if share := r.beside(p, "partial_rotary_factor"); share.Has("partial_rotary_factor") {
		if v := share.Float("partial_rotary_factor", 1, 0); v != 1 {
			share.Fail("partial_rotary_factor is %g; only 1 is supported", v)
		}
	}
	keys, known := ropeKeys[x.kind]
	if !known {
		p.Fail("%s is %q; only %s are supported", name, x.kind, strings.Join(slices.Sorted(maps.Keys(ropeKeys)), ", "))
		return x
	}
	r.understood(p, x.kind, keys)
	if x.kind == "default" {
		return x
	}
	x.original = float64(r.positions)
	if q := p; p.Has(originalPositions) || flat && r.f.Has(originalPositions) {
		if flat && r.f.Has(originalPositions) {
			q = r.f
		}
		x.original = q.Positive(originalPositions)
	}
	switch x.kind {
	case "linear", "dynamic":
		x.factor = p.Positive("factor")
		if x.kind == "dynamic" && x.dim == 2 {
			p.Fail("dynamic scaling needs heads wider than 2")
		}
		// max_position_embeddings is that of the model before it was stretched.
		x.original = 0
		x.longest = longest(float64(x.positions)*x.factor, x.positions)
		return x
	case "llama3":
		x.factor = p.Positive("factor")
		x.low, x.high = p.Positive("low_freq_factor"), p.Positive("high_freq_factor")
		if x.high <= x.low {
			p.Fail("high_freq_factor is %g, not above the %g of low_freq_factor", x.high, x.low)
		}
	case "yarn":
		r.yarn(p, x)
	case "longrope":
		r.longrope(p, x)
	}
	x.longest = longest(x.original*x.factor, x.positions)
	if !(x.attention <= math.MaxFloat32) {
		p.Fail("the factor of attention is %g, beyond float32", x.attention)
	}
	return x
}

const originalPositions = "original_max_position_embeddings"

// longest returns the longest sequence of a model that takes this many
// positions when stretched.
func longest(stretched float64, positions int) int {
	return max(positions, int(min(stretched, MaxPositions)))
}

// beside returns what to read a field from: the parameters, or the config that
// they are in if they lack it.
func (r ropeReader) beside(p *Config, key string) *Config {
	if p.There(key) {
		return p
	}
	return r.f
}

// understood fails on fields that would change the rotations and that this
// kind of scaling does not read. transformers warns of them.
func (r ropeReader) understood(p *Config, kind string, keys []string) {
	for _, key := range p.Keys() {
		switch neutral, ok := ropeNeutral[key]; {
		case !p.Has(key), slices.Contains(keys, key), slices.Contains(anyRopeKeys, key):
		case ok:
			p.Neutral(key, neutral)
		case key == "max_position_embeddings":
			p.Neutral(key, float64(r.positions))
		default:
			p.Fail("%s is not understood with the rope_type %q", key, kind)
		}
	}
}

// ratioOr reads factor, or takes how far the config says that the original
// context was stretched.
func (r ropeReader) ratioOr(p *Config, original float64) float64 {
	if p.Has("factor") {
		return p.Positive("factor")
	}
	return float64(r.positions) / original
}

// yarn reads the parameters of YaRN (Peng et al., 2023).
func (r ropeReader) yarn(p *Config, x *Rope) {
	if !p.There("factor") {
		p.Fail("factor is missing")
	}
	if x.theta <= 1 {
		p.Fail("rope_theta is %g; YaRN needs more than 1", x.theta)
	}
	x.factor = r.ratioOr(p, x.original)
	number := func(key string, preset float64) float64 { // 0 and null are the preset
		if v := 0.0; p.Has(key) {
			if v = p.Float(key, 0, 0); v != 0 {
				return v
			}
		}
		return preset
	}
	magnitude := func(m float64) float64 {
		if x.factor <= 1 {
			return 1
		}
		return 0.1*m*math.Log(x.factor) + 1
	}
	x.attention = magnitude(1)
	if m, all := number("mscale", 0), number("mscale_all_dim", 0); m != 0 && all != 0 {
		x.attention = magnitude(m) / magnitude(all)
	}
	if p.Has("attention_factor") {
		x.attention = p.Float("attention_factor", 1, 0)
	}
	x.blend(number("beta_fast", 32), number("beta_slow", 1), p.Bool("truncate", true))
}

// longrope reads the parameters of LongRoPE (Ding et al., 2024).
func (r ropeReader) longrope(p *Config, x *Rope) {
	x.factor = r.ratioOr(p, x.original)
	x.short, x.long = p.Positives("short_factor", x.dim/2), p.Positives("long_factor", x.dim/2)
	switch {
	case p.Has("attention_factor"):
		x.attention = p.Float("attention_factor", 1, 0)
	case x.factor > 1 && x.original <= 1:
		p.Fail("%s is %g; LongRoPE needs more than 1", originalPositions, x.original)
	case x.factor > 1:
		x.attention = math.Sqrt(1 + math.Log(x.factor)/math.Log(x.original))
	}
}
