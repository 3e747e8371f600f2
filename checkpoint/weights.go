package checkpoint

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"sparsellm/internal/placeholder"
)

// weights says which files of a folder hold a model's tensors.
type weights struct {
	index string      // the index's name, or ""
	read  *shardIndex // what it says
	files []string    // in the order to read them; empty for gguf
	torch bool        // they are PyTorch's, else safetensors
	gguf  []string    // where there is nothing else: the folder's GGUF files
	// whole says that a file that is missing would have been missed: a set of
	// other names, without an index, may be any part of what it was.
	whole bool
}

// family is a form of weights under the names that save_pretrained gives them.
type family struct {
	stem, ext string
	torch     bool
}

var families = []family{{"model", "safetensors", false}, {"pytorch_model", "bin", true}}

func (f family) file() string  { return f.stem + "." + f.ext }
func (f family) index() string { return f.file() + ".index.json" }

// Files returns the names of the files that a model consists of, its config
// first and its weights last, of the names, with slashes, of all files in its
// folder. read gives the contents of small ones, among them the index of the
// weights, which decides whatever its shards are called. whole is false where
// nothing would show that a file of the weights is not in names.
//
// An error is a phrase that follows the folder's name: "lacks …".
func Files(names []string, read func(name string) ([]byte, error)) (files []string, whole bool, err error) {
	names = slices.Sorted(slices.Values(names))
	if !slices.Contains(names, "config.json") {
		for _, s := range []string{"adapter_config.json", "*.gguf"} {
			if len(match(names, s)) > 0 {
				return nil, false, noWeights(names, read)
			}
		}
		return nil, false, fmt.Errorf("has no config.json: it is no model")
	}
	w, err := chooseWeights(names, read)
	if errors.Is(err, errNothing) || err == nil && len(w.gguf) > 0 {
		err = noWeights(names, read)
	}
	if err != nil {
		return nil, false, err
	}
	files = []string{"config.json"}
	for _, name := range names {
		if _, ok := besideUse(name); ok {
			files = append(files, name)
		}
	}
	if w.index != "" {
		files = append(files, w.index)
	}
	return append(files, w.files...), w.whole, nil
}

// chooseWeights picks, as transformers does, the first of model.safetensors,
// its index, pytorch_model.bin and its index, unless the config names another;
// then, which transformers does not read, shards that have lost their index,
// GGUF files, and weights of other names.
func chooseWeights(names []string, read func(name string) ([]byte, error)) (*weights, error) {
	here := slices.Clone(names)
	here = slices.DeleteFunc(here, func(n string) bool { return strings.Contains(n, "/") })
	slices.Sort(here)
	if name := namedByConfig(here, read); name != "" {
		return named(here, name, read)
	}
	for _, f := range families {
		for _, name := range []string{f.file(), f.index()} {
			if slices.Contains(here, name) {
				return named(here, name, read)
			}
		}
	}
	if slices.Contains(here, packedName) {
		return named(here, packedName, read)
	}
	for _, f := range families {
		parts := partsIn(here, f.ext)
		parts = slices.DeleteFunc(parts, func(p part) bool { return p.stem != f.stem || p.tail != "."+f.ext })
		if len(parts) == 0 {
			continue
		}
		files, err := joined(parts)
		return &weights{files: files, torch: f.torch, whole: true}, err
	}
	if gguf := match(here, "*.gguf"); len(gguf) > 0 {
		return &weights{gguf: gguf}, nil
	}
	if w, err := otherNames(here, read); w != nil || err != nil {
		return w, err
	}
	return nil, errNothing
}

// errNothing is chooseWeights' error where there are no weights, which noWeights
// has more to say about.
var errNothing = errors.New("holds no weights")

// namedByConfig returns the file of weights that config.json names under
// "transformers_weights", as transformers 5 has it, or "".
func namedByConfig(names []string, read func(name string) ([]byte, error)) string {
	var c struct {
		Weights string `json:"transformers_weights"`
	}
	if !slices.Contains(names, "config.json") {
		return ""
	}
	// What is wrong with the config is said by who reads all of it.
	if text, err := read("config.json"); err != nil || readJSON(text, &c) != nil {
		return ""
	}
	return c.Weights
}

// named is for weights that begin at the file of that name.
func named(names []string, name string, read func(name string) ([]byte, error)) (*weights, error) {
	switch {
	case !slices.Contains(names, name): // so that it is no path, either
		return nil, fmt.Errorf("lacks %q, which config.json names under transformers_weights", name)
	case !strings.HasSuffix(name, ".json"):
		return &weights{files: []string{name}, torch: strings.HasSuffix(name, ".bin"), whole: true}, nil
	}
	text, err := read(name)
	if err != nil {
		return nil, fmt.Errorf("has a %s that cannot be read: %w", name, err)
	}
	if err := placeholder.Markup(text); err != nil {
		return nil, fmt.Errorf("has a %s that %w", name, err)
	}
	x, err := readIndex(text)
	if err != nil {
		return nil, fmt.Errorf("has a %s that %w", name, err)
	}
	var lost []string
	for _, file := range x.files {
		if !slices.Contains(names, file) {
			lost = append(lost, file)
		}
	}
	if len(lost) > 0 {
		return nil, fmt.Errorf("lacks %s, which %s names: it has %d of the %d parts of its weights; download the rest", listed(lost), name, len(x.files)-len(lost), len(x.files))
	}
	return &weights{index: name, read: x, files: x.files, torch: strings.Contains(name, ".bin.index"), whole: true}, nil
}

// strangers begin the names of safetensors that are not a model's weights, or
// not in the format of transformers.
var strangers = []string{"adapter", "consolidated", "optimizer", "scheduler", "train", "rng_", "random_states", "value_head", "v_head"}

// otherNames takes weights whose names save_pretrained would not give, an
// index first. It returns nil where there are none.
func otherNames(names []string, read func(name string) ([]byte, error)) (*weights, error) {
	own := slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return slices.ContainsFunc(strangers, func(s string) bool { return strings.HasPrefix(strings.ToLower(n), s) })
	})
	indices := append(match(own, "*.safetensors.index*.json"), match(own, "pytorch_model*.bin.index*.json")...)
	switch len(indices) {
	case 0:
	case 1:
		return named(names, indices[0], read)
	default:
		return nil, fmt.Errorf("has several indices of weights, none of them model.safetensors.index.json: give one of %s that name", listed(indices))
	}
	for _, f := range families {
		pattern := "*." + f.ext
		if f.torch { // a .bin may be anything
			pattern = f.stem + "*." + f.ext
		}
		files := match(own, pattern)
		if f.torch {
			files = slices.DeleteFunc(files, func(n string) bool { return strings.HasPrefix(n, "pytorch_model_fsdp") })
		}
		if len(files) == 0 {
			continue
		}
		for parts := partsIn(files, f.ext); len(parts) > 0; {
			first := parts[0]
			same := func(p part) bool { return p.stem == first.stem && p.tail == first.tail }
			var set []part
			for _, p := range parts {
				if same(p) {
					set = append(set, p)
				}
			}
			if _, err := joined(set); err != nil {
				return nil, err
			}
			parts = slices.DeleteFunc(parts, same)
		}
		return &weights{files: files, torch: f.torch}, nil
	}
	return nil, nil
}

// match returns the names that match a pattern of package path.
func match(names []string, pattern string) []string {
	var found []string
	for _, name := range names {
		if ok, _ := path.Match(pattern, name); ok { // no pattern is malformed
			found = append(found, name)
		}
	}
	return found
}

// listed is a list of names for a sentence, the first few of many.
func listed(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
