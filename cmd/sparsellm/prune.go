package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparsellm/checkpoint"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// pruneFlags are those of prune alone.
type pruneFlags struct {
	modelFlags
	recipeFlags
	targetFlags
	out, method, mask, report, trace string
	eval                             []string
	force, resume                    bool
}

func pruneCommand(con *console) *cobra.Command {
	f := &pruneFlags{}
	cmd := &cobra.Command{
		Use:   "prune --model DIR --out DIR --calib FILE",
		Short: "Prune a model and write it to a new folder",
		Long: `Prune zeroes a share of the weights of every matrix in the model's decoder
blocks, repairs the rest, and writes a folder that loads like the model's own:
same tensor names, same dtypes, with its config and tokenizer.

Methods:
` + methodHelp() + `
--pattern N:M keeps N of every M weights in a row: 2:4 is half zeros. (The
authors' code counts the zeros instead.)

` + filled("--local makes sparsellm prune each matrix by "+either(prune.Locals()[1:])+", too, in place of "+prune.DefaultLocal+"'s sweep.", 80) + `

--allocate lets some matrices keep more than others, the total being the same:
  uniform     every matrix has the same share of zeros (the default for patterns
              and all methods but sparsellm)
  error       matrices keep more whose zeros move the hidden states more (the
              default for sparsellm)
  owl         blocks with more outliers |W|·‖X‖₂ keep more (Yin et al., 2024)
  alpha       blocks whose matrices have heavier-tailed spectra keep more
              (AlphaPruning, Lu et al., 2024)

Zeros are stored dense: the output is as large and as fast as the input. What
pruning gives is a model that compresses, and that sparse kernels can run.`,
		Example: `  sparsellm prune --model opt-125m --out pruned --calib text.txt --sparsity 0.5
  sparsellm prune --model opt-125m --out pruned --calib text.txt --pattern 2:4 \
      --method sparsegpt --eval test.txt --json result.json
  sparsellm prune --model opt-125m --out pruned --calib wikitext2 \
      --data-dir data --layers 0:half --skip out_proj`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.targetFlags.exclude(cmd); err != nil {
				return err
			}
			return pruneModel(cmd.Context(), con, f)
		},
	}
	f.add(cmd)
	return cmd
}

// add adds the flags.
func (f *pruneFlags) add(cmd *cobra.Command) {
	p := cmd.Flags()
	f.modelFlags.add(cmd, "eval-windows")
	p.StringVar(&f.out, "out", "", "write the pruned model to this `folder`")
	p.StringVar(&f.method, "method", "sparsellm", strings.Join(prune.Names(nil), ", "))
	f.targetFlags.add(cmd)
	f.recipeFlags.add(cmd)
	p.StringArrayVar(&f.eval, "eval", nil, "measure perplexity on this `file` before and after (may be repeated; as --calib)")
	p.StringVar(&f.mask, "mask", "", "also write the masks to this safetensors `file`: true where a weight is kept")
	p.StringVar(&f.report, "report", "", reportUsage)
	p.StringVar(&f.trace, "trace", "", "write what each step of SparseLLM does to its objective to this `file`,\na line of JSON each; --resume goes on with it and repeats the block that was cut off")
	p.BoolVar(&f.force, "force", false, "write to a folder that is not empty, or into the model's own")
	p.BoolVar(&f.resume, "resume", false, "go on with an interrupted run of the same command, if there is one, else start;\nif the result is there already, do nothing")
	completions(cmd, map[string]cobra.CompletionFunc{"method": oneOf(prune.Names(nil)...), "out": cobraFolders, "report": cobraFolders})
}

// check says what is wrong with the flags as such, and returns the job.
func (f *pruneFlags) check() (job, error) {
	if err := f.modelFlags.check(); err != nil {
		return job{}, err
	}
	if f.out == "" {
		return job{}, usagef("--out is missing: give the folder to write to")
	}
	if f.force && f.resume {
		return job{}, usagef("--force starts again and --resume goes on: they exclude each other")
	}
	if err := f.checkCalib(); err != nil {
		return job{}, err
	}
	j, err := f.job()
	if err != nil {
		return job{}, err
	}
	if f.mask != "" && !samePath(filepath.Dir(f.mask), f.out) {
		if err := writable(f.mask); err != nil {
			return job{}, err
		}
	}
	if err := writable(f.trace); err != nil {
		return job{}, err
	}
	return j, checkReport(f.report)
}

