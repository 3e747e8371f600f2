package tokenizer

import "slices"

// preTokenizer is what cuts texts into words for a byte-level model.
type preTokenizer struct {
	names    []string // in tokenizer.ggml.pre
	nfc      bool     // texts are brought to Unicode's form NFC before
	patterns []string // of words, one after the other
	whole    bool     // a word that is a token is that token, whatever the merges
	bos      bool     // a BOS is put before a text unless the file says otherwise
}

// splitters returns what cuts texts by the patterns.
func (p *preTokenizer) splitters() (all []splitter, err error) {
	for _, pattern := range p.patterns {
		s, err := splitAround(pattern)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// normalizer returns what brings texts to their form before.
func (p *preTokenizer) normalizer() normalizers {
	if p.nfc {
		return normalizers{nfc}
	}
	return nil
}

// preTokenizers are those that are known, by the names that llama.cpp gives them
// and as the models have them that it made these names for.
var preTokenizers = []preTokenizer{
	{names: []string{"gpt-2", "phi-2"}, patterns: []string{gpt2Pattern}},
	{names: []string{"olmo", "mpt"}, nfc: true, patterns: []string{gpt2Pattern}}, // GPT-NeoX
	{names: []string{"smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b"}, patterns: []string{digitPattern, gpt2Pattern}},
	{names: []string{"command-r"}, nfc: true, patterns: []string{digitPattern, gpt2Pattern}},
	{names: []string{"llama3", "llama-v3", "llama-bpe", "falcon3", "lfm2"}, patterns: []string{llama3Pattern}, whole: true, bos: true},
	{names: []string{"dbrx", "smaug-bpe"}, patterns: []string{llama3Pattern}},
	{names: []string{"qwen2", "deepseek-r1-qwen", "megrez"}, nfc: true, patterns: []string{qwen2Pattern}},
	{names: []string{"qwen35"}, nfc: true, patterns: []string{qwen35Pattern}},
	{names: []string{"stablelm2"}, patterns: []string{qwen2Pattern}},
	{names: []string{"bloom", "poro-chat", "gpt3-finnish"}, patterns: []string{bloomPattern}},
	{names: []string{"tekken"}, patterns: []string{tekkenPattern}, whole: true, bos: true},
	{names: []string{"gpt-4o", "llama4"}, patterns: []string{o200kPattern}},
}

// digitPattern cuts numbers into digits.
const digitPattern = `\p{N}`

// preOfArchitecture names the pre-tokenizer of models whose files are from
// before there were names, where all models of the architecture have one.
var preOfArchitecture = map[string]string{
	"gpt2": "gpt-2", "phi2": "phi-2", "bloom": "bloom", "gptneox": "olmo", "qwen2": "qwen2", "qwen2moe": "qwen2", "qwen3": "qwen2", "qwen3moe": "qwen2",
}

// preNamed returns the pre-tokenizer of a name.
func preNamed(name string) (preTokenizer, bool) {
	i := slices.IndexFunc(preTokenizers, func(p preTokenizer) bool { return slices.Contains(p.names, name) })
	if i < 0 {
		return preTokenizer{}, false
	}
	return preTokenizers[i], true
}
