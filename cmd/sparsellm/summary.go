package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"sparsellm/pipeline"
)

// print writes the result for a reader, in 80 columns.
func (r pruneResult) print(w io.Writer) error {
	fmt.Fprintf(w, "Pruned %s to %s.\n", r.Settings.Model, r.Settings.Out)
	fmt.Fprintf(w, "%s of the weights in %d matrices are zero", percent(sparsity(r.Layers)), len(r.Layers))
	if n, m, ok := strings.Cut(r.Settings.Pattern, ":"); ok {
		fmt.Fprintf(w, ", %s of every %s in a row kept", n, m)
	}
	fmt.Fprintf(w, ".\nIt took %s, and %s of memory at most.\n", inSeconds(r.Seconds), humanBytes(r.PeakBytes))
	fmt.Fprintln(w)
	if err := r.Settings.print(w); err != nil {
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
	fmt.Fprint(w, "\nZeros are stored dense: the model is as large and as fast as before. Sizes:\n")
	return printSizes(w, []string{"pruned matrices", "whole model"}, []size{r.Size.Matrices, r.Size.Model})
}

// printSizes writes a line for each of the sizes.
func printSizes(w io.Writer, names []string, sizes []size) error {
	var t table
	t.row("", "dense (as stored)", "as bitmask + values", "as CSR")
	for i, s := range sizes {
		t.row(names[i], humanBytes(s.Dense), humanBytes(s.Bitmask), humanBytes(s.CSR))
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
		t.row(name, fmt.Sprintf("%d×%d", ls[0].Rows, ls[0].Cols), len(ls), percent(sparsity(ls)),
			fmt.Sprintf("%.3g", mean), fmt.Sprintf("%.3g", worst.Error), worst.Block, inSeconds(seconds))
	}
	if err := t.print(w); err != nil {
		return err
	}
	fmt.Fprintln(w, "error: ‖(W − W₀)X‖²/‖W₀X‖² on the calibration inputs; mean and worst block")
	for _, note := range footnotes(layers) {
		if at := strings.LastIndexByte(note[:min(len(note), 80)], ' '); len(note) > 80 && at > 0 {
			note = note[:at] + "\n" + note[at+1:]
		}
		fmt.Fprintln(w, note)
	}
	return nil
}

// footnotes says what else a reader should know of the matrices.
func footnotes(layers []pipeline.MatrixReport) []string {
	const most = 8 // about damping
	var notes []string
	damped := 0
	for _, l := range layers {
		if l.Damping > 0 {
			if damped++; damped <= most {
				notes = append(notes, fmt.Sprintf("block %d, %s: the Hessian's damping was raised to %g", l.Block, l.Name, l.Damping))
			}
		}
	}
	if damped > most {
		notes = append(notes, fmt.Sprintf("and so were those of %d more matrices; --json lists them", damped-most))
	}
	if n := dead(layers); n > 0 {
		notes = append(notes, fmt.Sprintf("%d input features were zero in every calibration sample; weights that read them are zeroed", n))
	}
	return notes
}

// dead counts the dead features of all layers.
func dead(layers []pipeline.MatrixReport) int {
	n := 0
	for _, l := range layers {
		n += l.Dead
	}
	return n
}

// sparsity is the share of zeros of all layers.
func sparsity(layers []pipeline.MatrixReport) float64 {
	var zeros, all float64
	for _, l := range layers {
		n := float64(l.Rows) * float64(l.Cols)
		zeros += n * l.Sparsity
		all += n
	}
	return zeros / max(all, 1)
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// shortened is s cut in front to n characters.
func shortened(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return "…" + string(r[len(r)-n+1:])
}
