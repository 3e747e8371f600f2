package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"sparsellm/job"
)

// columnsAcross is how many sparsities stand side by side in 80 columns.
const columnsAcross = 3

// printComparison writes the result for a reader: settings, and the table.
func printComparison(w io.Writer, r *job.Comparison) error {
	if err := printSettings(w, r.Settings); err != nil {
		return err
	}
	return printTable(w, r)
}

// comparedFigure is what methods are compared by: a table, with something beside
// each value.
type comparedFigure struct {
	title, beside string
	of            func(run job.Cell) (value, beside any)
}

// comparedFigures are the perplexities, the distances and the first measure of
// each task, with the paired difference from the dense model's.
func comparedFigures(r *job.Comparison) (all []comparedFigure) {
	for i, d := range r.Dense {
		all = append(all, comparedFigure{
			fmt.Sprintf("Perplexity on %s; dense: %v", title(d.Text), d.Perplexity), "time",
			func(run job.Cell) (any, any) { return run.Eval[i].Perplexity, inSeconds(run.Seconds) },
		})
	}
	for i, d := range r.DenseAgainst {
		all = append(all, comparedFigure{
			fmt.Sprintf("KL divergence, and same tokens, on %s; dense: %s, %.1f%%", filepath.Base(d.File), figure(float64(d.KL)), 100*float64(d.Agreement)), "same",
			func(run job.Cell) (any, any) {
				return figure(float64(run.Against[i].KL)), fmt.Sprintf("%.1f%%", 100*float64(run.Against[i].Agreement))
			},
		})
	}
	for i, d := range r.DenseTasks {
		for k, m := range d.Measures {
			if k > 0 && m.Name != "acc_norm" {
				continue
			}
			all = append(all, comparedFigure{
				fmt.Sprintf("%s on %s, %d documents; dense: %s ± %s", m.Name, shortened(d.Task, 30), d.N(), figure(m.Value()), figure(m.Stderr())), "change",
				func(run job.Cell) (any, any) {
					by := run.Tasks[i].Differences[k]
					return figure(run.Tasks[i].Measures[k].Value()), fmt.Sprintf("%+.3f±%.3f", float64(by.By), float64(by.Stderr))
				},
			})
		}
	}
	return all
}

// printTable writes, for each figure, a line per method with that of each
// sparsity.
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
	for _, f := range comparedFigures(r) {
		fmt.Fprintf(w, "\n%s\n", f.title)
		for part := range slices.Chunk(targets, columnsAcross) {
			var t table
			head := []any{"method"}
			for _, target := range part {
				head = append(head, target, f.beside)
			}
			t.row(head...)
			for _, m := range methods {
				line := []any{m}
				for _, target := range part {
					if run := cells[[2]string{m, target}]; run.Error != "" {
						line = append(line, "failed", "")
					} else {
						value, beside := f.of(run)
						line = append(line, value, beside)
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
