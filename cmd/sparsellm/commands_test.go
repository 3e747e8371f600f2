package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sparsellm/inspect"
	"sparsellm/job"
	"sparsellm/tokenizer"
)

// TestEval compares with what PyTorch measures on the same rows, as recorded
// with the golden outputs.
func TestEval(t *testing.T) {
	for _, model := range []string{"opt-micro", "llama-micro"} {
		var golden struct {
			SeqLen int     `json:"seqlen"`
			Dense  float64 `json:"ppl_dense"`
		}
		if err := json.Unmarshal(read(t, filepath.Join("..", "..", "testdata", "golden", model, "s50-fp32.json")), &golden); err != nil {
			t.Fatal(err)
		}
		var r struct {
			Settings map[string]any `json:"settings"`
			Eval     []struct {
				File       string  `json:"file"`
				SeqLen     int     `json:"seqlen"`
				Tokens     int     `json:"tokens"`
				Perplexity float64 `json:"perplexity"`
			} `json:"eval"`
			Seconds   float64 `json:"seconds"`
			PeakBytes int64   `json:"peak_bytes"`
		}
		path := filepath.Join(t.TempDir(), "eval.json")
		rows := filepath.Join(micro(model), "test.rows.json")
		text := must(t, "eval", "--model", micro(model), "--data", rows, rows, "--seqlen", "32", "--windows", "32", "--json", path)
		readJSON(t, path, &r)
		if len(r.Eval) != 2 {
			t.Fatalf("two files gave %+v", r.Eval)
		}
		if diff := cmp.Diff(r.Eval[0], r.Eval[1]); diff != "" {
			t.Errorf("the same file twice (-first +second):\n%s", diff)
		}
		e := r.Eval[0]
		if e.File != rows || e.SeqLen != golden.SeqLen || e.Tokens != 32*32 {
			t.Errorf("measured on %+v", e)
		}
		// Both sum in float32; the mean loss they share to about 1e-6.
		if math.Abs(e.Perplexity/golden.Dense-1) > 1e-5 {
			t.Errorf("%s: perplexity %v, PyTorch has %v", model, e.Perplexity, golden.Dense)
		}
		checkWidth(t, text)
	}
}

// TestEvalWholeRows evaluates rows as they are where no length is given.
func TestEvalWholeRows(t *testing.T) {
	rows := write(t, filepath.Join(t.TempDir(), "a.rows.json"), "["+row(7)+"]")
	text := must(t, "eval", "--model", micro("opt-micro"), "--data", rows, "--json", "-")
	if !strings.Contains(text, `"seqlen": 7`) || !strings.Contains(text, `"tokens": 7`) {
		t.Error(text)
	}
}

