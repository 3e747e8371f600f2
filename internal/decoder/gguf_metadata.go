package decoder

import (
	"fmt"
	"math"

	"sparsellm/internal/llamacpp"
)

// FileMetadata puts what a GGUF file says of a model, and returns the tensors of
// llamacpp.Divisors that go with it.
func (a *Architecture) FileMetadata(d *Description, put llamacpp.Put) (divisors map[string][]float64, err error) {
	b := d.Block(0)
	rope := d.firstRope()
	positions := d.MaxPositions
	if rope != nil {
		positions = rope.positions
	}
	put("block_count", d.Blocks)
	put("context_length", positions)
	put("embedding_length", d.Hidden)
	put("feed_forward_length", d.Intermediate)
	put("attention.head_count", d.Heads)
	put("attention.head_count_kv", d.KVHeads)
	if d.HeadDim*d.Heads != d.Hidden {
		put("attention.key_length", d.HeadDim)
		put("attention.value_length", d.HeadDim)
	}
	eps := "attention.layer_norm_rms_epsilon"
	if d.Norms.Mean {
		eps = "attention.layer_norm_epsilon"
	}
	put(eps, float32(d.Norms.Eps))
	put("vocab_size", d.Vocab)
	if e := b.Experts; e != nil {
		put("expert_count", len(e.Experts))
		put("expert_used_count", e.Active)
		if w := e.Experts[0].Width; w > 0 {
			put("expert_feed_forward_length", w)
		}
	}
	for key, x := range map[string]float64{
		"final_logit_softcapping": d.LogitCap, "attn_logit_softcapping": b.Attention.Cap, "attention.clamp_kqv": b.Attention.Clip,
	} {
		if x != 0 {
			put(key, float32(x))
		}
	}
	if rope != nil {
		divisors, err = rope.fileMetadata(put)
	}
	if a.GGUF.Metadata != nil {
		a.GGUF.Metadata(d, put)
	}
	return divisors, err
}

// firstRope is that of the blocks that see all of a sequence, if there are such;
// else of the first that turns at all.
func (d *Description) firstRope() (first *Rope) {
	for i := range d.Blocks {
		b := d.Block(i)
		if r := b.Attention.Rope; r != nil && b.Convolution == nil {
			if b.Attention.Window == 0 {
				return r
			}
			if first == nil {
				first = r
			}
		}
	}
	return first
}

// Theta is the base of the frequencies.
func (r *Rope) Theta() float64 { return r.theta }

// fileMetadata puts how r turns.
func (r *Rope) fileMetadata(put llamacpp.Put) (divisors map[string][]float64, err error) {
	put("rope.dimension_count", r.dim)
	put("rope.freq_base", float32(r.theta))
	const scaling = "rope.scaling."
	switch r.kind {
	case "default":
	case "linear":
		put(scaling+"type", "linear")
		put(scaling+"factor", float32(r.factor))
	case "llama3":
		d := make([]float64, r.dim/2)
		for j, scaled := range r.frequencies(1) {
			d[j] = math.Pow(r.theta, -2*float64(j)/float64(r.dim)) / scaled
		}
		return map[string][]float64{llamacpp.Freqs: d}, nil
	case "yarn":
		put(scaling+"type", "yarn")
		put(scaling+"factor", float32(r.factor))
		put(scaling+"original_context_length", int(r.original))
		if implied := 1 + 0.1*math.Log(r.factor); math.Abs(r.attention/implied-1) > 0x1p-22 {
			put(scaling+"attn_factor", float32(r.attention/implied))
		}
	case "longrope":
		put(scaling+"type", "longrope")
		put(scaling+"original_context_length", int(r.original))
		put(scaling+"attn_factor", float32(r.attention))
		return map[string][]float64{llamacpp.Short: r.short, llamacpp.Long: r.long}, nil
	default:
		err = fmt.Errorf("rotary positions scaled by the method %s have no place in a GGUF file", r.kind)
	}
	return nil, err
}
