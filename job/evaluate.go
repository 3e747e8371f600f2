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
	y := &yardstick{texts: texts, questions: questions}
	defer y.close()
	if err := s.askAgainst(ctx, y); err != nil {
		return nil, err
	}
	if r.Eval, r.Against, r.Tasks, err = y.measure(ctx, s, s.ckpt, "model"); err != nil {
		return nil, err
	}
	r.Seconds = time.Since(start).Seconds()
	r.PeakBytes = peakBytes()
	return r, nil
}
