package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"sparsellm/internal/long"
	"sparsellm/job"
	"sparsellm/prune"
)

// TestVariants prunes every form of architecture and storage by every method,
// and wants perplexities that are numbers of what prune wrote.
func TestVariants(t *testing.T) {
	const variants = "../../../shared/models/variants"
	dirs, err := os.ReadDir(variants)
	if err != nil {
		t.Skipf("the models are not beside the repository: %v", err)
	}
	long.Only(t) // prunes a hundred times
	rng := rand.New(rand.NewPCG(1, 2))
	var ids []string
	for range 4 {
		var row []string
		for range 32 {
			row = append(row, strconv.Itoa(3+rng.IntN(290))) // that all of the vocabularies have
		}
		ids = append(ids, "["+strings.Join(row, ",")+"]")
	}
	rows := write(t, filepath.Join(t.TempDir(), "ids.rows.json"), "["+strings.Join(ids, ",")+"]")
	table := &strings.Builder{}
	tw := tabwriter.NewWriter(table, 2, 0, 2, ' ', tabwriter.AlignRight)
	methods := append([]string{"sparsellm --compat"}, prune.Names(nil)...)
	fmt.Fprintf(tw, "variant\tdense\t%s\t\n", strings.Join(methods, "\t"))
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		for i, method := range methods {
			out, path := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "result.json")
			args := pruneArgs(filepath.Join(variants, d.Name()), out, "--json", path, "--eval", rows, "--calib", rows, "--method")
			must(t, append(args, strings.Fields(method)...)...)
			var r struct {
				Eval []struct{ Dense, Pruned job.Number }
			}
			if err := json.Unmarshal(read(t, path), &r); err != nil {
				t.Fatal(err)
			}
			e := r.Eval[0]
			if i == 0 {
				fmt.Fprintf(tw, "%s\t%v\t", d.Name(), e.Dense)
			}
			fmt.Fprintf(tw, "%v\t", e.Pruned)
			if p := float64(e.Pruned); !(p > 1) || math.IsInf(p, 0) {
				t.Errorf("%s by %s: perplexity %v", d.Name(), method, p)
			}
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	t.Logf("perplexities at 50%% zeros\n%s", table)
}

// TestInspectAcross finds a pattern among the inputs of matrices that are stored
// inputs × outputs.
func TestInspectAcross(t *testing.T) {
	dir, out := filepath.Join("..", "..", "testdata", "today", "gpt2"), filepath.Join(t.TempDir(), "out")
	must(t, "prune", "--model", dir, "--out", out, "--calib", filepath.Join(dir, "test.rows.json"), "--nsamples", "2", "--pattern", "2:4", "--method", "magnitude", "--quiet")
	path := filepath.Join(t.TempDir(), "inspect.json")
	must(t, "inspect", out, "--quiet", "--json", path)
	var m struct {
		Tensors []struct{ Name, Pattern string }
	}
	readPart(t, path, &m)
	found := 0
	for _, x := range m.Tensors {
		if x.Pattern == "2:4" {
			found++
		}
	}
	if found == 0 {
		t.Error("no matrix is said to be 2:4")
	}
}