// job returns what the flags say of how to prune, or what is wrong with that.
func (f *pruneFlags) job() (job, error) {
	method, err := prune.MethodNamed(f.method)
	if err != nil {
		return job{}, asUsage(err)
	}
	if err := f.recipeFlags.check(); err != nil {
		return job{}, err
	}
	if err := method.CheckBits(f.wbits); err != nil {
		return job{}, asUsage(err)
	}
	if f.scope == "model" && !method.Global {
		return job{}, usagef("--scope model goes with --method %s only", either(prune.Names(func(m prune.MethodInfo) bool { return m.Global })))
	}
	if f.scope == "model" && uneven(f.allocate) {
		return job{}, usagef("--scope model shares out the zeros by its one threshold: leave out --allocate %s", f.allocate)
	}
	spec, err := f.targetFlags.of(f.spec())
	if err != nil {
		return job{}, err
	}
	if err := checkAllocation(f.allocate, spec); err != nil {
		return job{}, err
	}
	if f.trace != "" && !method.Alternates {
		return job{}, usagef("--trace goes with --method %s only", either(prune.Names(func(m prune.MethodInfo) bool { return m.Alternates })))
	}
	return job{method: method, local: f.local, compat: f.compat, spec: spec, allocate: f.allocate, flags: &f.recipeFlags}, nil
}

// pruneModel is the command: load, calibrate, prune, write, evaluate.
func pruneModel(ctx context.Context, con *console, f *pruneFlags) (err error) {
	start := time.Now()
	j, err := f.check()
	if err != nil {
		return err
	}
	j.clock = newClock("load")
	defer limitHeap(f.budget)()
	s, err := openSession(ctx, con, &f.modelFlags)
	if err != nil {
		return err
	}
	defer s.close()
	rows, err := s.calibration(ctx, &f.recipeFlags)
	if err != nil {
		return err
	}
	texts, err := s.evaluations(ctx, f.eval)
	if err != nil {
		return err
	}
	result := pruneResult{Settings: s.settings(), Eval: []pruneEval{}}
	if result.Settings.recipe, err = j.recipe(s, rows); err != nil {
		return err
	}
	result.Settings.Out = f.out
	result.Settings.Pattern = f.pattern
	share := j.spec.Target()
	result.Settings.Sparsity = &share

	out, saved, err := f.output(con, s, result.Settings, rows)
	if errors.Is(err, errComplete) {
		to := con.out
		if f.json == "-" {
			to = con.err // what reads the output wants JSON
		}
		_, err = fmt.Fprintf(to, "%s is complete already, pruned with these settings: there is nothing to do\n", f.out)
		return err
	}
	if err != nil {
		return err
	}
	con.onExit.add(out.leave)
	defer func() { err = out.end(err) }()

	if len(texts) > 0 {
		j.clock.turn("perplexity, dense")
	}
	dense, err := s.measure(ctx, s.ckpt, "dense", texts)
	if err != nil {
		return err
	}
	steps, err := openTrace(f.trace, f.resume)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, steps.close()) }()
	out.removeWith(steps.remove)
	if j.method.Alternates && (f.trace != "" || f.report != "") {
		j.trace = steps.note
	}
	if result.Layers, err = j.into(ctx, s, rows, out.w, "", saved); err != nil {
		return err
	}
	result.Size = s.sizes(result.Layers, f.storeAs)
	j.clock.turn("write")
	if err := out.commit(ctx); err != nil {
		return err
	}
	if len(texts) > 0 {
		j.clock.turn("perplexity, pruned")
	}
	con.remark("wrote %s", f.out)
	if result.Eval, err = f.after(ctx, s, result.Layers, dense, texts); err != nil {
		if stopped(err) {
			err = errors.New("interrupted")
		}
		return fmt.Errorf("the pruned model is complete in %s, but what was to follow failed: %w", f.out, err)
	}
	result.Seconds = time.Since(start).Seconds()
	result.PeakBytes = peakBytes()
	result.Phases = j.clock.stop()
	err = con.report(f.json, result, result.print)
	if err == nil {
		err = f.writeReport(con, result)
	}
	if err != nil {
		return fmt.Errorf("the pruned model is complete in %s, but the result could not be reported: %w", f.out, err)
	}
	return nil
}

