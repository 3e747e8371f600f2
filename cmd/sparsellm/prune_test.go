package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sparsellm/inspect"
	"sparsellm/job"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// TestPruneMethods prunes by every method to every kind of sparsity, and looks
// at what was written: names, shapes, the share of zeros or the pattern, and
// every tensor but the pruned ones as it was.
func TestPruneMethods(t *testing.T) {
	for _, model := range []string{"opt-micro", "llama-micro"} {
		before := tensors(t, read(t, filepath.Join(micro(model), "model.safetensors")))
		for _, method := range []string{"magnitude", "wanda", "sparsegpt", "sparsellm"} {
			for _, target := range []string{"--sparsity=0.7", "--pattern=2:4", "--sparsity=0"} {
				t.Run(model+"/"+method+"/"+target, func(t *testing.T) {
					out := filepath.Join(t.TempDir(), "out")
					must(t, pruneArgs(micro(model), out, "--method", method, "--allocate", "uniform", target)...)
					after := tensors(t, read(t, filepath.Join(out, "model.safetensors")))
					if diff := cmp.Diff(before, after, cmpopts.IgnoreFields(stored{}, "Offsets", "data")); diff != "" {
						t.Fatalf("tensors, dtypes and shapes (-of the model +of the output):\n%s", diff)
					}
					for name, a := range after {
						pruned := len(a.Shape) == 2 && strings.Contains(name, "layers.")
						if !pruned && string(a.data) != string(before[name].data) {
							t.Errorf("%s has changed", name)
						}
						if pruned {
							checkZeros(t, name, a, target)
						}
					}
				})
			}
		}
	}
}

// TestDefaultAllocation: SparseLLM shares out the zeros unevenly, their total
// being what is asked for; other methods, and patterns, do not.
func TestDefaultAllocation(t *testing.T) {
	for _, model := range []string{"opt-micro", "llama-micro"} {
		for args, even := range map[string]bool{
			"sparsellm --sparsity=0.7": false, "sparsegpt --sparsity=0.7": true, "sparsellm --sparsity=0.7 --compat": true,
			"sparsellm --pattern=2:4": true, "sparsellm --sparsity=0.7 --local=admm": false,
		} {
			out := filepath.Join(t.TempDir(), "out")
			must(t, append(pruneArgs(micro(model), out, "--method"), strings.Fields(args)...)...)
			share, zeros, size := 0.7, 0.0, 0.0
			if strings.Contains(args, "2:4") {
				share = 0.5
			}
			differ := false
			for name, s := range tensors(t, read(t, filepath.Join(out, "model.safetensors"))) {
				if len(s.Shape) != 2 || !strings.Contains(name, "layers.") {
					continue
				}
				n, own := float64(len(s.data)/4), 0.0
				for i := 0; i < len(s.data); i += 4 {
					if string(s.data[i:i+4]) == "\x00\x00\x00\x00" {
						own++
					}
				}
				zeros, size = zeros+own, size+n
				differ = differ || math.Abs(own/n-share) > 0.01
			}
			if math.Abs(zeros/size-share) > 0.002 {
				t.Errorf("%s, %s: %.4f zeros in all, want %v", model, args, zeros/size, share)
			}
			if differ == even {
				t.Errorf("%s, %s: matrices that differ in sparsity: %v", model, args, differ)
			}
		}
	}
}

func checkZeros(t *testing.T, name string, s stored, target string) {
	t.Helper()
	zeros, inGroup, most := 0, 0, 0
	for i := 0; i < len(s.data)/4; i++ {
		if i%4 == 0 {
			inGroup = 0
		}
		if string(s.data[4*i:4*i+4]) == "\x00\x00\x00\x00" {
			zeros++
		} else if inGroup++; inGroup > most {
			most = inGroup
		}
	}
	share := float64(zeros) / float64(len(s.data)/4)
	switch target {
	case "--sparsity=0.7":
		if math.Abs(share-0.7) > 0.02 { // ±1 per row of 32
			t.Errorf("%s: %.4f zeros", name, share)
		}
	case "--pattern=2:4":
		if most != 2 || share < 0.5 {
			t.Errorf("%s: up to %d of 4 kept, %.4f zeros", name, most, share)
		}
	default:
		if share > 0.02 { // inputs that are zero in every sample
			t.Errorf("%s: %.4f zeros", name, share)
		}
	}
}

