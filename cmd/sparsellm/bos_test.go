package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/job"
)

// evaluation runs eval and returns its result.
func evaluation(t *testing.T, args ...string) job.Evaluation {
	t.Helper()
	var r struct {
		Settings struct{ BOS string }
		Eval     []job.Evaluated
	}
	if err := json.Unmarshal([]byte(must(t, append([]string{"eval", "--json", "-", "--quiet"}, args...)...)), &r); err != nil {
		t.Fatal(err)
	}
	return job.Evaluation{Settings: job.Settings{BOS: r.Settings.BOS}, Eval: r.Eval}
}

// TestBOS has windows begin with a BOS where it is asked for, and where the model
// needs it.
func TestBOS(t *testing.T) {
	text := write(t, filepath.Join(t.TempDir(), "a.txt"), strings.Repeat("@#~", 40))
	rows := filepath.Join(micro("today/gemma3"), "test.rows.json")
	for _, c := range []struct {
		model, bos, want, remark string
	}{
		{"llama-micro", "auto", "", ""},
		{"llama-micro", "no", "no", ""},
		{"llama-micro", "yes", "yes", ""},
		{"today/gemma3", "auto", "yes", "windows of text begin with the token 1, without which gemma3_text predicts badly; --bos=no leaves it out"},
		{"today/gemma3", "yes", "yes", ""},
		{"today/gemma3", "no", "no", ""},
	} {
		args := []string{"--model", micro(c.model), "--tokenizer", micro("llama-micro"), "--data", text, "--seqlen", "16", "--windows", "3", "--bos", c.bos}
		r := evaluation(t, args...)
		tokens := 3 * 16
		if c.want == "yes" {
			tokens = 3 * 15
		}
		if e := r.Eval[0]; r.Settings.BOS != c.want || e.Tokens != tokens || e.SeqLen != 16 {
			t.Errorf("%s, %s: bos %q, %d tokens in windows of %d, want %q, %d and 16", c.model, c.bos, r.Settings.BOS, e.Tokens, e.SeqLen, c.want, tokens)
		}
		if o := sparse(append([]string{"eval"}, args...)...); strings.Contains(o.err, "windows of text begin") != (c.remark != "") || !strings.Contains(o.err, c.remark) {
			t.Errorf("%s, %s: remarks %s", c.model, c.bos, o.err)
		}
	}
	// Rows are as they are.
	with, without := evaluation(t, "--model", micro("today/gemma3"), "--data", rows, "--bos", "yes"), evaluation(t, "--model", micro("today/gemma3"), "--data", rows)
	if with.Eval[0] != without.Eval[0] {
		t.Errorf("of rows %v, and without it %v", with.Eval[0], without.Eval[0])
	}
	for _, command := range []string{"eval", "prune", "compare", "explain", "plan", "recover"} {
		args := []string{command, "--model", micro("llama-micro"), "--bos", "maybe"}
		switch command {
		case "eval":
			args = append(args, "--data", text)
		case "explain":
			args = append(args, "--block", "0", "--matrix", "q_proj", "--row", "0")
		case "recover":
			args = append(args, "--calib", text, "--teacher", micro("llama-micro"), "--out", filepath.Join(t.TempDir(), "out"))
		}
		if o := sparse(args...); o.code != exitUsage || !strings.Contains(o.err, "--bos maybe is none of auto, yes and no") {
			t.Errorf("%s: exit code %d: %s", command, o.code, o.err)
		}
	}
	nameless := copyModel(t, "llama-micro")
	config := strings.Replace(string(read(t, filepath.Join(nameless, "config.json"))), `"bos_token_id"`, `"no_bos"`, 1)
	write(t, filepath.Join(nameless, "config.json"), config)
	if o := sparse("eval", "--model", nameless, "--data", text, "--seqlen", "16", "--bos", "yes"); o.code != exitFailed || !strings.Contains(o.err, "--bos yes needs a token that begins a text") {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
}

// TestBOSResumed wants a run to be taken up with the windows it began with alone.
func TestBOSResumed(t *testing.T) {
	text := write(t, filepath.Join(t.TempDir(), "a.txt"), strings.Repeat("The cat sat on the mat. ", 40))
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"prune", "--model", micro("llama-micro"), "--out", out, "--calib", text, "--nsamples", "2", "--seqlen", "16", "--method", "sparsegpt", "--bos"}
	must(t, append(args, "yes")...)
	if o := sparse(append(args, "no", "--resume")...); o.code != exitFailed || !strings.Contains(o.err, "other calibration samples") {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
	if o := sparse(append(args, "yes", "--resume")...); o.code != exitOK || !strings.Contains(o.out, "complete already") {
		t.Errorf("exit code %d: %s%s", o.code, o.out, o.err)
	}
}

// TestPruneGGUF prunes a GGUF file and evaluates the folder that comes of it on
// text, which its own tokenizer reads.
func TestPruneGGUF(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "x.gguf"), filepath.Join(dir, "out")
	text := write(t, filepath.Join(dir, "a.txt"), strings.Repeat("The cat sat on the mat, 1 + 2 = 3. ", 30))
	must(t, "convert", micro("llama-micro"), "--to", "gguf-f32", "--out", file)
	for _, method := range []string{"magnitude", "sparsegpt"} {
		for _, bos := range []string{"no", "yes"} {
			var r struct{ Eval []job.BeforeAfter }
			where := []string{"--seqlen", "24", "--bos", bos}
			o := must(t, append([]string{"prune", "--model", file, "--out", out, "--force", "--calib", text, "--eval", text, "--nsamples", "2",
				"--method", method, "--sparsity", "0.5", "--json", "-", "--quiet"}, where...)...)
			if err := json.Unmarshal([]byte(o), &r); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"config.json", "tokenizer.json", "tokenizer_config.json"} {
				if _, err := os.Stat(filepath.Join(out, name)); err != nil {
					t.Errorf("%s: %v", method, err)
				}
			}
			got, want := evaluation(t, append(where, "--model", out, "--data", text)...).Eval[0], r.Eval[0]
			if got.Text != want.Text || math.Abs(float64(got.Perplexity/want.Pruned)-1) > 1e-6 {
				t.Errorf("%s: the folder has %v, prune said %v", method, got, want)
			}
			same := evaluation(t, append(where, "--model", file, "--data", text)...).Eval[0]
			folder := evaluation(t, append(where, "--model", micro("llama-micro"), "--data", text)...).Eval[0]
			if same != folder || same.Perplexity != want.Dense {
				t.Errorf("the file has %v, the folder that it was made of %v, and prune said %v", same, folder, want.Dense)
			}
		}
	}
}
