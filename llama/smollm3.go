package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// SmolLM3 has blocks whose queries and keys do not turn.
var _ = register(family{
	kind: "smollm3", title: "SmolLM3", tokenizer: "PreTrainedTokenizerFast",
	keyHeads: 4, positions: 32768, tied: true, attentionBias: saidBias, networkBias: saidBias,
	windows: namedWindows, rope: decoder.RopeChoices{Theta: 2e6},
	gguf: decoder.GGUF{
		Arch: "smollm3", Class: "SmolLM3ForCausalLM", Interleaved: true,
		Config: func(_ *llamacpp.Meta, c *llamacpp.Config) { c.Put("no_rope_layer_interval", 4) }, // as it is written into llama.cpp
	},
	adapt: func(f *decoder.Config, _ *decoder.Description, blocks []decoder.BlockDescription) {
		turns := f.Ints("no_rope_layers") // 1 where a block does turn
		if turns == nil {
			every := f.Int("no_rope_layer_interval", 4, 1, decoder.MaxBlocks)
			for i := range blocks {
				turn := 1
				if (i+1)%every == 0 {
					turn = 0
				}
				turns = append(turns, turn)
			}
		}
		if len(turns) != len(blocks) {
			f.Fail("no_rope_layers has %d entries for the %d blocks of num_hidden_layers", len(turns), len(blocks))
			return
		}
		asked := f.Bool("use_sliding_window", false) && f.Has("sliding_window") && !f.Has("layer_types")
		for i := range blocks {
			if turns[i] != 0 {
				continue
			}
			blocks[i].Attention.Rope = nil
			if asked {
				blocks[i].Attention.Window = f.Int("sliding_window", 0, 1, decoder.MaxPositions)
			}
		}
	},
})