// TestPruneJSON holds the result to its published form.
func TestPruneJSON(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "result.json")
	test := filepath.Join(micro("opt-micro"), "test.rows.json")
	text := must(t, pruneArgs(micro("opt-micro"), filepath.Join(dir, "out"), "--method", "sparsegpt",
		"--sparsity", "0.5", "--eval", test, "--eval-windows", "3", "--json", path, "--layers", "half:", "--skip", "fc2")...)
	var r struct {
		Settings map[string]any `json:"settings"`
		Eval     []struct {
			File          string  `json:"file"`
			SeqLen        int     `json:"seqlen"`
			Tokens        int     `json:"tokens"`
			Dense, Pruned float64 `json:""`
		} `json:"eval"`
		Layers []struct {
			Block    int     `json:"block"`
			Name     string  `json:"name"`
			Tensor   string  `json:"tensor"`
			Rows     int     `json:"rows"`
			Cols     int     `json:"cols"`
			Sparsity float64 `json:"sparsity"`
			Error    float64 `json:"error"`
			Seconds  float64 `json:"seconds"`
			Dead     int     `json:"dead"`
			Damping  float64 `json:"damping"`
		} `json:"layers"`
		Size      inspect.Sizes `json:"size"`
		Seconds   float64       `json:"seconds"`
		PeakBytes int64         `json:"peak_bytes"`
		Phases    []job.Phase   `json:"phases"`
	}
	readJSON(t, path, &r)
	if len(r.Eval) != 1 || r.Eval[0].File != test || r.Eval[0].SeqLen != 32 || r.Eval[0].Tokens != 96 {
		t.Errorf("eval is %+v", r.Eval)
	} else if e := r.Eval[0]; !(e.Dense > 1 && e.Pruned > e.Dense) {
		t.Errorf("perplexity %v before and %v after", e.Dense, e.Pruned)
	}
	if len(r.Layers) != 5 {
		t.Fatalf("%d matrices, want those of block 1 but fc2", len(r.Layers))
	}
	for _, l := range r.Layers {
		if l.Block != 1 || l.Name == "fc2" || l.Tensor != "model.decoder.layers.1."+l.Name+".weight" || math.Abs(l.Sparsity-0.5) > 0.01 || l.Rows < 32 || l.Cols != 32 || !(l.Error > 0 && l.Error < 1) {
			t.Errorf("unexpected layer %+v", l)
		}
	}
	want := map[string]any{
		"method": "sparsegpt", "sparsity": 0.5, "nsamples": 4.0, "seqlen": 32.0, "seed": 0.0, "blocksize": 128.0,
		"percdamp": 0.01, "wbits": 16.0, "epochs": 2.0, "alpha": 0.1, "layers": "1:2", "skip": "fc2", "arch": "opt",
	}
	got := maps.Clone(r.Settings)
	maps.DeleteFunc(got, func(key string, _ any) bool { _, ok := want[key]; return !ok })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	for key, want := range want {
		if !strings.Contains(text, fmt.Sprintf("%s=%v", key, want)) {
			t.Errorf("the summary does not show %s", key)
		}
	}
	if r.Size.Matrices.Dense != 4*(4*32*32+128*32) || r.Size.Model.Dense <= r.Size.Matrices.Dense {
		t.Errorf("sizes are %+v", r.Size)
	}
	if r.Seconds <= 0 || r.PeakBytes < 1<<20 {
		t.Errorf("seconds %v, peak_bytes %d", r.Seconds, r.PeakBytes)
	}
	for _, want := range []string{"stored dense", "bitmask", "CSR", "seqlen"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q", want)
		}
	}
	checkWidth(t, text)
}

