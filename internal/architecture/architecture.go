package architecture

import (
	"slices"
	"strconv"
	"strings"

	"sparsellm/internal/decoder"
	"sparsellm/llama"
	"sparsellm/opt"
)

// all are the architectures, by Type.
var all = slices.SortedFunc(
	slices.Values(slices.Concat(opt.Architectures(), llama.Architectures())),
	func(a, b decoder.Architecture) int { return strings.Compare(a.Type, b.Type) },
)

// All returns all architectures, by their Type.
func All() []decoder.Architecture { return slices.Clone(all) }

// Named returns the architecture of a model_type, and whether there is one.
func Named(kind string) (decoder.Architecture, bool) {
	i := slices.IndexFunc(all, func(a decoder.Architecture) bool { return a.Type == kind })
	if i < 0 {
		return decoder.Architecture{}, false
	}
	return all[i], true
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
