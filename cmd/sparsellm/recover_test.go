package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/job"
)

// recoverArgs are those of recovering a pruned llama-micro in a few steps.
func recoverArgs(pruned, out string, more ...string) []string {
	m := micro("llama-micro")
	return append([]string{"recover", "--model", pruned, "--teacher", m, "--calib", filepath.Join(m, "calib.rows.json"),
		"--out", out, "--seqlen", "32", "--steps", "8", "--every", "4", "--held", "2"}, more...)
}

// TestRecover prunes a model, recovers it, and finds its zeros where they were,
// and a lower divergence.
func TestRecover(t *testing.T) {
	pruned, out := filepath.Join(t.TempDir(), "pruned"), filepath.Join(t.TempDir(), "out")
	must(t, pruneArgs(micro("llama-micro"), pruned, "--pattern=2:4")...)
	var r job.Recovered
	if err := json.Unmarshal([]byte(must(t, recoverArgs(pruned, out, "--json", "-")...)), &r); err != nil {
		t.Fatal(err)
	}
	if !(r.After < r.Before) || r.Best == 0 || r.Steps != 8 {
		t.Errorf("%+v", r)
	}
	if !maps.Equal(zerosOf(t, pruned), zerosOf(t, out)) {
		t.Error("the zeros have changed")
	}
	if string(read(t, filepath.Join(pruned, "model.safetensors"))) == string(read(t, filepath.Join(out, "model.safetensors"))) {
		t.Error("nothing has changed")
	}
	again := filepath.Join(t.TempDir(), "again")
	must(t, recoverArgs(pruned, again, "--threads", "1")...)
	if string(read(t, filepath.Join(again, "model.safetensors"))) != string(read(t, filepath.Join(out, "model.safetensors"))) {
		t.Error("the same steps with another number of threads give other bytes")
	}
}

// TestRecoverRefused holds what recover refuses to a sentence.
func TestRecoverRefused(t *testing.T) {
	m, out := micro("llama-micro"), filepath.Join(t.TempDir(), "out")
	for _, x := range []struct {
		want string
		args []string
	}{
		{"--teacher is missing", []string{"recover", "--model", m, "--calib", "x"}},
		{"--out is missing", []string{"recover", "--model", m, "--teacher", m, "--calib", "x"}},
		{"give one", recoverArgs(m, out, "--time", "5s")},
		{"would be held out", recoverArgs(m, out, "--held", "100000")},
		{"the pruned model has", recoverArgs(m, out, "--teacher", filepath.Join("..", "..", "testdata", "today", "gpt2"))},
	} {
		o := sparse(x.args...)
		if o.code == exitOK || !strings.Contains(o.err, x.want) {
			t.Errorf("%v: exit code %d, %s; want %q", x.args, o.code, o.err, x.want)
		}
	}
}
