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

// RopeChoices is what an architecture chooses of its rotary positions.
type RopeChoices struct {
	// Theta is that of a config that does not say; 0 is 10000.
	Theta float64
	// Partial says that a share of a head may turn, and is that share if a config
	// does not say; 0: all of it must.
	Partial float64
	// PerKind says that kinds of layers may turn differently. The kinds of OfKind
	// then have a theta of their own, 10000 or in the field that it names, and are
	// not scaled by parameters that are for all.
	PerKind bool
	OfKind  map[string]string
	// Types are other names of rope_type.
	Types map[string]string
}

// ropeReader reads what a config says of rotary positions: rope_scaling or, if
// there is none, rope_parameters (of transformers 5), with rope_theta and
// partial_rotary_factor beside it for those that are not within.
type ropeReader struct {
	RopeChoices
	f              *Config
	dim, positions int
}

// ParseRope reads the rope of a model with heads of dim elements and blocks of
// the given kinds, which must all have the same.
func ParseRope(f *Config, dim, positions int, kinds []string, choices RopeChoices) *Rope {
	choices.PerKind = false
	for _, r := range ParseRopes(f, dim, positions, kinds, choices) {
		return r
	}
	return &Rope{dim: dim, positions: positions, longest: positions}
}

// ParseRopes reads the ropes of a model with heads of dim elements and blocks of
// the given kinds, by these.
func ParseRopes(f *Config, dim, positions int, kinds []string, choices RopeChoices) map[string]*Rope {
	if choices.Theta == 0 {
		choices.Theta = 10000
	}
	kinds = slices.Compact(slices.Sorted(slices.Values(kinds)))
	if len(kinds) == 0 {
		kinds = []string{""}
	}
	r := ropeReader{choices, f, dim, positions}
	p := f.Object("rope_scaling")
	if p == nil || len(p.Keys()) == 0 {
		p = f.Object("rope_parameters")
	}
	if p == nil {
		p = f.None()
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
		return r.all(r.read(p, true), kinds)
	}
	if len(flat) > 0 {
		p.Fail("%s stands beside %s: parameters are either for all layers or for each of layer_types", flat[0], nested[0])
	}
	return r.perLayer(p, kinds)
}

// all has every kind turn alike, but for those with a theta of their own.
func (r ropeReader) all(one *Rope, kinds []string) map[string]*Rope {
	ropes := map[string]*Rope{}
	for _, kind := range kinds {
		ropes[kind] = one
		if key, own := r.OfKind[kind]; own {
			other := r
			other.Theta = r.f.Float(key, 10000, 1)
			ropes[kind] = other.read(r.f.None(), false)
			ropes[kind].theta = other.Theta // whatever rope_theta is
		}
	}
	return ropes
}

// perLayer reads parameters that are given for each kind of layer.
func (r ropeReader) perLayer(p *Config, kinds []string) map[string]*Rope {
	ropes := map[string]*Rope{}
	for _, kind := range kinds {
		o := p.Object(kind)
		if o == nil {
			p.Fail("%s is missing or null, and the model has layers of that kind", kind)
			break
		}
		own := r
		if _, ok := r.OfKind[kind]; ok {
			own.Theta = 10000
		}
		ropes[kind] = own.read(o, false)
		if first := kinds[0]; !r.PerKind && !reflect.DeepEqual(ropes[first], ropes[kind]) {
			p.Fail("%s and %s have different parameters; only the same for all layers are supported", first, kind)
		}
	}
	return ropes
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
	if other, ok := r.Types[x.kind]; ok {
		x.kind = other
	}
	x.theta = r.beside(p, "rope_theta").Float("rope_theta", r.Theta, 1)
	r.partial(p, x)
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

// partial reads how much of a head turns.
func (r ropeReader) partial(p *Config, x *Rope) {
	key := "partial_rotary_factor"
	for _, other := range []string{"rotary_pct", "rope_pct"} { // as it once was
		if r.Partial > 0 && !r.beside(p, key).Has(key) && r.f.Has(other) {
			key = other
		}
	}
	in := r.beside(p, key)
	if !in.Has(key) {
		if r.Partial > 0 {
			x.dim = int(float64(r.dim) * r.Partial)
		}
		return
	}
	share := in.Float(key, 1, 0)
	switch {
	case r.Partial == 0 && share != 1:
		in.Fail("%s is %g; only 1 is supported", key, share)
	case share <= 0 || share > 1:
		in.Fail("%s is %g, not within 0 and 1", key, share)
	default:
		x.dim = int(float64(r.dim) * share)
	}
	if x.dim%2 != 0 || x.dim == 0 {
		in.Fail("%s is %g: it has %d elements of a head turn, which must be an even number", key, share, x.dim)
		x.dim = r.dim
	}
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
