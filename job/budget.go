package job

import (
	"os"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/pipeline"
	"sparsellm/plan"
	"sparsellm/prune"
	"sparsellm/report"
)

// planned returns what package plan is told of a way of pruning with samples of
// so many tokens each.
func (s *Settings) planned(how pipeline.Settings, samples []int, width int) plan.Settings {
	p := plan.SettingsOf(how, width)
	p.Threads, p.Samples = s.Threads, len(samples)
	for _, n := range samples { // of different lengths, they take no more than as many of the longest
		p.SeqLen = max(p.SeqLen, n)
	}
	return p
}

// bounded holds a run to the budget of memory, if there is one: it chooses where
// auxiliary variables are kept. A file lies in the folder that a resumed run
// needs; without saved the pruned weights stay in memory.
func bounded[T linalg.Float](s *session, r run, o *pipeline.Options[T]) error {
	if s.budget == 0 {
		return nil
	}
	samples := make([]int, len(r.rows))
	for i, row := range r.rows {
		samples[i] = len(row)
	}
	set := s.planned(r.how, samples, s.width())
	set.Evaluated = float64(s.evaluated)
	near := os.TempDir()
	if r.saved != nil {
		near = r.saved.out.w.StatePath("")
	} else {
		set.Laid = s.prunedBytes()
	}
	var need float64
	var err error
	if set.Auxiliaries, need, err = plan.Fit(s.cfg, set, s.budget); err != nil {
		return pipeline.Wrong("<memory> %s: %w", s.Memory, err)
	}
	where := ""
	if method, err := prune.MethodNamed(r.how.Method); err == nil && method.Alternates {
		where = map[string]string{
			plan.InMemory: ", auxiliary variables in it",
			plan.Anew:     ", auxiliary variables computed anew",
			plan.InFile:   ", auxiliary variables in a file in " + near,
		}[set.Auxiliaries]
	}
	s.hooks.remark("memory: %s of %s needed%s", report.Bytes(int64(need)), report.Bytes(int64(s.budget)), where)
	switch set.Auxiliaries {
	case plan.Anew:
		o.Anew = true
	case plan.InFile:
		o.Storage = func(tokens, features int) (prune.Storage[T], error) { return newFileStorage[T](near, features) }
	}
	return nil
}

// prunedBytes returns what the weights of all blocks take once stored.
func (s *session) prunedBytes() float64 {
	n := 0.0
	for _, name := range s.ckpt.Names() {
		shape, _ := s.ckpt.Shape(name)
		if len(shape) == 2 && arch.InBlock(name) {
			n += float64(shape[0]) * float64(shape[1]) * float64(s.storedAs(name).Size())
		}
	}
	return n
}
