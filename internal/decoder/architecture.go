package decoder

import "fmt"

// Architecture is one of the kinds of models that can be run: what it is called
// by users and in files, and how its config.json reads.
type Architecture struct {
	Type  string // model_type in config.json: "qwen2"
	Title string // as its authors write it: "Qwen2"
	// Tokenizer is the class of transformers' that a folder is read with whose
	// tokenizer files name none.
	Tokenizer string
	// Tokenizer5 is the class that transformers 5 takes whichever a folder names;
	// "" where it believes the folder.
	Tokenizer5 string

	// NeedsBOS says that models are nearly lost on a text that does not begin with
	// their BOS token, so that each window of one has to.
	NeedsBOS bool

	// Names of tensors: the word embeddings, the head, and what comes before a
	// block's number.
	Words, Head, Blocks string

	// Describe reads a config.json of that model_type. Mistakes are told to f.
	Describe func(a *Architecture, f *Config) Description

	// GGUF is how llama.cpp's files have it.
	GGUF GGUF
}

// Read returns the description of a model of architecture a that f, its
// config.json, has.
func (a *Architecture) Read(f *Config) (Description, error) {
	d := a.Describe(a, f)
	d.Arch = a.Type
	f.RefuseForeign()
	if f.Err() != nil {
		return Description{}, fmt.Errorf("arch: %w", f.Err())
	}
	return d, nil
}
