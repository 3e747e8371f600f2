package architecture

import (
	"slices"
	"strings"

	"sparsellm/internal/decoder"
)

// larger are the models of pictures and text whose language model is one of
// ours, by model_type, and what that is where its own config does not say.
// PaliGemma's sees its prompt in both directions.
var larger = map[string]string{
	"gemma3":          "gemma3_text",
	"idefics3":        "llama",
	"internvl":        "qwen2",
	"lfm2_vl":         "lfm2",
	"llava":           "llama",
	"llava_next":      "llama",
	"llava_onevision": "qwen2",
	"mistral3":        "mistral",
	"qwen2_5_vl":      "qwen2",
	"qwen2_vl":        "qwen2",
	"qwen3_vl":        "qwen3",
	"smolvlm":         "llama",
}

// texts are other model_types of language models within larger ones.
var texts = map[string]string{
	"qwen2_vl_text":   "qwen2",
	"qwen2_5_vl_text": "qwen2",
	"qwen3_vl_text":   "qwen3",
}

// sizes are those of a language model within a larger one whose config does not
// say, as the configuration classes of transformers have them: hidden_size,
// intermediate_size, num_hidden_layers, num_attention_heads, vocab_size.
var sizes = map[string][5]int{
	"gemma":       {3072, 24576, 28, 16, 256000},
	"gemma2":      {2304, 9216, 26, 8, 256000},
	"gemma3_text": {2304, 9216, 26, 8, 262208},
	"lfm2":        {2560, 12288, 32, 32, 65536},
	"llama":       {4096, 11008, 32, 32, 32000},
	"mistral":     {4096, 14336, 32, 32, 32000},
	"qwen2":       {4096, 22016, 32, 32, 151936},
	"qwen3":       {4096, 22016, 32, 32, 151936},
}

// Language returns the model_type that a config.json has, and the config: those
// of the language model where the model is a larger one.
func Language(f *decoder.Config) (kind string, text *decoder.Config) {
	kind = f.String("model_type", "")
	if _, ok := Named(kind); ok {
		return kind, f
	}
	if inner, presets := Within(kind, f.TextType()); inner != "" {
		return inner, f.Text(presets)
	}
	return kind, f
}

// Within returns the model_type of the language model within one of the
// model_type larger, whose own config has the model_type text or, if that is
// empty, none; and sizes that the config may leave out. It is empty where no such
// model is known.
func Within(kind, text string) (inner string, presets map[string]int) {
	inner, ok := larger[kind]
	if !ok {
		return "", nil
	}
	if text != "" && text != kind {
		if inner = text; texts[text] != "" {
			inner = texts[text]
		}
	}
	presets = map[string]int{}
	for i, key := range []string{"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size"} {
		if s, ok := sizes[inner]; ok {
			presets[key] = s[i]
		}
	}
	return inner, presets
}

// within are what the names of a language model's tensors begin with, in place
// of "model.", in the files of larger models, and outside of it.
var within = []string{"language_model.model.", "model.language_model.", "model.text_model."}

const headWithin = "language_model."

// OfLarger says whether a prefix is one that the files of larger models put
// before the names of their language model.
func OfLarger(prefix string) bool {
	return prefix == headWithin || slices.ContainsFunc(within, func(p string) bool { return strings.HasPrefix(p, prefix) })
}
