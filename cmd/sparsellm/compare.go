package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparsellm/checkpoint"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// compatSuffix asks for --compat of one method in a list of them.
const compatSuffix = "-compat"

// allocateSuffix begins the --allocate of one method in a list of them.
const allocateSuffix = "@"

// compareFlags are those of compare.
type compareFlags struct {
	modelFlags
	recipeFlags
	methods, sparsities, eval []string
	report                    string
	loaded                    func() // called once all files have been read or opened; may be nil
}

func compareCommand(con *console) *cobra.Command {
	f := &compareFlags{}
	return f.command(func(ctx context.Context) error {
		result, err := comparison(ctx, con, f)
		if err != nil {
			return err
		}
		if err := con.report(f.json, result, result.print); err != nil {
			return err
		}
		if f.report != "" {
			d, err := result.report()
			if err == nil {
				err = con.writeReport(f.report, d)
			}
			if err != nil {
				return err
			}
		}
		return result.failure()
	})
}

// command returns the command line that fills f.
func (f *compareFlags) command(run func(ctx context.Context) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare --model DIR --calib FILE --eval FILE",
		Short: "Prune by several methods and compare perplexities",
		Long: `Compare prunes a model by each of the methods to each of the sparsities and
prints one table of perplexities and times. It writes nothing: the pruned
weights are laid over the model in memory, rounded as they would be stored.

Sparsities are shares of zeros (0.5) and patterns (2:4, which keeps 2 of every
4). A method with -compat after its name, such as sparsellm-compat, computes
what the authors' released code does; --compat does that to all of them.
sparsellm+admm is sparsellm with --local admm, and so for the others. A method
with @ and an allocation after its name, such as sparsellm@owl, shares out the
zeros as prune --allocate does; --allocate is for the others.`,
		Example: `  sparsellm compare --model opt-125m --calib train.txt --eval test.txt
  sparsellm compare --model opt-125m --calib train.txt --eval test.txt \
      --methods sparsegpt,sparsellm,sparsellm-compat --sparsities 0.5,0.7,2:4`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context()) },
	}
	p := cmd.Flags()
	f.modelFlags.add(cmd, "eval-windows")
	p.StringSliceVar(&f.methods, "methods", prune.Names(nil), "`list` of methods, of "+strings.Join(prune.Names(nil), ", "))
	p.StringSliceVar(&f.sparsities, "sparsities", []string{"0.5", "0.7", "2:4"}, "`list` of shares of zeros and N:M patterns")
	p.Lookup("methods").DefValue = "all"
	f.recipeFlags.add(cmd)
	p.StringArrayVar(&f.eval, "eval", nil, "measure perplexity on this `file` (may be repeated; as --calib)")
	p.StringVar(&f.report, "report", "", reportUsage)
	completions(cmd, map[string]cobra.CompletionFunc{"methods": oneOf(prune.Names(nil)...), "report": cobraFolders})
	return cmd
}

// check says what is wrong with the flags as such, and returns the jobs, all
// sparsities of a method after one another.
func (f *compareFlags) check() ([]job, error) {
	if err := f.modelFlags.check(); err != nil {
		return nil, err
	}
	if err := f.checkCalib(); err != nil {
		return nil, err
	}
	if err := f.recipeFlags.check(); err != nil {
		return nil, err
	}
	if len(f.eval) == 0 {
		return nil, usagef("--eval is missing: give a file to measure perplexity on")
	}
	if err := checkReport(f.report); err != nil {
		return nil, err
	}
	if len(f.methods) == 0 || len(f.sparsities) == 0 {
		return nil, usagef("--methods and --sparsities must not be empty")
	}
	var jobs []job
	for i, name := range f.methods {
		name = strings.TrimSpace(name)
		if slices.Contains(f.methods[:i], name) {
			return nil, usagef("--methods has %s twice", name)
		}
		before, allocate, ok := strings.Cut(name, allocateSuffix)
		if !ok {
			allocate = f.allocate
		}
		if ok && !slices.Contains(pipeline.Allocations, allocate) {
			return nil, usagef("%s: there is no allocation %q: it is one of %s", name, allocate, strings.Join(pipeline.Allocations, ", "))
		}
		before, compat := strings.CutSuffix(before, compatSuffix)
		before, local, chosen := strings.Cut(before, "+")
		method, err := prune.MethodNamed(before)
		if err == nil && chosen {
			_, err = prune.LocalNamed(local)
		}
		if err == nil {
			err = method.CheckBits(f.wbits)
		}
		if err != nil {
			return nil, asUsage(err)
		}
		if !chosen && method.Alternates && !compat && !f.compat {
			local = f.local
		}
		if f.scope == "model" && method.Global && uneven(allocate) {
			return nil, usagef("%s: --scope model shares out the zeros by its one threshold, not by %s", name, allocate)
		}
		for _, target := range f.sparsities {
			spec, err := parseTarget(strings.TrimSpace(target), f.spec())
			if err != nil {
				return nil, err
			}
			if err := spec.Check(); err != nil {
				return nil, asUsage(err)
			}
			if err := checkAllocation(allocate, spec); err != nil {
				return nil, err
			}
			jobs = append(jobs, job{method: method, local: local, compat: compat || f.compat, spec: spec, allocate: allocate, flags: &f.recipeFlags})
		}
	}
	return jobs, nil
}

