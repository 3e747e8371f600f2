package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"sparsellm/job"
	"sparsellm/plan"
)

// TestMemoryChangesNoByte walks budgets, threads and local methods: a budget may
// choose memory, computing anew or a file, and is refused where nothing fits,
// and what comes out is what comes out without one.
func TestMemoryChangesNoByte(t *testing.T) {
	weights := func(out string) []byte { return read(t, filepath.Join(out, "model.safetensors")) }
	says := map[string]string{plan.InMemory: "variables in it\n", plan.Anew: "computed anew\n", plan.InFile: "in a file in "}
	seen := map[string]bool{}
	for _, c := range []struct {
		model   string
		threads []string
		more    []string
	}{
		{"opt-micro", []string{"1", "2"}, []string{"--epochs", "3"}},
		{"llama-micro", []string{"1", "2", "64"}, []string{"--epochs", "5"}},
		{"opt-micro", []string{"2"}, []string{"--epochs", "4", "--local", "swaps", "--pattern", "2:4"}},
		{"llama-micro", []string{"2"}, []string{"--epochs", "3", "--local", "admm", "--keep-mask"}},
		{"llama-micro", []string{"1"}, []string{"--epochs", "4", "--local", "alps", "--allocate", "owl"}},
		{"llama-micro", []string{"1"}, []string{"--epochs", "2", "--compat"}},
		{"llama-micro", []string{"1"}, []string{"--epochs", "3", "--precision", "f64", "--allocate", "alpha"}},
		{"opt-micro", []string{"1"}, []string{"--method", "alps"}},
		{"opt-micro", []string{"1"}, []string{"--method", "sparsegpt"}},
	} {
		// More than a chunk of tokens, and samples that are held out.
		args := func(out, threads string, more ...string) []string {
			return slices.Concat([]string{"prune", "--model", micro(c.model), "--out", out, "--calib", filepath.Join(micro(c.model), "calib.rows.json"),
				"--nsamples", "48", "--seqlen", "32", "--threads", threads}, c.more, more)
		}
		free := filepath.Join(t.TempDir(), "out")
		must(t, append(args(free, "1"), "--quiet")...)
		for _, place := range plan.Auxiliaries {
			budget, ok := budgetFor(t, place, args("", c.threads[0])[1:]...)
			if !ok {
				continue
			}
			for _, threads := range c.threads {
				parent := t.TempDir()
				out := filepath.Join(parent, "out")
				o := sparse(args(out, threads, "--memory", budget)...)
				switch {
				case threads != c.threads[0] && o.code == exitUsage && strings.Contains(o.err, "needs "):
					continue // each has its own memory
				case o.code != exitOK:
					t.Fatalf("%s %v, %s threads, %s: exit code %d: %s", c.model, c.more, threads, budget, o.code, o.err)
				case threads == c.threads[0] && !slices.Contains(c.more, "--method"):
					if !strings.Contains(o.err, says[place]) {
						t.Errorf("%s %v, %s: auxiliary variables are not where they fit (%s): %s", c.model, c.more, budget, place, o.err)
					}
					seen[place] = true
				}
				if !bytes.Equal(weights(out), weights(free)) {
					t.Errorf("%s %v, %s threads, %s: other weights than without a budget", c.model, c.more, threads, budget)
				}
				if listing(parent) != "out" {
					t.Errorf("%s leaves %s", place, listing(parent))
				}
			}
		}
	}
	if len(seen) != len(plan.Auxiliaries) {
		t.Errorf("only %v came up", seen)
	}
	o := sparse(pruneArgs(micro("opt-micro"), filepath.Join(t.TempDir(), "out"), "--memory", "1MB")...)
	if o.code != exitUsage || !strings.Contains(o.err, "--memory 1MB: a run with these settings needs") {
		t.Errorf("a budget that is too small: exit code %d: %s", o.code, o.err)
	}
	checkSentence(t, o.err)
}

// budgetFor returns the least budget with which a run with these flags has its
// auxiliary variables in a place, or false if no budget gives that.
func budgetFor(t *testing.T, place string, args ...string) (budget string, ok bool) {
	t.Helper()
	f, cmd := newFlags(), &cobra.Command{}
	f.addPrune(cmd)
	cmd.Flags().Bool("quiet", false, "") // which all commands have
	if err := errors.Join(cmd.ParseFlags(args), f.read(cmd)); err != nil {
		t.Fatal(err)
	}
	f.Rates = plan.Rates{Product: 1, Attention: 1, Gram: 1, Factor: 1, Sweep: 1, Double: 1, Exp: 1, Bytes: 1} // how fast does not matter
	r, err := job.Plan(t.Context(), f.Settings, job.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	r.Settings.Auxiliaries = place
	p, err := plan.Make(r.Shape, r.Settings, plan.Rates{})
	if err != nil {
		t.Fatal(err)
	}
	if chosen, _, err := plan.Fit(r.Shape, r.Settings, p.Bytes); err != nil || chosen != place {
		return "", false // an earlier one needs no more
	}
	return fmt.Sprintf("%.3fkB", math.Ceil(p.Bytes)/1e3), true
}

// TestPlan plans by a name.
func TestPlan(t *testing.T) {
	var r job.Planned
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
	for want, args := range map[string][]string{
		"--model is missing":        {},
		"nor is it one of OPT-125M": {"--model", "gpt-2"},
		"there is no method":        {"--model", "OPT-125M", "--method", "snip"},
		"takes 2048 tokens at most": {"--model", "OPT-125M", "--seqlen", "4096"},
		"no local method":           {"--model", "OPT-125M", "--local", "wanda"},
		"does not quantise":         {"--model", "OPT-125M", "--local", "admm", "--wbits", "4"},
		"--threads -1 is negative":  {"--model", "OPT-125M", "--threads", "-1"},
		"--nsamples 0":              {"--model", "OPT-125M", "--nsamples", "0"},
		"--memory 1MB: a run":       {"--model", "OPT-125M", "--memory", "1MB"},
		"--memory 1 is not a size":  {"--model", "OPT-125M", "--memory", "1"},
	} {
		o := sparse(append([]string{"plan"}, args...)...)
		if o.code == exitOK || !strings.Contains(o.err, want) {
			t.Errorf("plan %v: exit code %d: %s, want %q", args, o.code, o.err, want)
		}
	}
}