// TestEvalText cuts a text into windows, with the tokenizer of the model or of
// another folder.
func TestEvalText(t *testing.T) {
	text := write(t, filepath.Join(t.TempDir(), "a.txt"), strings.Repeat("Once upon a time there was a model. ", 60))
	model := copyModel(t, "opt-micro")
	want := must(t, "eval", "--model", model, "--data", text, "--seqlen", "16", "--json", "-")
	if err := os.Rename(filepath.Join(model, "tokenizer.json"), filepath.Join(t.TempDir(), "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	got := must(t, "eval", "--model", model, "--data", text, "--seqlen", "16", "--json", "-", "--tokenizer", micro("opt-micro"))
	perplexity := func(s string) string { return s[strings.Index(s, `"eval"`):strings.Index(s, `"seconds"`)] }
	if perplexity(want) != perplexity(got) {
		t.Errorf("with its own tokenizer: %s\nwith the same of another folder: %s", want, got)
	}
}

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	rows := filepath.Join(micro("llama-micro"), "test.rows.json")
	path := filepath.Join(dir, "c.json")
	text := must(t, "compare", "--model", micro("llama-micro"), "--calib", filepath.Join(micro("llama-micro"), "calib.rows.json"),
		"--nsamples", "4", "--seqlen", "32", "--epochs", "2", "--eval", rows, "--eval-windows", "8",
		"--methods", "magnitude,sparsegpt,sparsellm,sparsellm-compat", "--sparsities", "0.5,0.9,2:4,1:4,0.3", "--json", path)
	var r compareForm
	readJSON(t, path, &r)
	if len(r.Dense) != 1 || len(r.Runs) != 20 {
		t.Fatalf("%d dense evaluations and %d runs", len(r.Dense), len(r.Runs))
	}
	at := map[string]float64{}
	for _, run := range r.Runs {
		if run.Error != "" || len(run.Eval) != 1 || len(run.Layers) != 14 || run.Seconds <= 0 {
			t.Errorf("run %s %s: %q, %d layers", run.Method, run.Target, run.Error, len(run.Layers))
			continue
		}
		at[run.Method+" "+run.Target] = run.Eval[0].Perplexity
	}
	for _, m := range []string{"magnitude", "sparsegpt", "sparsellm"} {
		if !(at[m+" 0.3"] < at[m+" 0.5"] && at[m+" 0.5"] < at[m+" 0.9"]) {
			t.Errorf("%s: more zeros do not raise the perplexity: %v", m, at)
		}
	}
	if at["sparsellm 0.9"] == at["sparsellm-compat 0.9"] {
		t.Error("-compat changes nothing")
	}
	for _, want := range []string{"magnitude", "sparsellm-compat", "2:4", "1:4", "0.3", "dense", "time"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
	checkWidth(t, text)
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("compare wrote %v", entries)
	}

	// What compare predicts, prune does.
	out := filepath.Join(dir, "out")
	pruned := must(t, "prune", "--model", micro("llama-micro"), "--calib", filepath.Join(micro("llama-micro"), "calib.rows.json"),
		"--nsamples", "4", "--seqlen", "32", "--epochs", "2", "--eval", rows, "--eval-windows", "8", "--out", out, "--pattern", "2:4", "--json", "-")
	var p struct {
		Eval []struct{ Pruned float64 }
	}
	if err := json.Unmarshal([]byte(pruned), &p); err != nil {
		t.Fatal(err)
	}
	if p.Eval[0].Pruned != at["sparsellm 2:4"] {
		t.Errorf("compare has %v, prune %v", at["sparsellm 2:4"], p.Eval[0].Pruned)
	}
}

// TestCompareAllocations: an allocation is a suffix of a method's name, or that
// of all, and prune does what compare predicts.
func TestCompareAllocations(t *testing.T) {
	rows := filepath.Join(micro("llama-micro"), "test.rows.json")
	args := []string{"--model", micro("llama-micro"), "--calib", filepath.Join(micro("llama-micro"), "calib.rows.json"),
		"--nsamples", "4", "--seqlen", "32", "--epochs", "2", "--eval", rows, "--eval-windows", "8", "--json", "-"}
	perplexities := func(more ...string) map[string]float64 {
		var r compareForm
		if err := json.Unmarshal([]byte(must(t, append(append([]string{"compare", "--sparsities", "0.6"}, args...), more...)...)), &r); err != nil {
			t.Fatal(err)
		}
		at := map[string]float64{}
		for _, run := range r.Runs {
			if run.Error != "" || math.Abs(run.Sparsity-0.6) > 0.005 {
				t.Errorf("%s: %q, sparsity %v", run.Method, run.Error, run.Sparsity)
				continue
			}
			at[run.Method] = run.Eval[0].Perplexity
		}
		return at
	}
	one := perplexities("--methods", "sparsegpt@owl,sparsegpt,sparsellm-compat@alpha")
	if one["sparsegpt@owl"] == one["sparsegpt"] {
		t.Errorf("an allocation changes nothing: %v", one)
	}
	if two := perplexities("--methods", "sparsegpt,sparsegpt@uniform", "--allocate", "owl"); two["sparsegpt"] != one["sparsegpt@owl"] || two["sparsegpt@uniform"] != one["sparsegpt"] {
		t.Errorf("as a suffix %v, for all %v", one, two)
	}
	var p struct {
		Settings map[string]any
		Eval     []struct{ Pruned float64 }
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := json.Unmarshal([]byte(must(t, append([]string{"prune", "--out", out, "--sparsity", "0.6", "--method", "sparsegpt", "--allocate", "owl"}, args...)...)), &p); err != nil {
		t.Fatal(err)
	}
	if p.Eval[0].Pruned != one["sparsegpt@owl"] || p.Settings["allocate"] != "owl" {
		t.Errorf("compare has %v, prune %v with %v", one, p.Eval, p.Settings["allocate"])
	}
}

type compareForm struct {
	Settings map[string]any `json:"settings"`
	Dense    []struct {
		File       string  `json:"file"`
		SeqLen     int     `json:"seqlen"`
		Tokens     int     `json:"tokens"`
		Perplexity float64 `json:"perplexity"`
	} `json:"dense"`
	Runs []struct {
		Method   string  `json:"method"`
		Target   string  `json:"target"`
		Sparsity float64 `json:"sparsity"`
		Eval     []struct {
			File       string  `json:"file"`
			SeqLen     int     `json:"seqlen"`
			Tokens     int     `json:"tokens"`
			Perplexity float64 `json:"perplexity"`
		} `json:"eval"`
		Layers  []json.RawMessage `json:"layers"`
		Seconds float64           `json:"seconds"`
		Error   string            `json:"error"`
	} `json:"runs"`
	Seconds   float64     `json:"seconds"`
	PeakBytes int64       `json:"peak_bytes"`
	Phases    []job.Phase `json:"phases"`
}

// TestCompareFailure keeps what succeeded when a run fails.
func TestCompareFailure(t *testing.T) {
	rows := filepath.Join(micro("opt-micro"), "test.rows.json")
	o := sparse("compare", "--quiet", "--model", micro("opt-micro"), "--calib", filepath.Join(micro("opt-micro"), "calib.rows.json"),
		"--nsamples", "2", "--eval", rows, "--eval-windows", "2", "--methods", "wanda", "--sparsities", "0.5,3:5", "--blocksize", "320")
	if o.code != exitFailed {
		t.Errorf("exit code %d", o.code)
	}
	checkSentence(t, o.err)
	for _, want := range []string{"failed", "wanda 3:5 failed: ", "not a multiple of 5"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("the table lacks %q:\n%s", want, o.out)
		}
	}
}

func TestInspect(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	must(t, pruneArgs(micro("opt-micro"), out, "--method", "wanda", "--pattern", "1:4")...)
	path := filepath.Join(t.TempDir(), "i.json")
	text := must(t, "inspect", out, "--json", path)
	var r struct {
		Model   string `json:"model"`
		Tensors []struct {
			Name, DType, Pattern string
			Shape                []int
			Elements, Zeros      int
			Sparsity             float64
			Dense, Bitmask, CSR  int64
		} `json:"tensors"`
		Matrices inspect.Total `json:"matrices"`
		All      inspect.Total `json:"all"`
	}
	readJSON(t, path, &r)
	found := 0
	for _, x := range r.Tensors {
		if strings.Contains(x.Name, "layers.") && len(x.Shape) == 2 {
			found++
			n := int64(x.Elements)
			if x.Pattern != "1:4" || x.Zeros*4 != x.Elements*3 || x.Dense != 4*n || x.Bitmask != n/8+n || x.CSR != 2*n+4*int64(x.Shape[0]+1) {
				t.Errorf("unexpected %+v", x)
			}
		} else if x.Pattern != "" || x.Zeros > 0 && len(x.Shape) == 2 {
			t.Errorf("unexpected %+v", x)
		}
	}
	if found != 12 || r.Matrices.Sparsity != 0.75 || !(r.All.Sparsity > 0 && r.All.Sparsity < 0.75) {
		t.Errorf("%d matrices, %v and %v zeros", found, r.Matrices.Sparsity, r.All.Sparsity)
	}
	for _, want := range []string{"1:4", "75.0%", "bitmask", "CSR", "keeps N of every M"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(must(t, "inspect", micro("llama-micro")), "keeps N of every M") {
		t.Error("a pattern in a dense model")
	}
}

func TestTokenize(t *testing.T) {
	tok, err := tokenizer.Open(micro("opt-micro"))
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"Hello, wörld", "", "two\nlines \u2028", `"quoted" \ 😀`}
	for _, special := range []bool{false, true} {
		var in strings.Builder
		for _, s := range texts {
			b, _ := json.Marshal(s)
			in.Write(b)
			in.WriteByte('\n')
		}
		args := []string{"tokenize", "--tokenizer", micro("opt-micro"), "--jsonl"}
		if special {
			args = append(args, "--special")
		}
		o := sparseOn(strings.TrimSuffix(in.String(), "\n"), args...)
		lines := strings.Split(strings.TrimSuffix(o.out, "\n"), "\n")
		if o.code != 0 || len(lines) != len(texts) {
			t.Fatalf("exit code %d, %d lines: %s", o.code, len(lines), o.err)
		}
		for i, s := range texts {
			ids, err := tok.Encode(s, special)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := json.Marshal(append([]int{}, ids...))
			if diff := cmp.Diff(string(want), lines[i]); diff != "" {
				t.Errorf("%q (-want +got):\n%s", s, diff)
			}
		}
	}
	whole := sparseOn("a b\nc", "tokenize", "--tokenizer", micro("opt-micro"))
	one := sparseOn(`"a b\nc"`, "tokenize", "--tokenizer", micro("opt-micro"), "--jsonl")
	if whole.out != one.out || whole.code != 0 {
		t.Errorf("a text gives %q, as JSON %q", whole.out, one.out)
	}
	for _, args := range [][]string{
		{"\ufeffa b\nc", "tokenize", "--tokenizer", micro("opt-micro")},
		{"\ufeff\"a b\\nc\"\r\n", "tokenize", "--tokenizer", micro("opt-micro"), "--jsonl"},
	} {
		if marked := sparseOn(args[0], args[1:]...); marked.out != whole.out {
			t.Errorf("with a byte order mark, a text gives %q, without %q", marked.out, whole.out)
		}
		wide := sparseOn("\xff\xfea\x00", args[1:]...)
		if wide.code == 0 || !strings.Contains(wide.err, "is UTF-16: make UTF-8 of it with `iconv") {
			t.Errorf("of UTF-16: %d, %s", wide.code, wide.err)
		}
	}
}

// TestRowsByContent wants rows of token ids to need no tokenizer whatever their
// file is called.
func TestRowsByContent(t *testing.T) {
	model := copyModel(t, "opt-micro")
	if err := os.Remove(filepath.Join(model, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	rows := read(t, filepath.Join(model, "test.rows.json"))
	var perplexities []string
	for _, name := range []string{"a.rows.json", "a.json", "a.jsonl"} {
		file := write(t, filepath.Join(t.TempDir(), name), string(rows))
		fields := strings.Fields(must(t, "eval", "--model", model, "--data", file, "--quiet"))
		perplexities = append(perplexities, fields[len(fields)-1])
	}
	if p := perplexities; p[0] != p[1] || p[0] != p[2] {
		t.Errorf("the perplexities are %v", p)
	}
}

func TestDemo(t *testing.T) {
	text := must(t, "demo")
	for _, want := range []string{"opt-micro", "llama-micro", "magnitude", "wanda", "sparsegpt", "sparsellm", "0.5", "0.7", "2:4"} {
		if !strings.Contains(text, want) {
			t.Errorf("the demonstration lacks %q:\n%s", want, text)
		}
	}
	checkWidth(t, text)
}

func TestInfoHelpAndManual(t *testing.T) {
	if text := must(t, "info"); !strings.Contains(text, "SPARSELLM_CPU") || !strings.Contains(text, "generic") {
		t.Error(text)
	}
	root := newRoot(newConsole(nil, nil, nil))
	for _, cmd := range root.Commands() {
		text := must(t, cmd.Name(), "--help")
		if !strings.Contains(text, "Usage:") {
			t.Errorf("%s --help: %s", cmd.Name(), text)
		}
		checkWidth(t, text)
	}
	dir := filepath.Join(t.TempDir(), "man")
	must(t, "man", dir)
	if !strings.Contains(string(read(t, filepath.Join(dir, "sparsellm-prune.1"))), "percdamp") {
		t.Error("the manual of prune lacks a flag")
	}
	if text := must(t, "completion", "bash"); !strings.Contains(text, "sparsellm") {
		t.Error("no completion for bash")
	}
	if text := must(t, "__complete", "prune", "--method", ""); !strings.Contains(text, "sparsegpt") {
		t.Errorf("completion of --method: %s", text)
	}
	if must(t) != must(t, "--help") {
		t.Error("no arguments do not show the help")
	}
}
