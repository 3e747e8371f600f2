package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsellm/checkpoint"
	"sparsellm/job"
)

// everyModel lists the folders of all models of testdata.
func everyModel(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(micro("today/*/config.json"))
	if err != nil || len(all) == 0 {
		t.Fatal("there are no models")
	}
	dirs := []string{micro("opt-micro"), micro("llama-micro")}
	for _, path := range all {
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs
}

// evaluated returns the perplexity of a folder on eight windows.
func evaluated(t *testing.T, dir, text string) float64 {
	t.Helper()
	return measured(t, dir, text, "--windows", "8")
}

func measured(t *testing.T, dir, text string, more ...string) float64 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "eval.json")
	must(t, append([]string{"eval", "--model", dir, "--data", text, "--quiet", "--json", path}, more...)...)
	var r struct {
		Eval []struct{ Perplexity float64 }
	}
	readPart(t, path, &r)
	return r.Eval[0].Perplexity
}

// TestPackModels packs a pruned model of every architecture: in 16 bits it
// unpacks bit for bit, and as it is run quantised it is the model that it unpacks
// to.
func TestPackModels(t *testing.T) {
	for i, dir := range everyModel(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			at := func(name string) string { return filepath.Join(t.TempDir(), name) }
			rows := filepath.Join(dir, "test.rows.json")
			target := [][]string{{"--pattern", "2:4"}, {"--sparsity", "0.7"}}[i%2]
			dtype := []string{"f16", "bf16"}[i/2%2]
			pruned := at("pruned")
			must(t, append([]string{"prune", "--model", dir, "--out", pruned, "--calib", rows, "--nsamples", "2", "--method", "magnitude", "--dtype", dtype, "--quiet"}, target...)...)
			whole, back := at("whole"), at("back")
			must(t, "pack", pruned, "--out", whole, "--values", "f16", "--head", "f16", "--quiet")
			must(t, "unpack", whole, "--out", back, "--quiet")
			sameModel(t, pruned, back)
			values := []string{"q8", "q4"}[i/4%2]
			quantised, numbers := at("quantised"), at("numbers")
			must(t, "pack", pruned, "--out", quantised, "--values", values, "--quiet")
			must(t, "unpack", quantised, "--out", numbers, "--dtype", "f32", "--quiet")
			a, b := evaluated(t, quantised, rows), evaluated(t, numbers, rows)
			// Some forty sums of a hundred terms one after another, in another order.
			// What few tokens reach, as experts, reads activations in 8 bits, each off
			// by at most a 254th of the largest beside it.
			tolerance := 50 * 100 * 0x1p-24
			if strings.Contains(dir, "mixtral") || strings.Contains(dir, "moe") {
				tolerance = 1. / 254
			}
			if !(math.Abs(a/b-1) < tolerance) {
				t.Errorf("perplexity %v packed, %v as the same numbers", a, b)
			}
		})
	}
}

// sameModel wants the same tensors, of the same dtypes and bits, and config.
func sameModel(t *testing.T, want, got string) {
	t.Helper()
	a, err := checkpoint.Open(want)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := checkpoint.Open(got)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if !bytes.Equal(a.Config(), b.Config()) {
		t.Errorf("config %s, want %s", b.Config(), a.Config())
	}
	names, others := slices.Sorted(slices.Values(a.Names())), slices.Sorted(slices.Values(b.Names()))
	if !slices.Equal(names, others) {
		t.Fatalf("tensors %v, want %v", others, names)
	}
	for _, name := range names {
		shape, _ := a.Shape(name)
		other, _ := b.Shape(name)
		da, _ := a.DType(name)
		db, _ := b.DType(name)
		n := 1
		for _, d := range shape {
			n *= d
		}
		if !slices.Equal(shape, other) || da != db {
			t.Fatalf("%s is %v %v, want %v %v", name, db, other, da, shape)
		}
		if !da.Numeric() {
			continue
		}
		x, y := make([]float32, n), make([]float32, n)
		if err := a.ReadFloat32(name, x); err != nil {
			t.Fatal(err)
		}
		if err := b.ReadFloat32(name, y); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(x, y) {
			t.Errorf("%s comes back otherwise", name)
		}
	}
}

