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

// OfFile returns the architecture that GGUF files have under a name, with experts
// or without, and whether there is one.
func OfFile(name string, experts bool) (decoder.Architecture, bool) {
	i := slices.IndexFunc(all, func(a decoder.Architecture) bool {
		g := a.GGUF
		return g.Arch == name && name != "" && g.Experts == experts && !g.Twin
	})
	if i < 0 {
		return decoder.Architecture{}, false
	}
	return all[i], true
}

// FileNames are those of the architectures that GGUF files may have.
func FileNames() []string {
	var names []string
	for _, a := range all {
		if a.GGUF.Arch != "" {
			names = append(names, a.GGUF.Arch)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// prefixes are what all names of the decoder's tensors begin with, "model." of
// most, in a checkpoint that has the head, too. What was saved of the decoder
// alone lacks it.
var prefixes = func() []string {
	var list []string
	for _, a := range all {
		first, _, _ := strings.Cut(a.Words, ".")
		list = append(list, first+".")
	}
	slices.Sort(list)
	return slices.Compact(list)
}()

// Bare returns a tensor's name without the prefix that checkpoints of the
// decoder alone lack, or that those of larger models have.
func Bare(tensor string) string {
	for _, p := range slices.Concat(within, prefixes) {
		if rest, ok := strings.CutPrefix(tensor, p); ok {
			return rest
		}
	}
	return tensor
}

// Spellings returns the names that a tensor may have instead of its own: without
// the prefix that checkpoints of the decoder alone lack, or with it, or as the
// files of larger models have it.
func Spellings(tensor string) []string {
	bare := Bare(tensor)
	names := []string{headWithin + tensor}
	if bare != tensor {
		names = append(names, bare)
	} else {
		for _, p := range prefixes {
			names = append(names, p+bare)
		}
	}
	for _, p := range within {
		names = append(names, p+bare)
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == tensor })
}

// Anchors are the names that word embeddings have in models of a model_type, or
// of any if that is none of an architecture, with and without the prefix that
// what was saved of the decoder alone lacks, the longer ones first.
func Anchors(kind string) []string {
	of := all
	if a, ok := Named(kind); ok {
		of = []decoder.Architecture{a}
	}
	var names []string
	for _, a := range of {
		names = append(names, a.Words, Bare(a.Words))
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
// with or without its prefix, and whether it belongs to any.
func BlockOf(tensor string) (block int, ok bool) {
	for _, a := range all {
		rest, within := strings.CutPrefix(Bare(tensor), Bare(a.Blocks))
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
