package main

import (
	"context"
	"errors"
	"fmt"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// job is one way of pruning the session's model.
type job struct {
	method prune.MethodInfo
	local  string // within one that alternates
	compat bool
	spec   prune.Spec
	// allocate is one of pipeline.Allocations.
	allocate string
	flags    *recipeFlags
	// trace, if not nil, is told what every step of the alternation does.
	trace func(block int, c prune.Change)
	clock *clock // of the run
}

// options returns the pipeline's options for the job, all but where weights
// and events go. Mistakes in them are the user's.
func options[T linalg.Float](cfg model.Config, j job) (pipeline.Options[T], error) {
	f := j.flags
	first, last, err := f.layerRange.of(cfg.Blocks)
	if err != nil {
		return pipeline.Options[T]{}, err
	}
	o := pipeline.Options[T]{
		Method: j.method.Name, Local: j.local, Compat: j.compat, Spec: j.spec, Allocate: j.allocate, Epochs: f.epochs,
		Weights: prune.Penalties{Alpha: f.alpha, Beta: f.beta, Gamma: f.gamma},
		Global:  f.scope == "model" && j.method.Global,
		First:   first, Last: last, Only: f.onlyRE, Skip: f.skipRE, Trace: j.trace,
	}
	return o, asUsage(o.Complete(cfg))
}

// into prunes the model with the calibration rows and writes the weights to
// to, which stores them as the flags' dtype says. saved, if not nil, keeps
// the run on the way.
func (j job) into(ctx context.Context, s *session, rows [][]int, to checkpoint.Output, label string, saved *savedRun) ([]pipeline.MatrixReport, error) {
	if s.flags.precision == "f64" {
		return pruneInto[float64](ctx, s, j, rows, to, label, saved)
	}
	return pruneInto[float32](ctx, s, j, rows, to, label, saved)
}

func pruneInto[T linalg.Float](ctx context.Context, s *session, j job, rows [][]int, to checkpoint.Output, label string, saved *savedRun) ([]pipeline.MatrixReport, error) {
	o, err := options[T](s.cfg, j)
	if err != nil {
		return nil, err
	}
	m, err := arch.Open[T](s.ckpt.Config(), s.ckpt)
	if err != nil {
		return nil, err
	}
	o.Sink = checkpoint.SinkOf[T](to)
	if saved != nil {
		o.Sink = outputSink[T]{o.Sink, saved.out}
		if o.Resume, err = resumeState[T](saved); err != nil {
			return nil, err
		}
		o.Save = func(state pipeline.State[T]) error { return saveState(saved, state) }
	}
	s.tok = nil // all texts are token ids by now, and its tables are large
	if err := bounded(s, j, rows, &o, saved); err != nil {
		return nil, err
	}
	defer tightHeap()()
	progress := s.con.follow(label, o.Last-o.First)
	o.Progress = func(e pipeline.Event) {
		j.clock.event(e)
		progress.event(e)
	}
	reports, err := pipeline.Run(ctx, s.pool, m, rows, o)
	progress.end(err == nil)
	return reports, err
}

// recipe returns the settings that say how the job prunes.
func (j job) recipe(s *session, rows [][]int) (*recipe, error) {
	o, err := options[float32](s.cfg, j)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("there are no calibration samples")
	}
	f := j.flags
	return &recipe{
		Method: o.Method, Local: o.Local, Compat: j.compat, Scope: f.scope, Allocate: o.Allocate,
		Calib: f.calib, NSamples: len(rows), Sample: len(rows[0]), Seed: f.seed,
		KeepMask: f.keepMask, BlockSize: f.blocksize, PercDamp: f.percdamp, WBits: f.wbits, Epochs: o.Epochs,
		Alpha: o.Weights.Alpha, Beta: o.Weights.Beta, Gamma: o.Weights.Gamma,
		Layers: fmt.Sprintf("%d:%d", o.First, o.Last), Only: f.only, Skip: f.skip, DType: f.dtype,
	}, nil
}
