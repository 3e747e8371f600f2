package main

import (
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/job"
)

// explainFlags are those of explain.
type explainFlags struct {
	*jobFlags
	job.Weights
	columns string
}

func explainCommand(con *console) *cobra.Command {
	f := &explainFlags{jobFlags: newFlags()}
	cmd := &cobra.Command{
		Use:                   "explain --model DIR --calib FILE --block B --matrix NAME --row R",
		DisableFlagsInUseLine: true, // they would not fit
		Short:                 "Work a sweep out for a few weights, with every number",
		Long: `Explain sweeps one matrix as "prune --method sparsegpt --layers B:B+1" does and
prints the numbers for a few columns of one row: the score of each weight, the
threshold that decides whether it goes, the err that leaves, and what that err
changes in the columns to the right. It writes nothing.

docs/4-sweep.md says what the numbers mean. Blocks, rows and columns are counted
from 0; the columns shown must be of one block of the sweep (--blocksize).`,
		Example: `  sparsellm explain --model testdata/opt-micro \
      --calib testdata/opt-micro/calib.rows.json --block 0 --matrix fc1 --row 3
  sparsellm explain --model opt-125m --calib text.txt --block 5 \
      --matrix q_proj --row 17 --columns 128:134 --pattern 2:4`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.read(cmd); err != nil {
				return err
			}
			result, err := job.Explain(cmd.Context(), f.Settings, f.Weights, con.hooks())
			if err != nil {
				return err
			}
			return con.report(f.json, result, func(w io.Writer) error { return printExplanation(w, result) })
		},
	}
	p := cmd.Flags()
	f.addModel(cmd, "")
	p.IntVar(&f.Block, "block", 0, "decoder `block` of the matrix, from 0")
	p.StringVar(&f.Matrix, "matrix", "", "the matrix's `name`: fc1, q_proj, mlp.down_proj, ...")
	p.IntVar(&f.Row, "row", 0, "`row` of the matrix, from 0: the weights of one output")
	p.StringVar(&f.columns, "columns", "", "show columns `A:B` only, A ≤ column < B (default: eight from A on)")
	f.addTarget(cmd)
	f.addSweep(cmd)
	return cmd
}

// read reads the flags, and says what is wrong with those that only explain has.
func (f *explainFlags) read(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case f.Model == "": // the job says so
	case !given("block"):
		return usagef("--block is missing: give the number of a decoder block, from 0")
	case f.Matrix == "":
		return usagef("--matrix is missing: give the name of a matrix in the block, such as fc1 or q_proj")
	case !given("row"):
		return usagef("--row is missing: give a row of the matrix, from 0")
	}
	if err := f.readColumns(); err != nil {
		return err
	}
	return f.jobFlags.read(cmd)
}

// readColumns reads --columns; an end of −1 is left to the job.
func (f *explainFlags) readColumns() error {
	f.To = -1
	if f.columns == "" {
		return nil
	}
	a, b, ok := strings.Cut(f.columns, ":")
	if !ok {
		return usagef("--columns %s is not of the form A:B", f.columns)
	}
	for _, end := range []struct {
		text string
		at   *int
	}{{a, &f.From}, {b, &f.To}} {
		if end.text == "" {
			continue
		}
		n, err := strconv.Atoi(end.text)
		if err != nil || n < 0 {
			return usagef("--columns %s: %q is not a column's number", f.columns, end.text)
		}
		*end.at = n
	}
	return nil
}
