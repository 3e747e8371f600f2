package arch

import (
	"fmt"
	"regexp"
	"slices"

	"sparsellm/internal/architecture"
	"sparsellm/model"
)

// Stored is a model.Source that knows what it has, as a checkpoint.Checkpoint
// does.
type Stored interface {
	model.Source
	model.Comparer
	Names() []string
	Check() error
}

// Review opens a model without keeping it, and returns its shape, in which Tied
// is what the tensors say, and what a user should know of it although it opens:
// a sentence each.
func Review(config []byte, src Stored) (model.Config, []string, error) {
	said, err := Config(config)
	if err != nil {
		return model.Config{}, nil, err
	}
	a, _ := architecture.Named(said.Arch)
	head := a.Head
	r := &recorder{Stored: src, words: a.Words, asked: map[string]bool{}}
	m, err := Open[float32](config, r)
	if err != nil {
		return model.Config{}, nil, err
	}
	cfg := m.Config()
	var remarks []string
	switch {
	case said.Tied && !cfg.Tied:
		remarks = append(remarks, head+" is not the embedding, although config.json ties them (tie_word_embeddings): it is used as it is, as transformers 5 does; transformers 4 takes the embedding in its place")
	case said.Tied && r.headAlone:
		remarks = append(remarks, "there are no word embeddings: "+head+", which config.json ties to them (tie_word_embeddings), is used as both, as transformers 5 does")
	}
	return cfg, append(remarks, r.unread(cfg)...), nil
}

// recorder notes which tensors a model asks for.
type recorder struct {
	Stored
	words     string // the tensor of the word embeddings
	asked     map[string]bool
	headAlone bool // the embeddings were asked for, and are not there
}

// Shape implements model.Source.
func (r *recorder) Shape(name string) ([]int, bool) {
	r.asked[name] = true
	shape, ok := r.Stored.Shape(name)
	if !ok && name == r.words {
		r.headAlone = true
	}
	return shape, ok
}

// silent are tensors that transformers passes over without a word: what
// older versions saved although it follows from the config.
var silent = regexp.MustCompile(`(^|\.)(rotary_emb\.inv_freq|masked_bias|position_ids|attn\.bias|attention\.bias)$|^(decoder\.)?version$`)

// unread says which tensors the model did not ask for: they are no part of
// what is pruned or measured.
func (r *recorder) unread(cfg model.Config) []string {
	var beyond, others []string
	for _, name := range r.Names() {
		if r.asked[name] || slices.ContainsFunc(architecture.Spellings(name), func(other string) bool { return r.asked[other] }) || silent.MatchString(name) {
			continue
		}
		if i, ok := architecture.BlockOf(name); ok && i >= cfg.Blocks {
			beyond = append(beyond, name)
			continue
		}
		others = append(others, name)
	}
	var remarks []string
	if len(beyond) > 0 {
		remarks = append(remarks, fmt.Sprintf("not read is what the file has of blocks beyond the %d of config.json: %s", cfg.Blocks, tensors(beyond)))
	}
	if len(others) > 0 {
		remarks = append(remarks, "not read is what is no part of the model that config.json describes: "+tensors(others))
	}
	return remarks
}

func tensors(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("%s and %d more tensors", slices.Min(names), len(names)-1)
}
