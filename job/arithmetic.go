package job

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
	"unsafe"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/perplexity"
	"sparsellm/pipeline"
	"sparsellm/prune"
	"sparsellm/tokenizer"
)

// arithmetic is what a job computes in the precision that was asked for.
type arithmetic interface {
	// width is the bytes of a number.
	width() int
	prune(ctx context.Context, s *session, r run) ([]pipeline.MatrixReport, error)
	// measure returns the perplexities of the model in src, one per evaluation.
	// what is the model's name in the progress.
	measure(ctx context.Context, s *session, src model.Source, what string, all []evaluation) ([]Evaluated, error)
	answer(ctx context.Context, s *session, src model.Source, what string, all []asking) ([]TaskResult, error)
	ask(ctx context.Context, s, other *session, texts []evaluation, questions []asking) (*against, error)
	distances(ctx context.Context, s *session, src model.Source, what string, a *against, texts []evaluation) ([]Distance, error)
	explain(ctx context.Context, s *session, w Weights) (*Explanation, error)
	generate(ctx context.Context, s *session, tok *tokenizer.Tokenizer, prompt []int, q Question, r *Generated) error
}

// arithmeticOf returns that of a precision.
func arithmeticOf(precision string) arithmetic {
	if precision == "f64" {
		return in[float64]{}
	}
	return in[float32]{}
}

// in is the arithmetic of T.
type in[T linalg.Float] struct{}

func (in[T]) width() int {
	var x T
	return int(unsafe.Sizeof(x))
}

// run is one way of pruning a session's model.
type run struct {
	how   pipeline.Settings // complete
	rows  [][]int
	to    checkpoint.Output
	label string
	saved *savedRun // keeps the run on the way, if not nil
	trace func(block int, c prune.Change)
	clock *clock
}

// prune prunes the model with the calibration rows and stores the weights.
func (in[T]) prune(ctx context.Context, s *session, r run) ([]pipeline.MatrixReport, error) {
	m, err := arch.Open[T](s.ckpt.Config(), s.numbers())
	if err != nil {
		return nil, err
	}
	o := pipeline.Options[T]{Settings: r.how, Sink: checkpoint.SinkOf[T](r.to), Trace: r.trace}
	if r.saved != nil {
		o.Sink = outputSink[T]{o.Sink, r.saved.out}
		if o.Resume, err = resumeState[T](r.saved); err != nil {
			return nil, err
		}
		o.Save = func(state pipeline.State[T]) error { return saveState(r.saved, state) }
	}
	s.forgetWords() // all texts are token ids by now
	if err := bounded(s, r, &o); err != nil {
		return nil, err
	}
	defer tightHeap()()
	event, end := s.hooks.pruning(r.label, o.End-o.First)
	o.Progress = func(e pipeline.Event) {
		r.clock.event(e)
		event(e)
	}
	reports, err := pipeline.Run(ctx, s.pool, m, r.rows, o)
	end(err == nil)
	return reports, err
}

func (in[T]) measure(ctx context.Context, s *session, src model.Source, what string, all []evaluation) ([]Evaluated, error) {
	m, err := arch.Open[T](s.ckpt.Config(), src)
	if err != nil {
		return nil, err
	}
	results := []Evaluated{}
	for _, e := range all {
		start := time.Now()
		at, end := s.hooks.measuring(what, filepath.Base(e.File))
		r, err := perplexity.Of(ctx, s.pool, m, e.rows, at)
		end()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.File, err)
		}
		if s.hooks.Measured != nil {
			s.hooks.Measured(what, e.Text, len(e.rows), Number(r.Perplexity), time.Since(start))
		}
		results = append(results, Evaluated{e.Text, Number(r.Perplexity)})
	}
	return results, nil
}
