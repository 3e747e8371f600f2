package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/plan"
)

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "4GiB": 4 << 30, "500MB": 5e8, "1.5 GB": 1.5e9, "3kB": 3e3} {
		if got, err := parseBytes(text); got != want || err != nil {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"4", "GiB", "-1GB", "0MB", "xGB", "NaNGB", "InfGB", "4Gib"} {
		if _, err := parseBytes(text); err == nil || !strings.Contains(err.Error(), "is not a size such as 4GiB") {
			t.Errorf("%q gives the error %v", text, err)
		}
	}
}

// TestMemoryBudget runs under budgets for which each way to keep auxiliary
// variables is the first that fits. In a file they keep all their bits.
func TestMemoryBudget(t *testing.T) {
	dir := micro("opt-micro")
	cfg, err := shapeOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	weights := func(out string) []byte { return read(t, filepath.Join(out, "model.safetensors")) }
	args := func(out, epochs string, more ...string) []string {
		all := pruneArgs(dir, out, more...)
		for i, a := range all {
			switch a {
			case "--epochs":
				all[i+1] = epochs
			case "--nsamples": // more than a chunk of tokens
				all[i+1] = "48"
			}
			if a == "--quiet" {
				all[i] = "--threads=1"
			}
		}
		return all
	}
	free, freeThree := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "out")
	must(t, args(free, "4")...)
	must(t, args(freeThree, "3")...)
	for _, storage := range plan.Storages {
		epochs, free := "4", free
		if storage == "anew" { // with 4 they are kept
			epochs, free = "3", freeThree
		}
		p, err := plan.Make(cfg, plan.Settings{Method: "sparsellm", Samples: 48, SeqLen: 32, Epochs: int(epochs[0] - '0'), Threads: 1, Storage: storage}, plan.Rates{})
		if err != nil {
			t.Fatal(err)
		}
		parent := t.TempDir()
		out := filepath.Join(parent, "out")
		o := sparse(args(out, epochs, "--memory", fmt.Sprintf("%.3fkB", math.Ceil(p.Bytes)/1e3))...)
		says := map[string]string{"memory": "variables in it\n", "anew": "computed anew\n", "bfloat16": "as bfloat16\n", "file": "in a file in " + parent}[storage]
		if o.code != exitOK || !strings.Contains(o.err, says) {
			t.Errorf("%s: exit code %d: %s", storage, o.code, o.err)
			continue
		}
		if same := bytes.Equal(weights(out), weights(free)); same != (storage != "bfloat16") {
			t.Errorf("%s: same weights as without a budget: %v", storage, same)
		}
		if entries, _ := os.ReadDir(parent); len(entries) != 1 {
			t.Errorf("%s leaves %v", storage, entries)
		}
	}
	// The released code reads z and s in every epoch.
	p, err := plan.Make(cfg, plan.Settings{Method: "sparsellm", Samples: 48, SeqLen: 32, Epochs: 3, Threads: 1, Storage: "anew"}, plan.Rates{})
	if err != nil {
		t.Fatal(err)
	}
	o := sparse(args(filepath.Join(t.TempDir(), "out"), "3", "--compat", "--memory", fmt.Sprintf("%.3fkB", math.Ceil(p.Bytes)/1e3))...)
	if o.code != exitOK || !strings.Contains(o.err, "in a file in ") {
		t.Errorf("the released code under a budget: exit code %d: %s", o.code, o.err)
	}
	o = sparse(args(filepath.Join(t.TempDir(), "out"), "4", "--memory", "1MB")...)
	if o.code != exitUsage || !strings.Contains(o.err, "--memory 1MB: plan: a run with these settings needs") {
		t.Errorf("a budget that is too small: exit code %d: %s", o.code, o.err)
	}
	o = sparse(args(filepath.Join(t.TempDir(), "out"), "4", "--memory", "1GB", "--precision", "f64")...)
	if o.code != exitUsage || !strings.Contains(o.err, "--precision f32 only") {
		t.Errorf("float64 under a budget: exit code %d: %s", o.code, o.err)
	}
}

// TestFileStorage keeps and returns rows.
func TestFileStorage(t *testing.T) {
	file, err := newFileStorage[float32](t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, r := range [][2]int{{0, 2}, {2, 4}, {4, 5}} {
		m := linalg.NewMatrix[float32](r[1]-r[0], 3)
		for i := range m.Data {
			m.Data[i] = float32(3*r[0] + i)
		}
		if err := file.Save(r[0], m); err != nil {
			t.Fatal(err)
		}
	}
	got := linalg.NewMatrix[float32](3, 3)
	if err := file.Load(1, got); err != nil {
		t.Fatal(err)
	}
	for i, v := range got.Data {
		if v != float32(3+i) {
			t.Errorf("element %d is %v", i, v)
		}
	}
}

// TestPlan plans by a name, by a config.json alone, and by a folder.
func TestPlan(t *testing.T) {
	var r planResult
	path := filepath.Join(t.TempDir(), "plan.json")
	text := must(t, "plan", "--model", "llama-2-7b", "--nsamples", "32", "--json", path)
	readJSON(t, path, &r)
	if r.Shape.Hidden != 4096 || r.Settings.SeqLen != 2048 || r.Seconds <= 0 || r.Bytes < 1e9 || len(r.Phases) != 5 {
		t.Errorf("the plan is %+v", r)
	}
	for _, line := range strings.Split(text, "\n") {
		if len([]rune(line)) > 80 {
			t.Errorf("longer than 80 columns: %s", line)
		}
	}
	for _, name := range []string{micro("opt-micro"), write(t, filepath.Join(t.TempDir(), "config.json"), string(read(t, filepath.Join(micro("opt-micro"), "config.json"))))} {
		var cfg model.Config
		if got, err := shapeOf(name); err != nil || got == cfg || got.Hidden != 32 {
			t.Errorf("%s has the shape %+v, %v", name, got, err)
		}
	}
	for want, args := range map[string][]string{
		"--model is missing":        {},
		"nor is it one of OPT-125M": {"--model", "gpt-2"},
		"cannot be planned":         {"--model", "OPT-125M", "--method", "swaps"},
		"takes 2048 tokens at most": {"--model", "OPT-125M", "--seqlen", "4096"},
		"--threads -1 is negative":  {"--model", "OPT-125M", "--threads", "-1"},
		"0 samples":                 {"--model", "OPT-125M", "--nsamples", "0"},
		"--memory 1MB: plan: a run": {"--model", "OPT-125M", "--memory", "1MB"},
		"--memory 1 is not a size":  {"--model", "OPT-125M", "--memory", "1"},
	} {
		o := sparse(append([]string{"plan"}, args...)...)
		if o.code == exitOK || !strings.Contains(o.err, want) {
			t.Errorf("plan %v: exit code %d: %s, want %q", args, o.code, o.err, want)
		}
	}
}
