package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// scalars is a safetensors file of one F32 number for each name, their values
// the names' places from 1 on.
func scalars(names ...string) string {
	var header, data strings.Builder
	for i, n := range names {
		fmt.Fprintf(&header, `,%q:{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]}`, n, 4*i, 4*i+4)
		data.WriteString([]string{"\x00\x00\x80\x3f", "\x00\x00\x00\x40", "\x00\x00\x40\x40"}[i%3])
	}
	return safetensors(`{"__metadata__":{"format":"pt"}`+header.String()+"}", data.String())
}

// TestWhichFiles opens folders of all sorts and wants the tensors of the right
// files, or one sentence that names what is wrong.
func TestWhichFiles(t *testing.T) {
	torch, err := os.ReadFile("testdata/torch.bin")
	if err != nil {
		t.Fatal(err)
	}
	gguf, err := os.ReadFile("testdata/llama.gguf")
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := scalars("a"), scalars("b"), scalars("c")
	const i2 = `{"weight_map":{"a":"%s","b":"%s"}}`
	for name, x := range map[string]struct {
		files map[string]string
		want  string // the tensors, or with a ! the error
	}{
		"one file":                      {map[string]string{"model.safetensors": a, "model.safetensors.index.json": "{", "pytorch_model.bin": "x", "m.gguf": "x"}, "a"},
		"its index":                     {map[string]string{"model.safetensors.index.json": fmt.Sprintf(i2, "x", "y.safetensors"), "x": a, "y.safetensors": b, "z.safetensors": c, "pytorch_model.bin": "x"}, "a b"},
		"six digits":                    {map[string]string{"model.safetensors.index.json": fmt.Sprintf(i2, "model-00001-of-000002.safetensors", "model-00002-of-000002.safetensors"), "model-00001-of-000002.safetensors": a, "model-00002-of-000002.safetensors": b}, "a b"},
		"an index that lacks a file":    {map[string]string{"model.safetensors.index.json": fmt.Sprintf(i2, "x", "y.safetensors"), "x": a}, "!lacks y.safetensors, which model.safetensors.index.json names: it has 1 of the 2 parts"},
		"PyTorch before shards":         {map[string]string{"pytorch_model.bin": string(torch), "model-00001-of-00002.safetensors": a}, "torch"},
		"its shard without an index":    {map[string]string{"pytorch_model-00001-of-00001.bin": string(torch), "training_args.bin": "x", "optimizer.bin": "x"}, "torch"},
		"PyTorch's missing":             {map[string]string{"pytorch_model-00001-of-00002.bin": string(torch)}, "!lacks pytorch_model-00002-of-00002.bin"},
		"PyTorch's tensor twice":        {map[string]string{"pytorch_model-00001-of-00002.bin": string(torch), "pytorch_model-00002-of-00002.bin": string(torch)}, `!pytorch_model-00001-of-00002.bin and in `},
		"shards":                        {map[string]string{"model-00001-of-00002.safetensors": b, "model-00002-of-00002.safetensors": a}, "b a"},
		"shards numbered from 0":        {map[string]string{"model-00000-of-00002.safetensors": b, "model-00001-of-00002.safetensors": a}, "b a"},
		"shards without zeros":          {map[string]string{"model-1-of-2.safetensors": a, "model-2-of-2.safetensors": b}, "a b"},
		"ten shards without zeros":      {map[string]string{"model-1-of-10.safetensors": scalars("1"), "model-2-of-10.safetensors": scalars("2"), "model-3-of-10.safetensors": scalars("3"), "model-4-of-10.safetensors": scalars("4"), "model-5-of-10.safetensors": scalars("5"), "model-6-of-10.safetensors": scalars("6"), "model-7-of-10.safetensors": scalars("7"), "model-8-of-10.safetensors": scalars("8"), "model-9-of-10.safetensors": scalars("9"), "model-10-of-10.safetensors": scalars("10")}, "1 2 3 4 5 6 7 8 9 10"},
		"shards beside Mistral's":       {map[string]string{"model-00001-of-00002.safetensors": a, "model-00002-of-00002.safetensors": b, "consolidated.safetensors": c}, "a b"},
		"shards beside an adapter":      {map[string]string{"model-00001-of-00001.safetensors": a, "adapter_model.safetensors": c}, "a"},
		"shards beside another":         {map[string]string{"model-00001-of-00001.safetensors": a, "extra.safetensors": c}, "a"},
		"a shard missing":               {map[string]string{"model-00001-of-00003.safetensors": a, "model-00003-of-00003.safetensors": b}, "!lacks model-00002-of-00003.safetensors: it has 2 of the 3 parts"},
		"the first missing":             {map[string]string{"model-00002-of-00003.safetensors": a, "model-00003-of-00003.safetensors": b}, "!lacks model-00001-of-00003.safetensors: it"},
		"the last missing":              {map[string]string{"model-00001-of-00003.safetensors": a, "model-00002-of-00003.safetensors": b}, "!lacks model-00003-of-00003.safetensors: it"},
		"many missing":                  {map[string]string{"model-00001-of-999999999.safetensors": a}, "!lacks model-00002-of-999999999.safetensors, model-00003-of-999999999.safetensors, model-00004-of-999999999.safetensors: it has 1 of the 999999999 parts"},
		"a shard too many":              {map[string]string{"model-00001-of-00001.safetensors": a, "model-00002-of-00001.safetensors": b}, "!model-00002-of-00001.safetensors, which is not one of 1 parts"},
		"no shards at all":              {map[string]string{"model-00001-of-00000.safetensors": a}, "!which is not one of 0 parts"},
		"shards of two sets":            {map[string]string{"model-00001-of-00001.safetensors": a, "model-00001-of-00002.safetensors": a, "model-00002-of-00002.safetensors": b}, "!model-00001-of-00001.safetensors and model-00001-of-00002.safetensors, and no index"},
		"a shard twice":                 {map[string]string{"model-00001-of-00001.safetensors": a, "model-1-of-1.safetensors": b}, "!remove one"},
		"a tensor in two shards":        {map[string]string{"model-00001-of-00002.safetensors": a, "model-00002-of-00002.safetensors": scalars("b", "a")}, `!tensor "a" is in `},
		"another name":                  {map[string]string{"llama.safetensors": a, "optimizer.safetensors": c, "adapter_model.safetensors": c}, "a"},
		"other names":                   {map[string]string{"a.safetensors": a, "b.safetensors": b}, "a b"},
		"other names, a tensor twice":   {map[string]string{"a.safetensors": a, "b.safetensors": scalars("b", "a")}, `!tensor "a" is in `},
		"other names, a shard missing":  {map[string]string{"llama-00002-of-00002.safetensors": a}, "!lacks llama-00001-of-00002.safetensors"},
		"a variant":                     {map[string]string{"model.fp16.safetensors": a}, "a"},
		"shards of a variant":           {map[string]string{"model-00001-of-00002.fp16.safetensors": a, "model-00002-of-00002.fp16.safetensors": b}, "a b"},
		"an index of a variant":         {map[string]string{"model.safetensors.index.fp16.json": fmt.Sprintf(i2, "x", "y"), "x": a, "y": b, "model.fp16-00001-of-00003.safetensors": c}, "a b"},
		"two other indices":             {map[string]string{"a.safetensors.index.json": fmt.Sprintf(i2, "x", "y"), "b.safetensors.index.json": "", "x": a, "y": b}, "!several indices"},
		"GGUF before other names":       {map[string]string{"m.gguf": string(gguf), "llama.safetensors": a}, "gguf"},
		"named by the config":           {map[string]string{"config.json": `{"transformers_weights":"own.safetensors"}`, "own.safetensors": a, "model.safetensors": b}, "a"},
		"an index by the config":        {map[string]string{"config.json": `{"transformers_weights":"own.safetensors.index.json"}`, "own.safetensors.index.json": fmt.Sprintf(i2, "x", "y"), "x": a, "y": b, "model.safetensors": b}, "a b"},
		"a path by the config":          {map[string]string{"config.json": `{"transformers_weights":"../own.safetensors"}`, "model.safetensors": b}, `!lacks "../own.safetensors"`},
		"an adapter alone":              {map[string]string{"adapter_model.safetensors": a, "adapter_config.json": `{"base_model_name_or_path":"org/base"}`}, `!no model but an adapter (adapter_model.safetensors): merge it into "org/base"`},
		"an old adapter alone":          {map[string]string{"adapter_model.bin": a}, "!merge it into the model that it was made for"},
		"Mistral's alone":               {map[string]string{"consolidated.safetensors": a, "params.json": "{}"}, "!author's own format (consolidated.safetensors)"},
		"Meta's alone":                  {map[string]string{"consolidated.00.pth": a}, "!author's own format (consolidated.00.pth)"},
		"Meta's in its folder":          {map[string]string{"original/consolidated.00.pth": a}, "!author's own format (original/consolidated.00.pth)"},
		"a download that has not ended": {map[string]string{"model.safetensors.aria2": a}, "!model.safetensors.aria2 is a download that has not ended"},
		"TensorFlow":                    {map[string]string{"tf_model.h5": a}, "!only as tf_model.h5"},
		"a .pt":                         {map[string]string{"pytorch_model.pt": a}, "!only as pytorch_model.pt"},
		"DeepSpeed":                     {map[string]string{"zero_to_fp32.py": "", "global_step5/x.pt": a}, "!what a trainer saved in pieces (zero_to_fp32.py)"},
		"FSDP":                          {map[string]string{"pytorch_model_fsdp_0/__0_0.distcp": a}, "!what a trainer saved in pieces"},
		"a trainer's folder":            {map[string]string{"checkpoint-500/config.json": "{}", "checkpoint-500/model.safetensors": a}, "!holds no weights itself, but its folder checkpoint-500 may: give that"},
		"the hub's cache":               {map[string]string{"snapshots/0123/config.json": "{}", "refs/main": "0123"}, "!its folder snapshots/0123 may"},
		"nothing":                       {map[string]string{"README.md": "", "training_args.bin": ""}, "!holds no weights: no model.safetensors"},
	} {
		t.Run(name, func(t *testing.T) {
			if x.files["config.json"] == "" {
				x.files["config.json"] = "{}"
			}
			ck, err := Open(folder(t, x.files))
			if want, bad := strings.CutPrefix(x.want, "!"); bad {
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want one line with %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer ck.Close()
			switch got := strings.Join(ck.Names(), " "); {
			case x.want == "torch" && strings.HasSuffix(ck.shards[0].file.path, ".bin"):
			case x.want == "gguf" && ck.isGGUF:
			case got != x.want:
				t.Errorf("tensors %s, want %s", got, x.want)
			}
		})
	}
}

// TestLinkThatLeadsNowhere has what is left of a cache whose blobs were removed.
func TestLinkThatLeadsNowhere(t *testing.T) {
	dir := folder(t, map[string]string{"config.json": "{}"})
	if err := os.Symlink("../../blobs/0123", filepath.Join(dir, "model.safetensors")); err != nil {
		t.Skip(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is a link to ../../blobs/0123, which is gone") {
		t.Errorf("%v", err)
	}
}

// TestPlaceholderOfWeights has in place of each kind of file what clones and
// downloads leave.
func TestPlaceholderOfWeights(t *testing.T) {
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 269060552\n"
	index := `{"weight_map":{"a":"model-00001-of-00001.safetensors"}}`
	torch, err := os.ReadFile("testdata/torch.bin")
	if err != nil {
		t.Fatal(err)
	}
	gguf, err := os.ReadFile("testdata/llama.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"model.safetensors", "pytorch_model.bin", "m.gguf", "model-00001-of-00001.safetensors", "model.safetensors.index.json", "config.json"} {
		for name, c := range map[string]struct{ text, want string }{
			"pointer":  {pointer, "git lfs pull"},
			"web page": {"\n<!DOCTYPE html>\n<html>", "is a web page"},
			"refusal":  {"Invalid username or password.", "Invalid username or password."},
			"empty":    {"", "empty"},
			"zeros":    {strings.Repeat("\x00", 4096), "full of zeros"},
			"PyTorch":  {string(torch), "PyTorch file"},
			"GGUF":     {string(gguf), "GGUF file"},
			"cut":      {map[string]string{"model.safetensors": scalars("a", "b"), "pytorch_model.bin": string(torch), "m.gguf": string(gguf)}[file], "cut short"},
		} {
			text := strings.HasSuffix(file, ".json")
			if text && name != "pointer" && name != "web page" || name == "PyTorch" && strings.HasSuffix(file, ".bin") || name == "GGUF" && strings.HasSuffix(file, ".gguf") {
				continue
			}
			if name == "cut" {
				if c.text == "" {
					continue
				}
				c.text = c.text[:len(c.text)*9/10]
			}
			files := map[string]string{"config.json": "{}", file: c.text}
			switch file {
			case "model-00001-of-00001.safetensors":
				files["model.safetensors.index.json"] = index
			case "config.json":
				files["model.safetensors"] = scalars("a")
			}
			t.Run(file+"/"+name, func(t *testing.T) {
				err := openHostile(t, folder(t, files))
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want one line with %q and %q", err, c.want, file)
				}
			})
		}
	}
}

// FuzzFiles chooses among names of all sorts: nothing but those, and none that
// leaves the folder.
func FuzzFiles(f *testing.F) {
	f.Add("config.json\nmodel-00001-of-00002.safetensors\nmodel-00002-of-00002.safetensors", []byte("{}"))
	f.Add("config.json\nmodel.safetensors.index.json\nx\ny", []byte(`{"weight_map":{"a":"x","b":"y"}}`))
	f.Add("config.json\nown.safetensors\na.safetensors.index.json", []byte(`{"transformers_weights":"own.safetensors"}`))
	f.Add("config.json\npytorch_model-0-of-999999999.bin\nadapter_model.bin\nadditional_chat_templates/x.jinja", []byte("{}"))
	f.Add("config.json\nmodel-1-of-0.safetensors\na-1-of-1.fp16.safetensors\nb.gguf", []byte("{}"))
	f.Fuzz(func(t *testing.T, list string, text []byte) {
		names := strings.Split(list, "\n")
		read := func(string) ([]byte, error) { return text, nil }
		files, _, err := Files(names, read)
		if err != nil {
			if len(files) > 0 {
				t.Fatalf("%q with %q", files, err)
			}
			return
		}
		for _, name := range files {
			if !slices.Contains(names, name) {
				t.Fatalf("%q is not among the names", name)
			}
		}
		if len(files) < 2 || files[0] != "config.json" {
			t.Fatalf("chosen are %q", files)
		}
	})
}
