package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
)

// readGGUF reads a GGUF file of the LLaMA architecture, with the names and the
// order of rows that transformers has, and makes its config.json.
func readGGUF(x *file) (s *shard, config []byte, err error) {
	s = &shard{file: x}
	var g *gguf
	err = x.use(0, x.size, func(b []byte) error {
		g, err = parseGGUF(b)
		return err
	})
	if err == nil {
		config, err = s.llama(g)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint: %s %w", x.path, err)
	}
	return s, config, nil
}

var (
	ggufBlock = regexp.MustCompile(`^blk\.(0|[1-9][0-9]{0,8})\.([a-z_]+)\.(weight|bias)$`)
	ggufParts = map[string]string{
		"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
		"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
		"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
	}
	ggufOuter = map[string]string{
		"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight", "output.weight": "lm_head.weight",
	}
)

// llama turns the tensors of g into the shard's and returns the config.
func (s *shard) llama(g *gguf) ([]byte, error) {
	if arch := g.meta["general.architecture"]; arch != "llama" {
		return nil, fmt.Errorf("is of architecture %q; of GGUF files only \"llama\" is supported", arch)
	}
	c, err := g.config()
	if err != nil {
		return nil, err
	}
	for _, in := range g.tensors {
		if in.name == ropeFactors {
			if err := c.scaleRope(s.file, &in); err != nil {
				return nil, fmt.Errorf("tensor %q %w", in.name, err)
			}
			continue
		}
		name, ok := ggufOuter[in.name]
		heads := int64(0)
		if m := ggufBlock.FindStringSubmatch(in.name); m != nil {
			if part := ggufParts[m[2]]; part != "" {
				name, ok = "model.layers."+m[1]+"."+part+"."+m[3], true
			}
			switch m[2] {
			case "attn_q":
				heads = c.Heads
			case "attn_k":
				heads = c.KVHeads
			}
			c.AttentionBias = c.AttentionBias || m[2] == "attn_q" && m[3] == "bias"
			c.MLPBias = c.MLPBias || m[2] == "ffn_up" && m[3] == "bias"
		}
		if !ok {
			return nil, fmt.Errorf("has tensor %q, which a LLaMA model of transformers has not", in.name)
		}
		if in.name == "output.weight" {
			c.Tied = false
		}
		if in.name == "token_embd.weight" {
			if len(in.dims) != 2 {
				return nil, errors.New("has an embedding that is no matrix")
			}
			c.Vocab = in.dims[1]
			c.DType = dtypes[ggmlTypes[in.kind].dtype].torch
		}
		t, err := in.tensor(s.file, name, heads)
		if err != nil {
			return nil, err
		}
		s.tensors = append(s.tensors, t)
	}
	if c.Vocab == 0 {
		return nil, errors.New("has no tensor token_embd.weight")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	err = e.Encode(c)
	return b.Bytes(), err
}

// tensor presents a tensor of the file. heads is not 0 for the projections
// whose rows GGUF has in another order: there the two halves of a head that
// the rotary embedding turns together are interleaved, row 2i+j of a head
// being transformers' row j·headDim/2 + i.
func (in *ggufTensor) tensor(x *file, name string, heads int64) (*tensor, error) {
	k := ggmlTypes[in.kind]
	t := &tensor{name: name, dtype: k.dtype, file: x, off: in.off, size: in.size}
	dims := slices.Clone(in.dims)
	slices.Reverse(dims)
	if _, err := t.setShape(dims); err != nil {
		return nil, fmt.Errorf("tensor %q %w", in.name, err)
	}
	rows, cols := int64(1), in.dims[0]
	for _, d := range in.dims[1:] {
		rows *= d
	}
	if heads > 0 && len(in.dims) == 1 { // a bias: an element is a row
		rows, cols = cols, 1
	}
	if heads > 0 && (rows%heads != 0 || rows/heads%2 != 0) {
		return nil, fmt.Errorf("tensor %q has %d rows for %d heads", in.name, rows, heads)
	}
	target := func(r int64) int64 { return r }
	if heads > 0 {
		dim := rows / heads
		target = func(r int64) int64 {
			head, i, j := r/dim, r%dim/2, r%2
			return head*dim + j*dim/2 + i
		}
	}
	width := k.dtype.Size()
	switch {
	case k.block > 1 && cols == 1:
		return nil, fmt.Errorf("tensor %q is a quantised vector", in.name)
	case k.block > 1:
		t.unpack = func(raw []byte) ([]byte, error) {
			out := make([]byte, rows*cols*width)
			row := make([]float32, cols)
			stride := cols / k.block * k.bytes
			for r := range rows {
				dequantize(in.kind, row, raw[r*stride:][:stride])
				if i := encode(k.dtype, out[target(r)*cols*width:], row); i >= 0 {
					return nil, beyond(t, k.dtype, int(target(r)*cols)+i, row[i])
				}
			}
			return out, nil
		}
	case heads > 0:
		t.unpack = func(raw []byte) ([]byte, error) {
			out := make([]byte, len(raw))
			stride := cols * width
			for r := range rows {
				copy(out[target(r)*stride:][:stride], raw[r*stride:])
			}
			return out, nil
		}
	}
	return t, nil
}

// llamaConfig is transformers' config.json.
type llamaConfig struct {
	Architectures []string     `json:"architectures"`
	Type          string       `json:"model_type"`
	Activation    string       `json:"hidden_act"`
	Hidden        int64        `json:"hidden_size"`
	Intermediate  int64        `json:"intermediate_size"`
	Blocks        int64        `json:"num_hidden_layers"`
	Heads         int64        `json:"num_attention_heads"`
	KVHeads       int64        `json:"num_key_value_heads"`
	HeadDim       int64        `json:"head_dim,omitempty"`
	Positions     int64        `json:"max_position_embeddings"`
	Epsilon       json.Number  `json:"rms_norm_eps"`
	Theta         json.Number  `json:"rope_theta"`
	Scaling       *ropeScaling `json:"rope_scaling"`
	Tied          bool         `json:"tie_word_embeddings"`
	Vocab         int64        `json:"vocab_size"`
	BOS           *int64       `json:"bos_token_id,omitempty"`
	EOS           *int64       `json:"eos_token_id,omitempty"`
	Pad           *int64       `json:"pad_token_id,omitempty"`
	AttentionBias bool         `json:"attention_bias"`
	MLPBias       bool         `json:"mlp_bias"`
	DType         string       `json:"torch_dtype"`
}

// config reads the hyperparameters; what depends on the tensors is left.
func (g *gguf) config() (*llamaConfig, error) {
	c := &llamaConfig{Architectures: []string{"LlamaForCausalLM"}, Type: "llama", Activation: "silu", Tied: true}
	var fault error // the first
	note := func(err error) {
		if fault == nil {
			fault = err
		}
	}
	integer := func(key string, preset int64) int64 {
		v, err := g.integer(key, preset)
		note(err)
		return v
	}
	number := func(key string, preset float32) json.Number {
		v, err := g.number(key, preset)
		note(err)
		return v
	}
	token := func(key string) *int64 {
		if v := integer(key, -1); v >= 0 {
			return &v
		}
		return nil
	}
	if n := integer("llama.expert_count", -1); n > 0 {
		return nil, fmt.Errorf("is a mixture of %d experts, which is not supported", n)
	}
	if n := integer("split.count", -1); n > 1 {
		return nil, fmt.Errorf("is one of %d parts of a model: merge them with llama-gguf-split first", n)
	}
	c.Blocks = integer("llama.block_count", 0)
	c.Hidden = integer("llama.embedding_length", 0)
	c.Intermediate = integer("llama.feed_forward_length", 0)
	c.Heads = integer("llama.attention.head_count", 0)
	c.KVHeads = integer("llama.attention.head_count_kv", max(c.Heads, 1))
	c.Positions = integer("llama.context_length", 0)
	c.Epsilon = number("llama.attention.layer_norm_rms_epsilon", 1e-5)
	c.Theta = number("llama.rope.freq_base", 10000)
	c.BOS, c.EOS = token("tokenizer.ggml.bos_token_id"), token("tokenizer.ggml.eos_token_id")
	c.Pad = token("tokenizer.ggml.padding_token_id")
	if dim := integer("llama.attention.key_length", -1); dim > 0 && c.Heads > 0 && dim*c.Heads != c.Hidden {
		c.HeadDim = dim
	}
	switch kind := g.meta["llama.rope.scaling.type"]; kind {
	case nil, "none":
	case "linear":
		c.Scaling = &ropeScaling{Type: "linear", Factor: number("llama.rope.scaling.factor", 1)}
	default:
		return nil, fmt.Errorf("has rotary embeddings scaled by the method %v, which is not supported", kind)
	}
	return c, fault
}

// integer returns a number from 1 on (of a token, from 0 on) to the largest
// int32; preset, if it is not 0, where there is none.
func (g *gguf) integer(key string, preset int64) (int64, error) {
	v, ok := g.meta[key]
	if !ok && preset != 0 {
		return preset, nil
	}
	var n int64
	switch x := v.(type) {
	case nil:
		return 0, fmt.Errorf("lacks the metadata %q", key)
	case uint64:
		n = int64(min(x, math.MaxInt64))
	case int64:
		n = x
	default:
		return 0, fmt.Errorf("has metadata %q that is no integer", key)
	}
	if n < 0 || n == 0 && preset >= 0 || n > math.MaxInt32 {
		return 0, fmt.Errorf("has the impossible metadata %q = %d", key, n)
	}
	return n, nil
}

func (g *gguf) number(key string, preset float32) (json.Number, error) {
	x := preset
	switch v := g.meta[key].(type) {
	case nil:
	case float32:
		x = v
	default:
		return "0", fmt.Errorf("has metadata %q that is no float32", key)
	}
	if !(x > 0) || math.IsInf(float64(x), 0) {
		return "0", fmt.Errorf("has the impossible metadata %q = %v", key, x)
	}
	return decimal(float64(x)), nil
}