// writeReport writes the report, if there is to be one.
func (f *pruneFlags) writeReport(con *console, result pruneResult) error {
	if f.report == "" {
		return nil
	}
	written, err := checkpoint.Open(f.out)
	if err != nil {
		return err
	}
	defer written.Close()
	d, err := result.report(written)
	if err != nil {
		return err
	}
	return con.writeReport(f.report, d)
}

// output starts the output, or goes on with that of an interrupted run.
func (f *pruneFlags) output(con *console, s *session, all settings, rows [][]int) (*output, *savedRun, error) {
	first, last, err := f.layerRange.of(s.cfg.Blocks)
	if err != nil {
		return nil, nil, err
	}
	id, err := identity(all, rows)
	if err != nil {
		return nil, nil, err
	}
	w, err := checkpoint.Create(s.ckpt, f.out, checkpoint.Options{DType: f.storeAs, Untie: s.untie, Force: f.force, Resume: f.resume, Record: id})
	if err != nil {
		return nil, nil, refusal(err, f.out, id)
	}
	out := &output{w: w, dir: f.out}
	saved := &savedRun{con: con, out: out, settings: id, first: first, blocks: last - first}
	if err := saved.check(); err != nil {
		return nil, nil, errors.Join(err, w.Suspend())
	}
	if _, resumes := w.Resumes(); resumes {
		out.savedUpTo(0, saved.blocks) // the state, if there is any, says more
	} else if f.resume {
		con.remark("nothing to resume in %s: starting from the beginning", f.out)
	}
	return out, saved, nil
}

// after reads back what was written: its perplexities, and its masks.
func (f *pruneFlags) after(ctx context.Context, s *session, layers []pipeline.MatrixReport, dense []evalEval, texts []evaluation) ([]pruneEval, error) {
	written, err := checkpoint.Open(f.out)
	if err != nil {
		return nil, err
	}
	defer written.Close()
	if f.mask != "" {
		var names []string
		for _, l := range layers {
			names = append(names, l.Tensor)
		}
		if err := written.WriteMask(f.mask, names); err != nil {
			return nil, err
		}
	}
	sparse, err := s.measure(ctx, written, "pruned", texts)
	if err != nil {
		return nil, err
	}
	both := make([]pruneEval, len(texts))
	for i := range both {
		both[i] = pruneEval{texts[i].text, dense[i].Perplexity, sparse[i].Perplexity}
	}
	return both, nil
}

// errComplete says that there is nothing to do.
var errComplete = errors.New("complete already")

// refusal adds to a refused output folder what the user can do. Where the folder
// has what settings give, it is errComplete.
func refusal(err error, dir string, settings []byte) error {
	st, stat := os.Stat(dir)
	done := (*checkpoint.CompleteError)(nil)
	switch {
	case errors.As(err, &done) && done.Other:
		return fmt.Errorf("cannot resume: %s holds the complete result of another model; --force starts again", dir)
	case done != nil && bytes.Equal(done.Record, settings):
		return errComplete
	case done != nil:
		return fmt.Errorf("%w; --force starts again", otherSettings("the complete result in "+dir, done.Record, settings))
	case stat == nil && !st.IsDir():
	case errors.Is(err, checkpoint.ErrInterrupted):
		return fmt.Errorf("%w; --resume goes on with it, --force starts again", err)
	case errors.Is(err, checkpoint.ErrOutput):
		return fmt.Errorf("%w; --force writes there all the same", err)
	}
	return err
}

// samePath reports whether a and b are the same folder, there or not.
func samePath(a, b string) bool {
	a, err1 := filepath.Abs(a)
	b, err2 := filepath.Abs(b)
	return err1 == nil && err2 == nil && a == b
}
