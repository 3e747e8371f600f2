package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"sparsellm/inspect"
	"sparsellm/job"
	"sparsellm/pipeline"
	"sparsellm/report"
)

// printPruned writes the result for a reader, in 80 columns.
func printPruned(w io.Writer, r *job.Result) error {
	fmt.Fprintf(w, "Pruned %s to %s.\n", r.Settings.Model, r.Settings.Out)
	fmt.Fprintf(w, "%s of the weights in %d matrices are zero", report.Percent(job.Sparsity(r.Layers)), len(r.Layers))
	if p := r.Settings.Pattern; p.Structured() {
		fmt.Fprintf(w, ", %d of every %d in a row kept", p.Keep, p.Of)
	}
	fmt.Fprintf(w, ".\nIt took %s, and %s of memory at most.\n", inSeconds(r.Seconds), report.Bytes(r.PeakBytes))
	fmt.Fprintln(w)
	if err := printSettings(w, r.Settings); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := printMatrices(w, r.Layers); err != nil {
		return err
	}
	if len(r.Eval) > 0 {
		fmt.Fprintln(w)
		var t table
		t.row("perplexity on", "seqlen", "tokens", "dense", "pruned")
		for _, e := range r.Eval {
			t.row(shortened(e.File, 36), e.SeqLen, e.Tokens, e.Dense, e.Pruned)
		}
		if err := t.print(w); err != nil {
			return err
		}
	}
	if r.Packed != nil {
		fmt.Fprintln(w)
		return printStorage(w, *r.Packed)
	}
	fmt.Fprint(w, "\nZeros are stored dense, so that everything loads the model as before;\n\"sparsellm pack\" makes it small and fast. Sizes:\n")
	return printSizes(w, []string{"pruned matrices", "whole model"}, []inspect.Size{r.Size.Matrices, r.Size.Model})
}

// printSizes writes a line for each of the sizes.
func printSizes(w io.Writer, names []string, sizes []inspect.Size) error {
	var t table
	t.row("", "dense (as stored)", "as bitmask + values", "as CSR")
	for i, s := range sizes {
		t.row(names[i], report.Bytes(s.Dense), report.Bytes(s.Bitmask), report.Bytes(s.CSR))
	}
	return t.print(w)
}

// printMatrices writes a line for each kind of matrix, over all blocks.
func printMatrices(w io.Writer, layers []pipeline.MatrixReport) error {
	var names []string
	of := map[string][]pipeline.MatrixReport{}
	for _, l := range layers {
		if of[l.Name] == nil {
			names = append(names, l.Name)
		}
		of[l.Name] = append(of[l.Name], l)
	}
	var t table
	t.row("matrix", "shape", "blocks", "zeros", "error", "worst", "block", "time")
	for _, name := range names {
		ls := of[name]
		worst := slices.MaxFunc(ls, func(a, b pipeline.MatrixReport) int { return cmp.Compare(a.Error, b.Error) })
		var mean, seconds float64
		for _, l := range ls {
			mean += l.Error / float64(len(ls))
			seconds += l.Seconds
		}
		t.row(name, fmt.Sprintf("%d×%d", ls[0].Rows, ls[0].Cols), len(ls), report.Percent(job.Sparsity(ls)),
			fmt.Sprintf("%.3g", mean), fmt.Sprintf("%.3g", worst.Error), worst.Block, inSeconds(seconds))
	}
	if err := t.print(w); err != nil {
		return err
	}
	fmt.Fprintln(w, "error: ‖(W − W₀)X‖²/‖W₀X‖² on the calibration inputs; mean and worst block")
	for _, note := range job.Notes(layers) {
		if at := strings.LastIndexByte(note[:min(len(note), 80)], ' '); len(note) > 80 && at > 0 {
			note = note[:at] + "\n" + note[at+1:]
		}
		fmt.Fprintln(w, note)
	}
	return nil
}

// shortened is s cut in front to n characters.
func shortened(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return "…" + string(r[len(r)-n+1:])
}

// printSettings writes settings as key=value pairs in lines of at most 80 columns.
func printSettings(w io.Writer, s job.Settings) error {
	line := "settings:"
	if err := s.Each(func(name, value string) {
		pair := name + "=" + value
		if len(line)+1+len(pair) > 80 {
			fmt.Fprintln(w, line)
			line = " "
		}
		line += " " + pair
	}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, line)
	return err
}