// TestPrunePacked prunes and packs in one go, by every kind of method: what is
// reported is what the folder gives, and packing once more changes nothing. The
// folder has just what it should.
func TestPrunePacked(t *testing.T) {
	text := filepath.Join(micro("llama-micro"), "test.rows.json")
	dense := evaluated(t, micro("llama-micro"), text)
	for _, how := range []string{"sparsellm", "sparsegpt", "wanda", "magnitude"} {
		for _, values := range []string{"f16", "q8", "q4"} {
			out := filepath.Join(t.TempDir(), "out")
			path := filepath.Join(t.TempDir(), "result.json")
			args := []string{"prune", "--model", micro("llama-micro"), "--out", out, "--calib", filepath.Join(micro("llama-micro"), "calib.rows.json"),
				"--pattern", "2:4", "--method", how, "--values", values, "--eval", text, "--eval-windows", "8", "--quiet", "--json", path,
				"--mask", filepath.Join(t.TempDir(), "mask.safetensors"), "--report", filepath.Join(t.TempDir(), "report")}
			must(t, args...)
			if got := listing(out); got != "config.json model.packed.safetensors sparsellm.json tokenizer.json" {
				t.Errorf("the folder has %q", got)
			}
			var r struct {
				Eval   []struct{ Pruned float64 }
				Packed struct {
					PerWeight float64 `json:"bytes_per_weight"`
				}
			}
			readPart(t, path, &r)
			after := evaluated(t, out, text)
			if r.Eval[0].Pruned != after || !(after > dense) || !(r.Packed.PerWeight > 0) {
				t.Errorf("%s %s: %v reported, with %v bytes a weight; the folder gives %v, dense is %v", how, values, r.Eval[0].Pruned, r.Packed.PerWeight, after, dense)
			}
			numbers, again := filepath.Join(t.TempDir(), "numbers"), filepath.Join(t.TempDir(), "again")
			must(t, "unpack", out, "--out", numbers, "--dtype", "f32", "--quiet")
			must(t, "pack", numbers, "--out", again, "--values", values, "--quiet")
			if p := evaluated(t, again, text); p != after {
				t.Errorf("%s %s: packed once more it is %v, not %v", how, values, p, after)
			}
			if o := sparse(append(args, "--resume")...); o.code != exitOK || !strings.Contains(o.out, "complete already") {
				t.Errorf("resumed, %s", o.err)
			}
		}
	}
}

// TestSweepQuantises wants q4 chosen in the sweep to do better than rounding.
func TestSweepQuantises(t *testing.T) {
	text := filepath.Join(micro("opt-micro"), "test.rows.json")
	at := func(name string) string { return filepath.Join(t.TempDir(), name) }
	args := func(out string, more ...string) []string {
		return append([]string{"prune", "--model", micro("opt-micro"), "--out", out, "--calib", filepath.Join(micro("opt-micro"), "calib.rows.json"), "--pattern", "2:4", "--method", "sparsegpt", "--quiet"}, more...)
	}
	pruned, rounded, chosen := at("pruned"), at("rounded"), at("chosen")
	must(t, args(pruned)...)
	must(t, "pack", pruned, "--out", rounded, "--values", "q4", "--quiet")
	must(t, args(chosen, "--values", "q4")...)
	before, a, b := measured(t, pruned, text), measured(t, rounded, text), measured(t, chosen, text)
	t.Logf("%v pruned, %v rounded, %v chosen", before, a, b)
	if !(b < a) {
		t.Errorf("q4 in the sweep gives %v, rounding %v", b, a)
	}
}

