package architecture

import (
	"slices"
	"strconv"
	"strings"
)

// Family is what one package runs.
type Family string

// The families.
const (
	OPT   Family = "opt"
	LLaMA Family = "llama"
)

// Architecture is one of the kinds of models that can be run.
type Architecture struct {
	Type   string // model_type in config.json: "qwen2"
	Title  string // as its authors write it: "Qwen2"
	Family Family
	// Tokenizer is the class of transformers' that a folder is read with whose
	// tokenizer files name none.
	Tokenizer string

	// Names of tensors: the word embeddings, the head, and what comes before a
	// block's number.
	Words, Head, Blocks string

	// KVHeads and Positions are those of a config.json that does not say, as
	// transformers has them; 0 is as many as heads, or refused.
	KVHeads, Positions int
	// AttentionBias, of q, k and v, and FFNBias say which linears have biases.
	AttentionBias, FFNBias Bias
	Windows                Windows
}

// Bias says whether linears have biases.
type Bias int

// Whether they have.
const (
	NoBias     Bias = iota // a config.json that says so is refused
	AlwaysBias             // whatever config.json says
	SaidBias               // as config.json says, in attention_bias (that of o, too) or mlp_bias
)

// Windows says which blocks see no more than so many of the last positions.
type Windows int

// Which do.
const (
	NoWindows    Windows = iota
	EveryWindow          // every block, unless sliding_window is null
	LaterWindows         // those from max_window_layers on, if use_sliding_window says so, or that layer_types names
)

// all are the architectures, by Type.
var all []Architecture

func register(a Architecture) {
	at, _ := slices.BinarySearchFunc(all, a.Type, func(a Architecture, kind string) int { return strings.Compare(a.Type, kind) })
	all = slices.Insert(all, at, a)
}

// All returns all architectures, by their Type.
func All() []Architecture { return slices.Clone(all) }

// Named returns the architecture of a model_type, and whether there is one.
func Named(kind string) (Architecture, bool) {
	i := slices.IndexFunc(all, func(a Architecture) bool { return a.Type == kind })
	if i < 0 {
		return Architecture{}, false
	}
	return all[i], true
}

// Types returns the model_types of a family, or of all if family is empty.
func Types(family Family) []string {
	var types []string
	for _, a := range all {
		if family == "" || a.Family == family {
			types = append(types, a.Type)
		}
	}
	return types
}

// Anchors are the names that word embeddings have, with and without the
// "model." that what was saved of the decoder alone lacks, the longer ones
// first.
func Anchors() []string {
	var names []string
	for _, a := range all {
		names = append(names, a.Words, strings.TrimPrefix(a.Words, "model."))
	}
	slices.SortFunc(names, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(names)
}

// BlockOf returns the number of the decoder block that a tensor belongs to,
// named with or without "model.", and whether it belongs to any.
func BlockOf(tensor string) (block int, ok bool) {
	for _, a := range all {
		rest, within := strings.CutPrefix(strings.TrimPrefix(tensor, "model."), strings.TrimPrefix(a.Blocks, "model."))
		number, _, dot := strings.Cut(rest, ".")
		if !within || !dot {
			continue
		}
		if i, err := strconv.ParseUint(number, 10, 31); err == nil {
			return int(i), true
		}
	}
	return 0, false
}
