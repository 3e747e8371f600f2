package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// explainFlags are those of explain.
type explainFlags struct {
	modelFlags
	recipeFlags
	targetFlags
	block, row      int
	matrix, columns string

	given struct{ block, row bool }
	shown columnRange
}

func explainCommand(con *console) *cobra.Command {
	f := &explainFlags{}
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
			f.given.block, f.given.row = cmd.Flags().Changed("block"), cmd.Flags().Changed("row")
			if err := f.targetFlags.exclude(cmd); err != nil {
				return err
			}
			result, err := explanation(cmd.Context(), con, f)
			if err != nil {
				return err
			}
			return con.report(f.json, result, result.print)
		},
	}
	p := cmd.Flags()
	f.modelFlags.add(cmd, "")
	p.IntVar(&f.block, "block", 0, "decoder `block` of the matrix, from 0")
	p.StringVar(&f.matrix, "matrix", "", "the matrix's `name`: fc1, q_proj, mlp.down_proj, ...")
	p.IntVar(&f.row, "row", 0, "`row` of the matrix, from 0: the weights of one output")
	p.StringVar(&f.columns, "columns", "", "show columns `A:B` only, A ≤ column < B (default: eight from A on)")
	f.targetFlags.add(cmd)
	f.recipeFlags.addSweep(cmd)
	return cmd
}

// check says what is wrong with the flags as such, and returns how to sweep.
func (f *explainFlags) check() (prune.Spec, error) {
	f.wbits = 16
	spec := f.spec()
	if err := f.modelFlags.check(); err != nil {
		return spec, err
	}
	switch {
	case !f.given.block:
		return spec, usagef("--block is missing: give the number of a decoder block, from 0")
	case f.matrix == "":
		return spec, usagef("--matrix is missing: give the name of a matrix in the block, such as fc1 or q_proj")
	case !f.given.row:
		return spec, usagef("--row is missing: give a row of the matrix, from 0")
	}
	if err := f.checkSweep(); err != nil {
		return spec, err
	}
	var err error
	if f.shown, err = parseColumns(f.columns); err != nil {
		return spec, err
	}
	return f.targetFlags.of(spec)
}

// columnRange is what --columns says; an end of −1 is left to the matrix.
type columnRange struct{ from, to int }

func parseColumns(s string) (columnRange, error) {
	r := columnRange{to: -1}
	if s == "" {
		return r, nil
	}
	a, b, ok := strings.Cut(s, ":")
	if !ok {
		return r, usagef("--columns %s is not of the form A:B", s)
	}
	for _, end := range []struct {
		text string
		at   *int
	}{{a, &r.from}, {b, &r.to}} {
		if end.text == "" {
			continue
		}
		n, err := strconv.Atoi(end.text)
		if err != nil || n < 0 {
			return r, usagef("--columns %s: %q is not a column's number", s, end.text)
		}
		*end.at = n
	}
	return r, nil
}

// of returns the range in a matrix of so many columns: where no end is given,
// that of eight columns, of the matrix, or of the sweep's block.
func (r columnRange) of(cols, blockSize int) (from, to int) {
	if r.to >= 0 {
		return r.from, r.to
	}
	last := min(r.from+8, cols, (r.from/blockSize+1)*blockSize)
	return r.from, max(last, r.from+1)
}

// explanation does what the flags ask for.
func explanation(ctx context.Context, con *console, f *explainFlags) (*explainResult, error) {
	spec, err := f.check()
	if err != nil {
		return nil, err
	}
	s, err := openSession(ctx, con, &f.modelFlags)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if f.block < 0 || f.block >= s.cfg.Blocks {
		return nil, usagef("--block %d is not one of the model's %d, from 0 on", f.block, s.cfg.Blocks)
	}
	if f.precision == "f64" {
		return explain[float64](ctx, s, f, spec)
	}
	return explain[float32](ctx, s, f, spec)
}