// TestPackRefuses wants a sentence each, and nothing left behind.
func TestPackRefuses(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	dense, whole := micro("opt-micro"), at("packed")
	must(t, "pack", dense, "--out", whole, "--quiet")
	before := listing(dir)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"pack", "--out", at("x")}, 2, "the model's folder is missing"},
		{[]string{"pack", dense}, 2, "--out is missing"},
		{[]string{"pack", dense, dense, "--out", at("x")}, 2, "unexpected argument"},
		{[]string{"pack", dense, "--out", at("x"), "--values", "q5"}, 2, "--values q5 is none of f16, q8, q4"},
		{[]string{"pack", dense, "--out", at("x"), "--head", "f32"}, 2, "--head f32 is none of f16, q8, q4"},
		{[]string{"pack", dense, "--out", dense}, 1, "model's own folder; --force"},
		{[]string{"pack", dense, "--out", whole}, 1, "is not empty; --force"},
		{[]string{"pack", whole, "--out", at("x")}, 1, "is packed already"},
		{[]string{"pack", at("none"), "--out", at("x")}, 1, "there is no model"},
		{[]string{"unpack", dense, "--out", at("x")}, 1, "is not packed"},
		{[]string{"unpack", whole, "--out", at("x"), "--dtype", "q8"}, 2, "--dtype q8 is none of"},
		{pruneArgs(dense, at("x"), "--head", "q8"), 2, "--head goes with --values"},
		{pruneArgs(dense, at("x"), "--values", "q8", "--wbits", "4"), 2, "leave out --wbits"},
		{pruneArgs(dense, at("x"), "--values", "int8"), 2, "--values int8 is none of"},
		{pruneArgs(dense, at("x"), "--pack", "q8", "--values", "q4"), 2, "two forms of one output"},
		{pruneArgs(dense, at("x"), "--pack", "q9"), 2, "unexpected argument"},
		{pruneArgs(dense, at("x"), "q8"), 2, "unexpected argument"},
	} {
		o := sparse(c.args...)
		if o.code != c.code || !strings.Contains(o.err, c.want) {
			t.Errorf("%v: exit code %d: %s, want %s", c.args, o.code, o.err, c.want)
		}
		checkSentence(t, o.err[strings.LastIndexByte(strings.TrimSpace(o.err), '\n')+1:])
		if after := listing(dir); after != before {
			t.Errorf("%v leaves %s", c.args, after)
		}
	}
	must(t, "pack", dense, "--out", whole, "--force", "--values", "q4", "--quiet")
	must(t, "inspect", whole)
}

// TestPackStopped ends pack before it is done: nothing is left behind.
func TestPackStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	con := newConsole(nil, &bytes.Buffer{}, &bytes.Buffer{})
	hooks := con.hooks()
	hooks.Packing = func() func(done, total int) {
		return func(done, _ int) {
			if done == 3 {
				cancel()
			}
		}
	}
	_, err := job.Pack(ctx, job.Repacking{Model: micro("opt-micro"), Out: filepath.Join(dir, "out"), Values: "q8", Head: "q8"}, hooks)
	if !stopped(err) {
		t.Errorf("stopped, it says %v", err)
	}
	if got := listing(dir); got != "" {
		t.Errorf("it leaves %s", got)
	}
}

// TestPackUses runs what else reads models on a packed one.
func TestPackUses(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "packed")
	must(t, "pack", micro("opt-micro"), "--out", whole, "--quiet")
	calib := filepath.Join(micro("opt-micro"), "calib.rows.json")
	test := filepath.Join(micro("opt-micro"), "test.rows.json")
	for _, args := range [][]string{
		pruneArgs(whole, filepath.Join(dir, "pruned")),
		pruneArgs(whole, filepath.Join(dir, "again"), "--values", "q4"),
		{"compare", "--model", whole, "--calib", calib, "--nsamples", "2", "--eval", test, "--eval-windows", "2", "--methods", "wanda", "--sparsities", "0.5", "--quiet"},
		{"explain", "--model", whole, "--calib", calib, "--nsamples", "2", "--quiet", "--block", "0", "--matrix", "fc1", "--row", "3"},
		{"eval", "--model", whole, "--data", test, "--windows", "2", "--precision", "f64", "--quiet"},
		{"plan", "--model", whole, "--quiet"},
	} {
		if o := sparse(args...); o.code != exitOK {
			t.Errorf("%v: %s", args, o.err)
		}
	}
	if a, b := evaluated(t, filepath.Join(dir, "pruned"), test), evaluated(t, whole, test); !(a > b) {
		t.Errorf("pruned %v, packed %v", a, b)
	}
}

// readPart reads some keys of a file of JSON.
func readPart(t *testing.T, path string, v any) {
	t.Helper()
	if err := json.Unmarshal(read(t, path), v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestPackForm wants "--pack q8" to be "--values q8".
func TestPackForm(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	must(t, pruneArgs(micro("opt-micro"), a, "--pack", "q8")...)
	must(t, pruneArgs(micro("opt-micro"), b, "--values", "q8")...)
	sameModel(t, a, b)
}
