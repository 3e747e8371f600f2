package opt

import (
	"sparsellm/internal/decoder"
	"sparsellm/model"
)

// OPT has four sizes of one shape, and one, of 350M parameters, whose norms
// follow its sublayers and whose word embeddings are narrower than the model.
var _ = register(decoder.Architecture{
	Type: "opt", Title: "OPT", Tokenizer: "GPT2Tokenizer",
	Words: "model.decoder.embed_tokens.weight", Head: "lm_head.weight", Blocks: "model.decoder.layers.",
	Describe: describeOPT,
})

func describeOPT(_ *decoder.Architecture, f *decoder.Config) decoder.Description {
	d := decoder.Description{
		ProjectIn: "model.decoder.project_in.weight", ProjectOut: "model.decoder.project_out.weight",
		Positions: "model.decoder.embed_positions.weight", Padding: 2,
	}
	d.Activation = activationOf(f, "activation_function", string(model.ReLU))
	d.Hidden = f.Size("hidden_size", decoder.MaxWidth)
	d.Intermediate = f.Size("ffn_dim", decoder.MaxWidth)
	d.Blocks = f.Size("num_hidden_layers", decoder.MaxBlocks)
	d.Heads = f.Size("num_attention_heads", decoder.MaxHeads)
	d.KVHeads = d.Heads
	d.HeadDim = d.Hidden / d.Heads
	d.Vocab = f.Size("vocab_size", decoder.MaxVocab)
	d.MaxPositions = f.Size("max_position_embeddings", decoder.MaxPositions)
	d.Tied = f.Bool("tie_word_embeddings", true)
	d.WordWidth = d.Hidden
	if f.Has("word_embed_proj_dim") {
		d.WordWidth = f.Int("word_embed_proj_dim", d.Hidden, 1, decoder.MaxWidth)
	}
	normFirst := f.Bool("do_layer_norm_before", true)
	if normFirst && !f.Bool("_remove_final_layer_norm", false) {
		d.FinalNorm = "model.decoder.final_layer_norm"
	}
	affine := f.Bool("layer_norm_elementwise_affine", true)
	d.Norms = decoder.NormKind{Mean: true, Eps: 1e-5, Weight: affine, Bias: affine}
	if d.Hidden%d.Heads != 0 {
		f.Fail("hidden_size is %d, not a multiple of the %d of num_attention_heads", d.Hidden, d.Heads)
	}
	bias := f.Bool("enable_bias", true)
	linear := func(name string) decoder.LinearDescription {
		return decoder.LinearDescription{Name: name, Bias: bias}
	}
	block := decoder.BlockDescription{
		Attention: decoder.AttentionDescription{
			Norms: decoder.Norms{Input: "self_attn_layer_norm"},
			Q:     linear("self_attn.q_proj"), K: linear("self_attn.k_proj"), V: linear("self_attn.v_proj"), O: linear("self_attn.out_proj"),
			KeysFirst: true,
		},
		Network:  decoder.NetworkDescription{Norms: decoder.Norms{Input: "final_layer_norm"}, Up: linear("fc1"), Down: linear("fc2")},
		NormLast: !normFirst,
	}
	d.Block = func(int) decoder.BlockDescription { return block }
	return d
}
