package checkpoint

import (
	"encoding/json"
	"fmt"
	"strings"
)

// wayOut is what to do about quantised weights.
const wayOut = "take the model that they were made from, or let transformers dequantize() it and save that"

// quantisedNames end the names of tensors that quantising tools write, with
// whose they are. Where a config says nothing of it, they give it away.
var quantisedNames = []struct{ end, by string }{
	{".qweight", "GPTQ or AWQ"}, {".qzeros", "GPTQ or AWQ"}, {".g_idx", "GPTQ"},
	{".SCB", "bitsandbytes"}, {".absmax", "bitsandbytes"}, {".quant_map", "bitsandbytes"}, {".weight_format", "bitsandbytes"},
	{".nested_absmax", "bitsandbytes"}, {".bitsandbytes__nf4", "bitsandbytes"}, {".bitsandbytes__fp4", "bitsandbytes"},
	{".weight_packed", "compressed-tensors"}, {".weight_shape", "compressed-tensors"}, {".weight_zero_point", "compressed-tensors"},
	{".compressed", "compressed-tensors"}, {".bitmask", "compressed-tensors"},
	{".weight_scale_inv", "FP8"}, {".weight_scale", "FP8 or compressed-tensors"}, {".weight_scale_2", "ModelOpt"}, {".input_scale", "FP8"},
	{".weight_scales", "EETQ"}, {".W_q", "HQQ"}, {"_blocks", "MXFP4"}, {"_scales", "MXFP4"},
	{".codebooks", "AQLM"}, {".codes", "AQLM"}, {".weight._data", "Quanto"}, {".weight._scale", "Quanto"},
	{".qscales", "a quantising tool"}, {".Qidxs", "QuIP#"}, {".dense_weights", "SpQR"},
}

// Check says why the tensors cannot be a model's weights as they are: they are
// quantised by another tool, or are parts of weights that are still to be
// merged, or have names in which a wrapper's prefix cannot be told from others.
// GGUF's own quantised tensors are read.
func (c *Checkpoint) Check() error {
	if c.isGGUF {
		return nil
	}
	if err := c.quantisedConfig(); err != nil {
		return err
	}
	for _, name := range c.names {
		t := c.byName[name]
		if strings.Contains(name, ".lora_A.") || strings.Contains(name, ".lora_B.") || strings.Contains(name, ".lora_embedding_") || strings.Contains(name, ".base_layer.") || strings.Contains(name, ".modules_to_save.") {
			return fmt.Errorf("checkpoint: %s holds an adapter's matrices beside the weights, such as %q: merge them with PEFT's merge_and_unload, and save that", c.dir, name)
		}
		for _, q := range quantisedNames {
			if strings.HasSuffix(name, q.end) {
				return fmt.Errorf("checkpoint: the weights in %s are quantised, by %s as tensor %q shows, which is not read: %s", c.dir, q.by, name, wayOut)
			}
		}
		if strings.Contains(name, ".quant_state.") {
			return fmt.Errorf("checkpoint: the weights in %s are quantised, by bitsandbytes as tensor %q shows, which is not read: %s", c.dir, name, wayOut)
		}
		if strings.HasSuffix(name, ".weight") && !t.dtype.Numeric() {
			return fmt.Errorf("checkpoint: the weights in %s are quantised, for tensor %q is stored as %v, which is not read: %s", c.dir, name, t.dtype, wayOut)
		}
	}
	return c.wrapped
}

// quantisedConfig says by what config.json has the weights quantised.
func (c *Checkpoint) quantisedConfig() error {
	var config map[string]json.RawMessage
	if readJSON(c.config, &config) != nil {
		return nil // said by who reads all of it
	}
	for _, key := range []string{"quantization_config", "compression_config", "sparsity_config"} {
		text, ok := config[key]
		var q map[string]any
		if !ok || json.Unmarshal(text, &q) == nil && len(q) == 0 {
			continue // null and {}, too
		}
		if key == "quantization_config" && denseThoughNamed(q) {
			continue
		}
		by := ""
		for _, k := range []string{"quant_method", "format", "quant_type"} {
			if s, ok := q[k].(string); ok && s != "" && by == "" {
				by = fmt.Sprintf(" by the method %q", s)
			}
		}
		for _, k := range []string{"load_in_8bit", "load_in_4bit"} {
			if on, _ := q[k].(bool); on && by == "" {
				by = ` by the method "bitsandbytes"`
			}
		}
		return fmt.Errorf("checkpoint: the weights in %s are quantised or compressed%s (%s in config.json), which is not read: %s", c.dir, by, key, wayOut)
	}
	return nil
}

// denseThoughNamed says whether a quantization_config is that of
// compressed-tensors for weights that it neither quantised nor compressed, as
// llm-compressor writes it for models that it has only pruned.
func denseThoughNamed(q map[string]any) bool {
	sparsity, _ := q["sparsity_config"].(map[string]any)
	groups, _ := q["config_groups"].(map[string]any)
	plain := func(v any) bool { return v == nil || v == "dense" }
	return q["quant_method"] == "compressed-tensors" && plain(q["format"]) && len(groups) == 0 && plain(sparsity["format"])
}
