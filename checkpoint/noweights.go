package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// insteads are what folders hold in place of weights that can be read, by
// patterns of package path, and what to do about it. %s is the first match.
var insteads = []struct{ patterns, means string }{
	{"*.gguf", "holds its weights as GGUF alone: download one of those files, such as %s, and give its path"},
	{"consolidated* original/consolidated*", "holds its weights only in their author's own format (%s): take a copy in the format of transformers, with a model.safetensors, or convert it with transformers' script"},
	{"*.incomplete *.aria2 *.part *.partial *.crdownload *.download *.tmp", "holds no whole weights: %s is a download that has not ended"},
	{"tf_model* *.h5 flax_model* *.msgpack *.ckpt *.ckpt.* *.onnx */*.onnx *.ot *.tflite *.mlpackage", "holds its weights only as %s, which is not read: load it in transformers and save it with save_pretrained"},
	{"zero_to_fp32.py global_step* global_step*/* *.distcp */*.distcp pytorch_model_fsdp*", "holds what a trainer saved in pieces (%s), no model: join it first, with zero_to_fp32.py or accelerate merge-weights"},
	{"*.pt *.pth", "holds its weights only as %s, which is not read: load it in transformers and save it with save_pretrained"},
	{"*/config.json */*/config.json", "holds no weights itself, but its folder %s may: give that"},
}

// noWeights says why a folder of those names has no weights.
func noWeights(names []string, read func(name string) ([]byte, error)) error {
	if found := append(match(names, "adapter_model*"), match(names, "adapter_config.json")...); len(found) > 0 {
		return adapterAlone(found[0], names, read)
	}
	for _, x := range insteads {
		for _, pattern := range strings.Fields(x.patterns) {
			found := match(names, pattern)
			if len(found) == 0 {
				continue
			}
			what := found[0]
			if dir, base := path.Split(what); base == "config.json" {
				what = strings.TrimSuffix(dir, "/")
			}
			return fmt.Errorf(x.means, what)
		}
	}
	return errors.New("holds no weights: no model.safetensors, no pytorch_model.bin, no index of either, no .gguf file")
}

// adapterAlone is for a folder of PEFT's.
func adapterAlone(what string, names []string, read func(name string) ([]byte, error)) error {
	of := "the model that it was made for"
	var c struct {
		Base string `json:"base_model_name_or_path"`
	}
	if len(match(names, "adapter_config.json")) > 0 {
		if text, err := read("adapter_config.json"); err == nil && readJSON(text, &c) == nil && c.Base != "" {
			of = fmt.Sprintf("%q", c.Base)
		}
	}
	return fmt.Errorf("holds no model but an adapter (%s): merge it into %s with PEFT's merge_and_unload, and save that", what, of)
}

// namesBelow returns the names, with slashes, of what is in dir and in folders
// down to the third, for noWeights: the first few thousands.
func namesBelow(dir string) []string {
	var names []string
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(dir, p)
		if err != nil || relErr != nil || rel == "." {
			return nil // what cannot be read is not looked at
		}
		if names = append(names, filepath.ToSlash(rel)); len(names) > 4096 {
			return fs.SkipAll
		}
		if d.IsDir() && strings.Count(filepath.ToSlash(rel), "/") >= 2 {
			return fs.SkipDir
		}
		return nil
	})
	return names
}
