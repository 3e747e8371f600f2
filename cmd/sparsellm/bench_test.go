package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/job"
)

// TestBench runs two models in processes of their own.
func TestBench(t *testing.T) {
	t.Setenv(beCommand, "1") // of the test's own binary
	dir := t.TempDir()
	models := []string{micro("opt-micro"), micro("llama-micro")}
	args := append([]string{"bench", "--rounds", "2", "--prompt-tokens", "9", "--answer-tokens", "5", "--json", filepath.Join(dir, "b.json"), "--report", dir}, models...)
	out := must(t, args...)
	var b job.Benchmark
	readJSON(t, filepath.Join(dir, "b.json"), &b)
	if len(b.Models) != 2 || b.Bandwidth <= 0 || b.Rounds != 2 {
		t.Fatalf("%+v", b)
	}
	for i, m := range b.Models {
		st, err := os.Stat(filepath.Join(models[i], "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if m.Model != models[i] || m.Bytes != st.Size() || m.PeakBytes < 1<<20 || m.TokenBytes <= 0 || m.TokenBytes > m.Bytes ||
			m.Prompt.Tokens != 9 || m.Answer.Tokens != 4 || m.Prompt.PerSec <= 0 || m.Answer.PerSec <= 0 || m.Share <= 0 {
			t.Errorf("%+v", m)
		}
		if !strings.Contains(out, m.Model) {
			t.Errorf("the table does not have %s:\n%s", m.Model, out)
		}
	}
	if page := string(read(t, filepath.Join(dir, reportFile))); !strings.Contains(page, "Speed and size") || !strings.Contains(page, "--w:100.0%") {
		t.Error("the report shows no speeds")
	}
}

func TestBenchRefuses(t *testing.T) {
	t.Setenv(beCommand, "1")
	for want, args := range map[string][]string{
		"the models are missing":     {"bench"},
		"nowhere: there is no model": {"bench", "nowhere"},
		"--prompt-tokens 0":          {"bench", "--prompt-tokens", "0", micro("opt-micro")},
		"--answer-tokens 1":          {"bench", "--answer-tokens", "1", micro("opt-micro")},
		"--rounds 0":                 {"bench", "--rounds", "0", micro("opt-micro")},
		"9000 tokens and 64 more":    {"bench", "--prompt-tokens", "9000", micro("opt-micro")},
		"--threads -1 is negative":   {"bench", "--threads", "-1", micro("opt-micro")},
		"cannot write":               {"bench", "--json", "nowhere/x.json", micro("opt-micro")},
	} {
		o := sparse(args...)
		if o.code == exitOK || o.out != "" || !strings.Contains(o.err, want) || strings.Count(o.err, "\n") != 1 {
			t.Errorf("%v: %+v, want %q", args, o, want)
		}
	}
}
