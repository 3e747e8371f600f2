package job

import (
	"context"
	"time"
)

// Evaluate measures the perplexities of a model on the files of set.Eval, and how
// it does the tasks of set.Tasks.
func Evaluate(ctx context.Context, set Settings, hooks Hooks) (*Evaluation, error) {
	start := time.Now()
	if err := set.checkModel(); err != nil {
		return nil, err
	}
	if err := set.TaskSettings.check(); err != nil {
		return nil, err
	}
	if err := set.checkAgainst(); err != nil {
		return nil, err
	}
	set.Calib = "" // nothing is pruned
	s, err := open(ctx, set, hooks)
	if err != nil {
		return nil, err
	}
	defer s.close()
	texts, err := s.evaluations(ctx)
	if err != nil {
		return nil, err
	}
	questions, err := s.askings(ctx)
	if err != nil {
		return nil, err
	}
	r := &Evaluation{Settings: s.Settings}
	if s.Against == "" {
		if r.Eval, err = s.measure(ctx, s, s.ckpt, "model", texts); err != nil {
			return nil, err
		}
		r.Tasks, err = s.answer(ctx, s, s.ckpt, "model", questions)
	} else {
		err = s.evaluateAgainst(ctx, texts, questions, r)
	}
	if err != nil {
		return nil, err
	}
	r.Seconds = time.Since(start).Seconds()
	r.PeakBytes = peakBytes()
	return r, nil
}

// evaluateAgainst measures the model and how far it is from another.
func (s *session) evaluateAgainst(ctx context.Context, texts []evaluation, questions []asking, r *Evaluation) error {
	other, err := s.openAgainst(ctx)
	if err != nil {
		return err
	}
	a, err := s.ask(ctx, s, other, texts, questions)
	if err != nil {
		return err
	}
	defer a.close()
	if r.Against, err = s.distances(ctx, s, s.ckpt, "model", a, texts); err != nil {
		return err
	}
	r.Eval = perplexities(r.Against)
	if r.Tasks, err = s.answer(ctx, s, s.ckpt, "model", questions); err != nil {
		return err
	}
	return compareTasks(r.Tasks, a.tasks)
}