// TestSummaryWidth prints what is widest: long names, and everything there is
// to say.
func TestSummaryWidth(t *testing.T) {
	set := job.Default()
	set.Calib, set.Pattern = "calib.txt", prune.Pattern{Keep: 16, Of: 32}
	r := &job.Result{
		Settings: set,
		Eval:     []job.BeforeAfter{{Text: job.Text{File: "a-rather-long-name-for-a-text-to-evaluate-on.rows.json", SeqLen: 131072, Tokens: 268435456}, Dense: 12345.6, Pruned: 1.2e10}},
		Layers: []pipeline.MatrixReport{{
			Block: 126, Name: "self_attn.out_proj", Rows: 20480, Cols: 20480, Sparsity: 0.5,
			Error: 0.000123456, Seconds: 7265, Dead: 20480, Damping: 0.01,
		}},
		Seconds: 123456, PeakBytes: 999e9,
	}
	var text bytes.Buffer
	if err := printPruned(&text, r); err != nil {
		t.Fatal(err)
	}
	checkWidth(t, text.String())
}

// checkWidth fails if a line of a table is wider than a terminal. Lines that
// name files may be.
func checkWidth(t *testing.T, text string) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if n := len([]rune(line)); n > 80 && !strings.ContainsRune(line, filepath.Separator) {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestPruneThreads says that the number of threads changes no bit of any file.
func TestPruneThreads(t *testing.T) {
	for _, model := range []string{"opt-micro", "llama-micro"} {
		var folders [2]map[string]string
		for i, threads := range []string{"1", "2"} {
			out := filepath.Join(t.TempDir(), "out")
			must(t, pruneArgs(micro(model), out, "--threads", threads)...)
			folders[i] = folder(t, out)
		}
		if diff := cmp.Diff(sums(folders[0]), sums(folders[1])); diff != "" {
			t.Errorf("%s: files (-of 1 thread +of 2):\n%s", model, diff)
		}
		if _, ok := folders[0]["tokenizer.json"]; !ok || len(folders[0]) != 4 {
			t.Errorf("%s: the output has the files %v", model, slices.Sorted(maps.Keys(folders[0])))
		}
	}
}

// sums returns the files' checksums, which can be shown.
func sums(files map[string]string) map[string]string {
	of := map[string]string{}
	for name, content := range files {
		of[name] = fmt.Sprintf("%d bytes, sha256 %x", len(content), sha256.Sum256([]byte(content)))
	}
	return of
}

func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		files[e.Name()] = string(read(t, filepath.Join(dir, e.Name())))
	}
	return files
}

// TestPrunePrecision says that both precisions run the same algorithm: the
// same masks, but where scores tie to within float32.
func TestPrunePrecision(t *testing.T) {
	var all [2]map[string]stored
	for i, p := range []string{"f32", "f64"} {
		out := filepath.Join(t.TempDir(), "out")
		must(t, pruneArgs(micro("llama-micro"), out, "--method", "sparsegpt", "--precision", p)...)
		all[i] = tensors(t, read(t, filepath.Join(out, "model.safetensors")))
	}
	differ, n := 0, 0
	for name, a := range all[0] {
		b := all[1][name].data
		for i := 0; i < len(b); i += 4 {
			n++
			if (string(a.data[i:i+4]) == "\x00\x00\x00\x00") != (string(b[i:i+4]) == "\x00\x00\x00\x00") {
				differ++
			}
		}
	}
	if differ*1000 > n {
		t.Errorf("%d of %d masks differ between float32 and float64", differ, n)
	}
}

