package checkpoint

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sparsellm/internal/pyjson"
)

// sharded is a folder of three shards of BF16, the second the largest.
func sharded(t *testing.T) string {
	files := map[string]string{"config.json": `{"torch_dtype": "bfloat16"}`}
	weights := map[string]string{}
	for i, rows := range []int{4, 6, 2} {
		name := fmt.Sprintf("model-%05d-of-00003.safetensors", i+1)
		var header, data strings.Builder
		header.WriteString(`{"__metadata__":{"format":"pt","by":"test"}`)
		for r := range rows {
			tensor := fmt.Sprintf("t%d.%d", i, r)
			fmt.Fprintf(&header, `,"%s":{"dtype":"BF16","shape":[100],"data_offsets":[%d,%d]}`, tensor, 200*r, 200*r+200)
			data.WriteString(strings.Repeat(string([]byte{byte(r), 0x3f}), 100))
			weights[tensor] = name
		}
		header.WriteString("}" + strings.Repeat(" ", 7-header.Len()%8))
		files[name] = safetensors(header.String(), data.String())
	}
	index, err := json.Marshal(map[string]any{"metadata": map[string]any{"total_size": 2400, "note": "kept"}, "weight_map": weights})
	if err != nil {
		t.Fatal(err)
	}
	files["model.safetensors.index.json"] = string(index)
	return folder(t, files)
}

func TestWiderShardsAreDealtOut(t *testing.T) {
	in, err := Open(sharded(t))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, d := range []DType{0, F16, F32, F64} {
		dir := filepath.Join(t.TempDir(), "out")
		w, err := Create(in, dir, Options{DType: d})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		out, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		sameValues(t, out, in, F32)
		if diff := cmp.Diff(in.Names(), out.Names()); diff != "" {
			t.Errorf("%v: the order of tensors (-before +now):\n%s", d, diff)
		}
		var total int64
		for _, s := range out.shards {
			if s.file.size > in.shards[1].file.size {
				t.Errorf("%v: %s has %d bytes, the input's largest %d", d, s.file.path, s.file.size, in.shards[1].file.size)
			}
			if len(s.metadata) != 2 {
				t.Errorf("%v: %s has the metadata %v", d, s.file.path, s.metadata)
			}
			for _, x := range s.tensors {
				total += x.size
			}
		}
		if d == 0 || d == F16 {
			if len(out.shards) != 3 {
				t.Errorf("%v: %d shards", d, len(out.shards))
			}
		} else if len(out.shards) <= 3 {
			t.Errorf("%v: %d shards", d, len(out.shards))
		}
		var meta struct {
			Total int64 `json:"total_size"`
			Note  string
		}
		if err := json.Unmarshal(out.indexMeta, &meta); err != nil || meta.Total != total && d != 0 || meta.Note != "kept" {
			t.Errorf("%v: index metadata %s for %d bytes, %v", d, out.indexMeta, total, err)
		}
	}
}

// An output folder that holds shards of an earlier run must not mix with them.
func TestForceRemovesStaleShards(t *testing.T) {
	many, err := Open(sharded(t))
	if err != nil {
		t.Fatal(err)
	}
	defer many.Close()
	one, err := Open("../testdata/opt-micro")
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	dir := filepath.Join(t.TempDir(), "out")
	for _, in := range []*Checkpoint{many, one, many} {
		w, err := Create(in, dir, Options{Force: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		out, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		sameValues(t, out, in, F32)
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := matching(dir, "model*")
		if err != nil {
			t.Fatal(err)
		}
		if want := len(in.shards) + min(len(in.shards)-1, 1); len(names) != want {
			t.Errorf("the folder has %v", names)
		}
	}
}

func TestWithDType(t *testing.T) {
	for _, c := range [][2]string{
		{`{"a": 1, "torch_dtype": "float32", "b": [2]}`, `{"a": 1, "torch_dtype": "float16", "b": [2]}`},
		{`{"torch_dtype":null}`, `{"torch_dtype":"float16"}`},
		{`{"dtype" : "bfloat16", "q": {"torch_dtype": "x"}}`, `{"dtype" : "float16", "q": {"torch_dtype": "x"}}`},
		{`{"dtype": "a", "torch_dtype": "longer"}`, `{"dtype": "float16", "torch_dtype": "float16"}`},
		{`{"n": [NaN, -Infinity], "dtype": NaN, "n": "NaN"}`, `{"n": [NaN, -Infinity], "dtype": "float16", "n": "NaN"}`},
		{"\xef\xbb\xbf{\"dtype\": 1}", "\xef\xbb\xbf{\"dtype\": \"float16\"}"},
		{`{"a": "{"}`, "{\n  \"torch_dtype\": \"float16\",\"a\": \"{\"}"},
		{` { } `, " {\n  \"torch_dtype\": \"float16\" } "},
	} {
		got, err := withDType([]byte(c[0]), F16)
		if plain, _ := pyjson.Standard(got); err != nil || string(got) != c[1] || !json.Valid(plain) {
			t.Errorf("%s gives %s, %v, want %s", c[0], got, err, c[1])
		}
	}
	for _, c := range []string{"", "[]", `{"a"`, "\xff\xfe{\x00}\x00", `{"a": 1} 2`, `{"torch_dtype":1,"torch_dtype":2}`} {
		if got, err := withDType([]byte(c), F16); err == nil {
			t.Errorf("%q gives %q", c, got)
		}
	}
}

func TestNoModel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "model.bin")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/nowhere/at/all": "there is no model",
		t.TempDir():       "holds no weights",
		file:              "neither a folder nor",
		folder(t, map[string]string{"model.safetensors": safetensors("{}", "")}): "config.json",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