// comparison does the jobs that the flags ask for. One that fails leaves the
// others be.
func comparison(ctx context.Context, con *console, f *compareFlags) (result compareResult, err error) {
	start := time.Now()
	jobs, err := f.check()
	if err != nil {
		return result, err
	}
	clock := newClock("load")
	defer limitHeap(f.budget)()
	s, err := openSession(ctx, con, &f.modelFlags)
	if err != nil {
		return result, err
	}
	defer s.close()
	if err := f.compare(ctx, s, jobs, clock, &result); err != nil {
		return result, err
	}
	result.Seconds = time.Since(start).Seconds()
	result.PeakBytes = peakBytes()
	result.Phases = clock.stop()
	return result, nil
}

// compare does the jobs in a session.
func (f *compareFlags) compare(ctx context.Context, s *session, jobs []job, clock *clock, result *compareResult) error {
	rows, err := s.calibration(ctx, &f.recipeFlags)
	if err != nil {
		return err
	}
	texts, err := s.evaluations(ctx, f.eval)
	if err != nil {
		return err
	}
	if f.loaded != nil {
		f.loaded()
	}
	result.Settings = s.settings()
	if result.Settings.recipe, err = jobs[0].recipe(s, rows); err != nil {
		return err
	}
	r := result.Settings.recipe
	r.Epochs, r.Alpha, r.Beta, r.Gamma = f.epochs, f.alpha, f.beta, f.gamma // 0: what each method has
	r.Method, r.Local, r.Compat, r.Allocate, r.Methods, r.Targets = "", "", f.compat, f.allocate, f.methods, f.sparsities
	clock.turn("perplexity, dense")
	if result.Dense, err = s.measure(ctx, s.ckpt, "dense", texts); err != nil {
		return err
	}
	for i, j := range jobs {
		run := compareRun{Method: f.methods[i/len(f.sparsities)], Target: describeTarget(j.spec)}
		clock.turn(run.Method + " " + run.Target)
		if err := j.compare(ctx, s, rows, texts, &run); err != nil {
			if ctx.Err() != nil {
				return err
			}
			run.Error = sentence(err)
		}
		result.Runs = append(result.Runs, run)
	}
	return nil
}

// compare prunes over the model and measures what that did to it.
func (j job) compare(ctx context.Context, s *session, rows [][]int, texts []evaluation, run *compareRun) error {
	over, err := checkpoint.NewOverlay(s.ckpt, j.flags.storeAs)
	if err != nil {
		return err
	}
	label := run.Method + " " + run.Target
	start := time.Now()
	reports, err := j.into(ctx, s, rows, over, label+": ", nil)
	if err != nil {
		return err
	}
	run.Seconds = time.Since(start).Seconds()
	run.Layers, run.Sparsity = reports, sparsity(reports)
	run.Eval, err = s.measure(ctx, over, label, texts)
	return err
}

// failure says how many runs failed, if any did.
func (r compareResult) failure() error {
	failed := 0
	for _, run := range r.Runs {
		if run.Error != "" {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d runs failed", failed, len(r.Runs))
}

// title names a text in a table.
func (t text) title() string {
	return fmt.Sprintf("%s (%d tokens in windows of %d)", filepath.Base(t.File), t.Tokens, t.SeqLen)
}
