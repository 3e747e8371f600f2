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
	if r.Eval, err = s.measure(ctx, s, s.ckpt, "model", texts); err != nil {
		return nil, err
	}
	if r.Tasks, err = s.answer(ctx, s, s.ckpt, "model", questions); err != nil {
		return nil, err
	}
	r.Seconds = time.Since(start).Seconds()
	r.PeakBytes = peakBytes()
	return r, nil
}
