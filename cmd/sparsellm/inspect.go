package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/arch"
	"sparsellm/checkpoint"
)

// inspectResult is what inspect --json writes.
type inspectResult struct {
	Model    string          `json:"model"`
	Tensors  []inspectTensor `json:"tensors"`
	Matrices inspectTotal    `json:"matrices"` // those in decoder blocks: what prune prunes
	All      inspectTotal    `json:"all"`
}

// inspectTensor is what inspect finds out about one tensor.
type inspectTensor struct {
	Name    string `json:"name"`
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Pattern string `json:"pattern,omitempty"` // N:M keeps N of every M
	inspectTotal
}

// inspectTotal is about one tensor or several.
type inspectTotal struct {
	Elements int64   `json:"elements"`
	Zeros    int64   `json:"zeros"`
	Sparsity float64 `json:"sparsity"`
	size
}

func (t *inspectTotal) add(u inspectTotal) {
	t.Elements += u.Elements
	t.Zeros += u.Zeros
	t.Sparsity = float64(t.Zeros) / float64(max(t.Elements, 1))
	t.size = t.size.plus(u.size)
}

func inspectCommand(con *console) *cobra.Command {
	var jsonPath string
	cmd := &cobra.Command{
		Use:   "inspect DIR",
		Short: "Count zeros and find N:M patterns in a model",
		Long: `Inspect reads every tensor of a model and prints how many zeros it has, the N:M
pattern that they follow (N of every M weights in a row are kept), and the size
of the whole dense, as a bitmask with the values that are not zero, and as
compressed sparse rows (CSR, 32-bit indices).`,
		Example: "  sparsellm inspect pruned",
		Args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return usagef("the model's folder is missing")
			case 1:
				return nil
			}
			return usagef("unexpected argument %q", args[1])
		},
		ValidArgsFunction: cobraFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := writable(jsonPath); err != nil {
				return err
			}
			dir, err := locateModel(cmd.Context(), con, args[0])
			if err != nil {
				return err
			}
			ckpt, err := checkpoint.Open(dir)
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
			result := inspectResult{Model: args[0]}
			meter := con.meter("", len(ckpt.Names()))
			defer meter.end()
			for i, name := range ckpt.Names() {
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				meter.at(i, name)
				if err := result.add(ckpt, name); err != nil {
					return err
				}
			}
			return con.report(jsonPath, result, result.print)
		},
	}
	cmd.Flags().StringVar(&jsonPath, "json", "", "also write the result to this `file` (-: to standard output instead of the table)")
	return cmd
}

// add reads a tensor. One that is not of floating-point numbers has no zeros
// to speak of.
func (r *inspectResult) add(ckpt *checkpoint.Checkpoint, name string) error {
	shape, _ := ckpt.Shape(name)
	dtype, _ := ckpt.DType(name)
	rows, cols := 1, 1
	for i, d := range shape {
		if i < len(shape)-1 {
			rows *= d
		} else {
			cols = d
		}
	}
	t := inspectTensor{Name: name, DType: dtype.String(), Shape: slices.Concat([]int{}, shape)}
	zeros := 0
	if dtype.Numeric() {
		w := make([]float32, rows*cols)
		if err := ckpt.ReadFloat32(name, w); err != nil {
			return err
		}
		for _, v := range w {
			if v == 0 {
				zeros++
			}
		}
		if len(shape) == 2 {
			if p, ok := findPattern(w, rows, cols); ok {
				t.Pattern = p.String()
			}
		}
	}
	t.inspectTotal.add(inspectTotal{
		Elements: int64(rows) * int64(cols), Zeros: int64(zeros),
		size: sizeOf(rows, cols, zeros, dtype.Size()),
	})
	r.Tensors = append(r.Tensors, t)
	if arch.InBlock(name) && len(shape) == 2 {
		r.Matrices.add(t.inspectTotal)
		r.All.add(t.inspectTotal)
		return nil
	}
	dense := t.inspectTotal // nobody would store it otherwise
	dense.size = size{dense.Dense, dense.Dense, dense.Dense}
	r.All.add(dense)
	return nil
}

// print writes the result for a reader.
func (r inspectResult) print(w io.Writer) error {
	var t table
	t.row("tensor", "dtype", "shape", "zeros", "N:M")
	vectors := 0
	for _, x := range r.Tensors {
		if len(x.Shape) < 2 && x.Zeros == 0 {
			vectors++
			continue
		}
		shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(x.Shape), "[]"), " ", "×")
		pattern := x.Pattern
		if pattern == "" {
			pattern = "-"
		}
		t.row(x.Name, x.DType, shape, percent(x.Sparsity), pattern)
	}
	if err := t.print(w); err != nil {
		return err
	}
	if vectors > 0 {
		fmt.Fprintf(w, "and %d vectors, such as biases, without zeros\n", vectors)
	}
	if slices.ContainsFunc(r.Tensors, func(t inspectTensor) bool { return t.Pattern != "" }) {
		fmt.Fprintln(w, "N:M keeps N of every M weights in a row.")
	}
	fmt.Fprintf(w, "\n%s of the weights in decoder blocks are zero, %s of all.\n\n",
		percent(r.Matrices.Sparsity), percent(r.All.Sparsity))
	return printSizes(w, []string{"block matrices", "whole model"}, []size{r.Matrices.size, r.All.size})
}
