package checkpoint

import (
	"path"
	"strings"
)

// A use says what a file beside the weights is for, and so what becomes of it
// in the output's folder.
type use int

const (
	// loaded files make the model, its tokenizer or its processor what they
	// are. One that an earlier run left, and this model has not, would be
	// loaded with it: it goes.
	loaded use = iota
	// code files are loaded where a config's auto_map asks for them.
	code
	// legal files have to go along with copies. Any other stays that is there.
	legal
)

// beside lists what a model's folder holds besides config.json and weights
// that goes where the model goes: from the hub to its cache, and from the
// input's folder to the output's. A pattern is of package path, so that *
// stays within a folder; those of legal texts are lower-case and match names
// in any.
//
// The model card, README.md, stays behind: what it says (scores, sizes, whose
// model it is) is of the unpruned model. So do a trainer's files, and weights
// in further formats.
var beside = []struct {
	pattern string
	use     use
}{
	{"generation_config.json", loaded},
	{"tokenizer.json", loaded},
	{"tokenizer.*.json", loaded}, // for other versions of transformers, which tokenizer_config.json names
	{"tokenizer_config.json", loaded},
	{"special_tokens_map.json", loaded},
	{"added_tokens.json", loaded},
	{"tokenizer.model*", loaded}, // of Mistral also tokenizer.model.v3
	{"tekken.json", loaded},
	{"spiece.model", loaded},
	{"sentencepiece.model", loaded},
	{"sentencepiece.bpe.model", loaded},
	{"*.tiktoken", loaded},
	{"vocab.json", loaded},
	{"vocab.txt", loaded},
	{"vocab.bpe", loaded},
	{"encoder.json", loaded},
	{"merges.txt", loaded},
	{"bpe.codes", loaded},
	{"dict.txt", loaded},
	{"chat_template.jinja", loaded},
	{"chat_template.json", loaded},
	{"additional_chat_templates/*.jinja", loaded},
	{"preprocessor_config.json", loaded},
	{"processor_config.json", loaded},
	{"*.py", code},
	{"license*", legal},
	{"licence*", legal},
	{"notice*", legal},
	{"copying*", legal},
	{"copyright*", legal},
	{"use_policy*", legal}, // which Llama's licence wants passed on
}

// besideUse returns what the file of that name, with slashes, is for; false
// for files that are none of beside.
func besideUse(name string) (use, bool) {
	for _, b := range beside {
		s := name
		if b.use == legal {
			s = strings.ToLower(name)
		}
		if ok, _ := path.Match(b.pattern, s); ok { // no pattern is malformed
			return b.use, true
		}
	}
	return 0, false
}
