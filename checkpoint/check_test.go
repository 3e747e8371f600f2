package checkpoint

import (
	"fmt"
	"strings"
	"testing"
)

// TestQuantised names the tool that quantised, or what gives it away.
func TestQuantised(t *testing.T) {
	q := func(s string) string { return `{"quantization_config":` + s + `}` }
	for name, c := range map[string]struct{ config, tensor, dtype, want string }{
		"plain":                     {"{}", "a.weight", "BF16", ""},
		"null":                      {q("null"), "a.weight", "F16", ""},
		"empty":                     {q("{}"), "a.weight", "F16", ""},
		"a mask":                    {"{}", "a.bias_mask", "BOOL", ""},
		"positions":                 {"{}", "model.position_ids", "I64", ""},
		"GPTQ":                      {q(`{"quant_method":"gptq","bits":4}`), "a.qweight", "I32", `by the method "gptq" (quantization_config in config.json)`},
		"AWQ":                       {q(`{"quant_method":"awq"}`), "a.qweight", "I32", `"awq"`},
		"bitsandbytes":              {q(`{"quant_method":"bitsandbytes","load_in_8bit":true}`), "a.weight", "I8", `"bitsandbytes"`},
		"beside a NaN":              {`{"x":NaN,"quantization_config":{"quant_method":"gptq"}}`, "a.weight", "F16", `"gptq"`},
		"old bitsandbytes":          {q(`{"load_in_8bit":true}`), "a.weight", "I8", `"bitsandbytes"`},
		"FP8":                       {q(`{"quant_method":"fp8"}`), "a.weight", "F8_E4M3", `"fp8"`},
		"MXFP4":                     {q(`{"quant_method":"mxfp4"}`), "a_blocks", "U8", `"mxfp4"`},
		"one to come":               {q(`{"quant_method":"q2099"}`), "a.weight", "F16", `"q2099"`},
		"of no name":                {q(`{"bits":3}`), "a.weight", "F16", "quantised or compressed (quantization_config"},
		"of another kind":           {q(`"int4"`), "a.weight", "F16", "quantization_config"},
		"compressed-tensors":        {q(`{"quant_method":"compressed-tensors","format":"pack-quantized","config_groups":{"group_0":{}}}`), "a.weight_packed", "I32", `"compressed-tensors"`},
		"compressed, 2:4":           {q(`{"quant_method":"compressed-tensors","format":"dense","sparsity_config":{"format":"sparse-24-bitmask"}}`), "a.compressed", "F16", `"compressed-tensors"`},
		"compressed, only pruned":   {q(`{"quant_method":"compressed-tensors","format":"dense","sparsity_config":{"format":"dense"}}`), "a.weight", "F16", ""},
		"fake-quantised":            {q(`{"quant_method":"compressed-tensors","format":"dense","config_groups":{"group_0":{}}}`), "a.weight", "F16", `"compressed-tensors"`},
		"compression_config":        {`{"compression_config":{"format":"sparse-bitmask"}}`, "a.bitmask", "U8", `by the method "sparse-bitmask" (compression_config`},
		"GPTQ by its tensors":       {"{}", "model.layers.0.a.qweight", "I32", `GPTQ or AWQ as tensor "model.layers.0.a.qweight" shows`},
		"zeros by themselves":       {"{}", "a.qzeros", "I32", "GPTQ or AWQ"},
		"bitsandbytes, 8 bits":      {"{}", "a.SCB", "F32", "bitsandbytes"},
		"bitsandbytes, 4 bits":      {"{}", "a.weight.absmax", "F32", "bitsandbytes"},
		"bitsandbytes' state":       {"{}", "a.weight.quant_state.bitsandbytes__nf4", "U8", "bitsandbytes"},
		"a scale":                   {"{}", "a.weight_scale", "BF16", "FP8 or compressed-tensors"},
		"an inverse scale":          {"{}", "a.weight_scale_inv", "F32", "FP8"},
		"packed":                    {"{}", "a.weight_packed", "I32", "compressed-tensors"},
		"a bitmask":                 {"{}", "a.bitmask", "U8", "compressed-tensors"},
		"HQQ":                       {"{}", "a.W_q", "U8", "HQQ"},
		"FP8 by its dtype":          {"{}", "a.weight", "F8_E4M3", `tensor "a.weight" is stored as F8_E4M3`},
		"FP8 of AMD's":              {"{}", "a.weight", "F8_E4M3FNUZ", `stored as F8_E4M3FNUZ`},
		"8 bits by the dtype":       {"{}", "a.weight", "I8", "stored as I8"},
		"bytes by the dtype":        {"{}", "a.weight", "U8", "stored as U8"},
		"complex":                   {"{}", "a.weight", "C64", "stored as C64"},
		"LoRA beside the weights":   {"{}", "model.q_proj.lora_A.default.weight", "F32", `adapter's matrices beside the weights, such as "model.q_proj.lora_A.default.weight"`},
		"LoRA's base":               {"{}", "model.q_proj.base_layer.weight", "F32", "merge_and_unload"},
		"what an adapter has saved": {"{}", "lm_head.modules_to_save.default.weight", "F32", "merge_and_unload"},
	} {
		t.Run(name, func(t *testing.T) {
			d, ok := parseName(c.dtype)
			if !ok {
				t.Fatal(c.dtype)
			}
			header := fmt.Sprintf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},%q:{"dtype":%q,"shape":[1],"data_offsets":[4,%d]}}`, c.tensor, c.dtype, 4+d.Size())
			ck, err := Open(folder(t, map[string]string{"config.json": c.config, "model.safetensors": safetensors(header, strings.Repeat("x", int(4+d.Size())))}))
			if err != nil {
				t.Fatal(err)
			}
			defer ck.Close()
			err = ck.Check()
			if (err != nil) != (c.want != "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("%v, want one line with %q", err, c.want)
			}
		})
	}
	ck, err := Open("testdata/llama.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer ck.Close()
	if err := ck.Check(); err != nil {
		t.Errorf("GGUF: %v", err)
	}
	for _, d := range []string{"F4", "F6_E2M3"} {
		_, err := Open(folder(t, map[string]string{"config.json": "{}", "model.safetensors": safetensors(`{"a":{"dtype":"`+d+`","shape":[2],"data_offsets":[0,1]}}`, "x")}))
		if err == nil || !strings.Contains(err.Error(), "quantised") || !strings.Contains(err.Error(), d) {
			t.Errorf("%s: %v", d, err)
		}
	}
}
