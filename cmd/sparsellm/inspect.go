package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/inspect"
	"sparsellm/internal/atomicfile"
	"sparsellm/job"
	"sparsellm/report"
)

func inspectCommand(con *console) *cobra.Command {
	var jsonPath string
	cmd := &cobra.Command{
		Use:   "inspect DIR",
		Short: "Count zeros and find N:M patterns in a model",
		Long: `Inspect reads every tensor of a model and prints how many zeros it has, the N:M
pattern that they follow (N of every M weights in a row are kept), and the size
of the whole dense, as a bitmask with the values that are not zero, and as
compressed sparse rows (CSR, 32-bit indices). Of a packed model it prints what
each part takes, in bytes for each weight.`,
		Example:           "  sparsellm inspect pruned",
		Args:              oneModel,
		ValidArgsFunction: cobraFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := atomicfile.Writable(jsonPath); err != nil {
				return err
			}
			ckpt, err := job.OpenModel(cmd.Context(), con.hooks(), args[0])
			if err != nil {
				return err
			}
			defer ckpt.Close()
			if err := ckpt.Check(); err != nil {
				con.remark("zeros are counted in what is stored: %s", sentence(err))
			}
			for _, r := range ckpt.Remarks() {
				con.remark("%s", r)
			}
			meter := con.meter("", len(ckpt.Names()))
			defer meter.end()
			result, err := inspect.Read(cmd.Context(), ckpt, meter.at)
			if err != nil {
				return err
			}
			result.Model = args[0]
			return con.report(jsonPath, result, func(w io.Writer) error { return printInspected(w, result) })
		},
	}
	cmd.Flags().StringVar(&jsonPath, "json", "", jsonUsage)
	return cmd
}

// printInspectedPacked is printInspected for a packed model.
func printInspectedPacked(w io.Writer, r *inspect.Model) error {
	var t table
	t.row("tensor", "packed", "shape", "zeros", "bytes a weight", "kept", "index", "scales")
	each := func(part, weights int64) string {
		if part == 0 {
			return "-"
		}
		return fmt.Sprintf("%.3f", float64(part)/float64(weights))
	}
	rest := 0
	for _, x := range r.Tensors {
		p := x.Packed
		if p == nil {
			rest++
			continue
		}
		t.row(x.Name, p.Kind+" "+p.Values, shapeOf(x), report.Percent(x.Sparsity),
			each(p.Bytes, x.Elements), each(p.Kept, x.Elements), each(p.Index+p.Offsets, x.Elements), each(p.Scales, x.Elements))
	}
	if err := t.print(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "and %d tensors that are not packed\n", rest)
	fmt.Fprintf(w, "\n%s of the weights in decoder blocks are zero, %s of all.\n\n",
		report.Percent(r.Matrices.Sparsity), report.Percent(r.All.Sparsity))
	return printStorage(w, *r.Packed)
}

func shapeOf(x inspect.Tensor) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(x.Shape), "[]"), " ", "×")
}

// printInspected writes what a model holds for a reader.
func printInspected(w io.Writer, r *inspect.Model) error {
	if r.Packed != nil {
		return printInspectedPacked(w, r)
	}
	var t table
	t.row("tensor", "dtype", "shape", "zeros", "N:M")
	vectors := 0
	for _, x := range r.Tensors {
		if len(x.Shape) < 2 && x.Zeros == 0 {
			vectors++
			continue
		}
		pattern := x.Pattern
		if pattern == "" {
			pattern = "-"
		}
		t.row(x.Name, x.DType, shapeOf(x), report.Percent(x.Sparsity), pattern)
	}
	if err := t.print(w); err != nil {
		return err
	}
	if vectors > 0 {
		fmt.Fprintf(w, "and %d vectors, such as biases, without zeros\n", vectors)
	}
	if slices.ContainsFunc(r.Tensors, func(t inspect.Tensor) bool { return t.Pattern != "" }) {
		fmt.Fprintln(w, "N:M keeps N of every M weights in a row.")
	}
	fmt.Fprintf(w, "\n%s of the weights in decoder blocks are zero, %s of all.\n\n",
		report.Percent(r.Matrices.Sparsity), report.Percent(r.All.Sparsity))
	return printSizes(w, []string{"block matrices", "whole model"}, []inspect.Size{r.Matrices.Size, r.All.Size})
}
