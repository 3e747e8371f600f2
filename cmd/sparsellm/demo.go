package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"sparsellm"
	"sparsellm/job"
)

// demoModels are the folders of sparsellm.Micro.
var demoModels = []string{"opt-micro", "llama-micro"}

func demoCommand(con *console) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Prune two small built-in models by every method",
		Long: `Demo prunes two built-in models, an OPT and a LLaMA of two blocks, by every
method to every one of three sparsities, and prints their perplexities. It
needs no files and no network.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return demo(cmd.Context(), con) },
	}
}

func demo(ctx context.Context, con *console) error {
	start := time.Now()
	fmt.Fprintln(con.out, `Perplexity says between how many tokens a model is undecided on average: lower
is better. Pruning zeroes weights; SparseGPT and SparseLLM also repair the rest.`)
	quiet := *con
	quiet.quiet = true
	for _, name := range demoModels {
		result, err := demoOf(ctx, &quiet, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(con.out, "\n%s, %d calibration samples of %d tokens", name, result.Settings.Samples, result.Settings.SampleLen)
		if err := printTable(con.out, result); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(con.out, `
2:4 keeps two of every four weights, which some hardware can make use of.
All of it in %s. Next, prune a model of your own:
  sparsellm prune --model DIR --out DIR --calib text.txt --sparsity 0.5
`, short(time.Since(start)))
	return err
}

// demoOf compares the methods on a built-in model. That has to be in files,
// which where the system allows go as soon as they are open, so that nothing is
// left of them whatever ends the process after that.
func demoOf(ctx context.Context, con *console, name string) (*job.Comparison, error) {
	dir, err := os.MkdirTemp("", "sparsellm-demo-*")
	if err != nil {
		return nil, err
	}
	remove := func() { os.RemoveAll(dir) } // an error leaves it to whoever cleans the temporary folder
	defer remove()
	con.onExit.add(func() string { remove(); return "" })
	models, err := fs.Sub(sparsellm.Micro(), name)
	if err == nil {
		err = os.CopyFS(dir, models)
	}
	if err != nil {
		return nil, err
	}
	f := newComparison()
	f.Model, f.Calib, f.Eval = dir, filepath.Join(dir, "calib.rows.json"), []string{filepath.Join(dir, "test.rows.json")}
	hooks := con.hooks()
	hooks.Loaded = remove
	return job.Compare(ctx, f.Settings, hooks)
}
