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
	g, err := x.ggufHeader()
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