func explain[T linalg.Float](ctx context.Context, s *session, f *explainFlags, spec prune.Spec) (*explainResult, error) {
	m, err := arch.Open[T](s.ckpt.Config(), s.ckpt)
	if err != nil {
		return nil, err
	}
	b, err := m.Block(f.block)
	if err != nil {
		return nil, err
	}
	l, err := findMatrix(b, f.block, f.matrix)
	if err != nil {
		return nil, err
	}
	from, to := f.shown.of(l.Weight.Inputs(), f.blocksize)
	if err := spec.CheckWork(l.Weight.Outputs(), l.Weight.Inputs(), f.row, from, to); err != nil {
		return nil, asUsage(err)
	}
	rows, err := s.calibration(ctx, &f.recipeFlags)
	if err != nil {
		return nil, err
	}
	progress := s.con.follow("", 1)
	w, err := pipeline.Explain(ctx, s.pool, m, rows, pipeline.Options[T]{
		Spec: spec, Epochs: 1, First: f.block, Last: f.block + 1, Progress: progress.event,
	}, l.Name, f.row, from, to)
	progress.end(false)
	if err != nil {
		return nil, err
	}
	r := &explainResult{
		Settings: explainSettings{
			settings: s.settings(), Calib: f.calib, NSamples: len(rows), Sample: len(rows[0]), Seed: f.seed,
			BlockSize: f.blocksize, PercDamp: f.percdamp, Pattern: f.pattern, Sparsity: spec.Target(),
		},
		Block: f.block, Name: l.Name, Tensor: l.Slot.Tensor, Rows: l.Weight.Outputs(), Cols: l.Weight.Inputs(), Row: f.row,
		Sweep: [2]int{w.First, w.End}, Damping: w.Damping,
	}
	if !spec.Pattern.Structured() && spec.Sparsity > 0 {
		r.Threshold = &w.Threshold
	}
	for _, c := range w.Columns {
		r.Columns = append(r.Columns, explainColumn{
			Column: c.Column, Dense: c.Dense, Scored: c.Scored, R: c.Diagonal, Score: c.Saliency, Weight: c.Weight,
			Zeroed: c.Zeroed, Kept: c.Kept, Err: c.Err, Updates: append([]float64{}, c.Updates...), Dead: c.Dead,
		})
	}
	return r, nil
}

// findMatrix returns the matrix that is called name, or whose name ends so
// after a dot.
func findMatrix[T linalg.Float](b *model.Block[T], block int, name string) (*model.Linear[T], error) {
	var names []string
	for _, l := range b.Linears() {
		if l.Name == name || lastPart(l.Name) == name {
			return l, nil
		}
		names = append(names, l.Name)
	}
	return nil, usagef("--matrix %s: block %d has %s", name, block, strings.Join(names, ", "))
}

// explainResult is what explain --json writes.
type explainResult struct {
	Settings explainSettings `json:"settings"`
	Block    int             `json:"block"`
	Name     string          `json:"name"`
	Tensor   string          `json:"tensor"`
	Rows     int             `json:"rows"`
	Cols     int             `json:"cols"`
	Row      int             `json:"row"`
	Sweep    [2]int          `json:"sweep"`   // the columns that a threshold is for: from ≤ j < to
	Damping  float64         `json:"damping"` // that the Hessian took
	// Threshold is the score up to which a weight goes; null under a pattern,
	// and where none goes.
	Threshold *float64        `json:"threshold"`
	Columns   []explainColumn `json:"columns"`
}

// explainSettings are those that decide a sweep.
type explainSettings struct {
	settings
	Sparsity  float64 `json:"sparsity"`
	Pattern   string  `json:"pattern,omitempty"`
	Calib     string  `json:"calib"`
	NSamples  int     `json:"nsamples"`
	Sample    int     `json:"calib_seqlen"`
	Seed      int64   `json:"seed"`
	BlockSize int     `json:"blocksize"`
	PercDamp  float64 `json:"percdamp"`
}

// explainColumn is prune.WorkedColumn.
type explainColumn struct {
	Column  int       `json:"column"`
	Dense   float64   `json:"dense"`
	Scored  float64   `json:"scored"`
	R       float64   `json:"r"`
	Score   float64   `json:"score"`
	Weight  float64   `json:"weight"`
	Zeroed  bool      `json:"zeroed"`
	Kept    float64   `json:"kept"`
	Err     float64   `json:"err"`
	Updates []float64 `json:"updates"` // of the columns after it, in order
	Dead    bool      `json:"dead,omitempty"`
}

// describe says in a few words what is shown.
func (r *explainResult) describe() string {
	s := r.Settings
	to := "to " + percent(s.Sparsity) + " zeros"
	if s.Pattern != "" {
		to = "to " + s.Pattern
	}
	return fmt.Sprintf("%s of block %d, %d×%d, swept %s", r.Name, r.Block, r.Rows, r.Cols, to)
}
