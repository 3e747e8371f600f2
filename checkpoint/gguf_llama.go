package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
	divisors := map[string][]float64{}
	for _, in := range g.tensors {
		if slices.Contains(ropeTensors, in.name) {
			if divisors[in.name], err = in.divisors(s.file, c.headDim()); err != nil {
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
	if c.Scaling, err = g.ropeScaling(c, divisors); err != nil {
		return nil, err
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
