package main

import (
	"fmt"
	"io"
	"slices"

	"sparsellm/job"
)

// columnsAcross is how many sparsities stand side by side in 80 columns.
const columnsAcross = 4

// printComparison writes the result for a reader: settings, and the table.
func printComparison(w io.Writer, r *job.Comparison) error {
	if err := printSettings(w, r.Settings); err != nil {
		return err
	}
	return printTable(w, r)
}

// printTable writes, for each text, a line per method with the perplexity and
// time of each sparsity.
func printTable(w io.Writer, r *job.Comparison) error {
	var methods, targets []string
	cells := map[[2]string]job.Cell{}
	for _, run := range r.Runs {
		if !slices.Contains(methods, run.Method) {
			methods = append(methods, run.Method)
		}
		if !slices.Contains(targets, run.Target) {
			targets = append(targets, run.Target)
		}
		cells[[2]string{run.Method, run.Target}] = run
	}
	for i, d := range r.Dense {
		fmt.Fprintf(w, "\nPerplexity on %s; dense: %v\n", title(d.Text), d.Perplexity)
		for part := range slices.Chunk(targets, columnsAcross) {
			var t table
			head := []any{"method"}
			for _, target := range part {
				head = append(head, target, "time")
			}
			t.row(head...)
			for _, m := range methods {
				line := []any{m}
				for _, target := range part {
					if run := cells[[2]string{m, target}]; run.Error != "" {
						line = append(line, "failed", "")
					} else {
						line = append(line, run.Eval[i].Perplexity, inSeconds(run.Seconds))
					}
				}
				t.row(line...)
			}
			if err := t.print(w); err != nil {
				return err
			}
		}
	}
	for _, run := range r.Runs {
		if run.Error != "" {
			fmt.Fprintf(w, "%s %s failed: %s\n", run.Method, run.Target, run.Error)
		}
	}
	return nil
}