// TestPruneDType converts, and keeps the pattern through the rounding.
func TestPruneDType(t *testing.T) {
	for flag, want := range map[string]string{"f16": "F16", "bf16": "BF16", "f32": "F32", "keep": "F32"} {
		out := filepath.Join(t.TempDir(), "out")
		must(t, pruneArgs(micro("opt-micro"), out, "--dtype", flag, "--method", "wanda")...)
		for name, s := range tensors(t, read(t, filepath.Join(out, "model.safetensors"))) {
			if s.DType != want {
				t.Errorf("--dtype %s: %s is %s", flag, name, s.DType)
			}
		}
		var config struct {
			DType string `json:"torch_dtype"`
		}
		if err := json.Unmarshal(read(t, filepath.Join(out, "config.json")), &config); err != nil {
			t.Error(err)
		}
		if torch := map[string]string{"F16": "float16", "BF16": "bfloat16", "F32": "float32"}[want]; config.DType != torch {
			t.Errorf("--dtype %s: config.json says %s", flag, config.DType)
		}
	}
}

// TestPruneMask holds the masks to the weights.
func TestPruneMask(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	mask := filepath.Join(out, "mask.bin") // the output folder is a natural place
	must(t, pruneArgs(micro("llama-micro"), out, "--pattern", "1:4", "--mask", mask, "--skip", "self_attn")...)
	weights := tensors(t, read(t, filepath.Join(out, "model.safetensors")))
	masks := tensors(t, read(t, mask))
	if len(masks) != 6 {
		t.Errorf("%d masks, want those of 3 matrices in 2 blocks", len(masks))
	}
	for name, m := range masks {
		w, ok := weights[name]
		if !ok || m.DType != "BOOL" || !slices.Equal(m.Shape, w.Shape) {
			t.Fatalf("mask %s is %s %v", name, m.DType, m.Shape)
		}
		for i, kept := range m.data {
			if zero := string(w.data[4*i:4*i+4]) == "\x00\x00\x00\x00"; zero == (kept == 1) {
				t.Fatalf("mask %s is %d at %d", name, kept, i)
			}
		}
	}
}

// TestPruneForce replaces an earlier output, and only with --force.
func TestPruneForce(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	must(t, pruneArgs(micro("opt-micro"), out, "--method", "wanda")...)
	first := folder(t, out)
	if o := sparse(pruneArgs(micro("opt-micro"), out)...); o.code != exitFailed {
		t.Errorf("exit code %d for a folder that is not empty", o.code)
	}
	if diff := cmp.Diff(sums(first), sums(folder(t, out))); diff != "" {
		t.Errorf("the refusal changed files (-before +after):\n%s", diff)
	}
	must(t, pruneArgs(micro("opt-micro"), out, "--force")...)
	if maps.Equal(first, folder(t, out)) {
		t.Error("--force left the folder as it was")
	}
	model := copyModel(t, "opt-micro")
	must(t, pruneArgs(model, model, "--force")...)
	if got, want := folder(t, model)["model.safetensors"], folder(t, out)["model.safetensors"]; got != want {
		t.Error("pruning into the model's own folder gave another result")
	}
}

// TestPruneScope prunes by one threshold over the model.
func TestPruneScope(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	var r struct {
		Layers []struct {
			Rows, Cols int
			Sparsity   float64
		}
	}
	text := must(t, pruneArgs(micro("opt-micro"), out, "--method", "magnitude", "--scope", "model", "--json", "-")...)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	var zeros, all float64
	even := true
	for _, l := range r.Layers {
		n := float64(l.Rows * l.Cols)
		zeros += n * l.Sparsity
		all += n
		even = even && math.Abs(l.Sparsity-0.5) < 0.01
	}
	if math.Abs(zeros/all-0.5) > 1e-4 || even {
		t.Errorf("%.5f zeros in all, spread evenly: %v", zeros/all, even)
	}
}

// TestPruneCompat says that the released code's algorithm is another one.
func TestPruneCompat(t *testing.T) {
	var weights [2]string
	for i, more := range [][]string{nil, {"--compat"}} {
		out := filepath.Join(t.TempDir(), "out")
		must(t, pruneArgs(micro("opt-micro"), out, more...)...)
		weights[i] = folder(t, out)["model.safetensors"]
	}
	if weights[0] == weights[1] {
		t.Error("--compat changes nothing")
	}
}
