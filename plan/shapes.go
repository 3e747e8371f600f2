package plan

import (
	"strings"

	"sparsellm/model"
)

// known are the shapes of well-known models, from their config.json.
var known = []struct {
	name   string
	config model.Config
}{
	{"OPT-125M", opt(768, 12, 12)},
	{"OPT-350M", opt(1024, 24, 16)},
	{"OPT-1.3B", opt(2048, 24, 32)},
	{"OPT-2.7B", opt(2560, 32, 32)},
	{"OPT-6.7B", opt(4096, 32, 32)},
	{"OPT-13B", opt(5120, 40, 40)},
	{"OPT-30B", opt(7168, 48, 56)},
	{"OPT-66B", opt(9216, 64, 72)},
	{"LLaMA-2-7B", llama(4096, 11008, 32, 32, 32, 32000, 4096)},
	{"LLaMA-2-13B", llama(5120, 13824, 40, 40, 40, 32000, 4096)},
	{"LLaMA-2-70B", llama(8192, 28672, 80, 64, 8, 32000, 4096)},
	{"Llama-3-8B", llama(4096, 14336, 32, 32, 8, 128256, 8192)},
}

func opt(hidden, blocks, heads int) model.Config {
	return model.Config{
		Arch: "opt", Hidden: hidden, Intermediate: 4 * hidden, Blocks: blocks, Heads: heads, KVHeads: heads,
		HeadDim: hidden / heads, Vocab: 50272, MaxPositions: 2048, Tied: true,
		Activation: model.ReLU,
	}
}

func llama(hidden, intermediate, blocks, heads, kvHeads, vocab, positions int) model.Config {
	return model.Config{
		Arch: "llama", Hidden: hidden, Intermediate: intermediate, Blocks: blocks, Heads: heads, KVHeads: kvHeads,
		HeadDim: hidden / heads, Vocab: vocab, MaxPositions: positions,
		Activation: model.SiLU, Gated: true,
	}
}

// Shape returns the shape of a well-known model, whose name may be in any
// case.
func Shape(name string) (model.Config, bool) {
	for _, k := range known {
		if strings.EqualFold(k.name, name) {
			return k.config, true
		}
	}
	return model.Config{}, false
}

// Names returns the names that Shape knows.
func Names() []string {
	var names []string
	for _, k := range known {
		names = append(names, k.name)
	}
	return names
}
