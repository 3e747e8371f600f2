package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"sparsellm/arch"
	"sparsellm/likelihood"
	"sparsellm/model"
	"sparsellm/tasks"
)

// TaskResult is how a model does a task.
type TaskResult struct {
	Task     string
	Shots    int
	Measures []tasks.Measure
	Answers  []tasks.Answer
	Tokens   likelihood.Counts
	Seconds  float64
}

// N is the number of documents.
func (r TaskResult) N() int { return len(r.Answers) }

// MarshalJSON implements json.Marshaler: a field for each measure, stderr for
// that of the first, and NAME_stderr for those of others.
func (r TaskResult) MarshalJSON() ([]byte, error) {
	b := &bytes.Buffer{}
	var fault error
	field := func(name string, v any) {
		e, err := json.Marshal(v)
		if err != nil {
			fault = err
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:%s", name, e)
	}
	field("task", r.Task)
	field("n", r.N())
	if r.Shots > 0 {
		field("shots", r.Shots)
	}
	for _, m := range r.Measures {
		field(m.Name, Number(m.Value()))
	}
	for i, m := range r.Measures {
		name := "stderr"
		if i > 0 {
			name = m.Name + "_stderr"
		}
		field(name, Number(m.Stderr()))
	}
	field("tokens", r.Tokens.Tokens)
	field("shared_tokens", r.Tokens.Shared)
	field("seconds", r.Seconds)
	field("docs", r.Answers)
	return append(append([]byte{'{'}, b.Bytes()...), '}'), fault
}

// answer puts tasks to the model in src; what is its name in the progress.
func (in[T]) answer(ctx context.Context, s *session, src model.Source, what string, all []asking) ([]TaskResult, error) {
	if len(all) == 0 {
		return nil, nil
	}
	m, err := arch.Open[T](s.ckpt.Config(), src)
	if err != nil {
		return nil, err
	}
	var results []TaskResult
	for _, a := range all {
		start := time.Now()
		r := TaskResult{Task: a.name, Shots: a.shots}
		at, end := s.hooks.measuring(what, filepath.Base(a.name))
		var requests []likelihood.Request
		for _, some := range a.requests {
			requests = append(requests, some...)
		}
		var said []likelihood.Result
		said, r.Tokens, err = likelihood.Of(ctx, s.pool, m, requests, a.longest, at)
		end()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		for i := range a.documents {
			n := len(a.requests[i])
			r.Answers = append(r.Answers, tasks.AnswerOf(&a.documents[i], a.requests[i], said[:n]))
			said = said[n:]
		}
		r.Measures = a.task.Score(a.documents, r.Answers)
		r.Seconds = time.Since(start).Seconds()
		results = append(results, r)
		s.hooks.remark("%s on %s: %s, %d documents in %.1fs", what, filepath.Base(a.name), Figure(r.Measures[0]), r.N(), r.Seconds)
	}
	return results, nil
}

// Figure is a measure for a reader, with its standard error.
func Figure(m tasks.Measure) string {
	if e := m.Stderr(); !math.IsNaN(e) {
		return fmt.Sprintf("%s %.4f ± %.4f", m.Name, m.Value(), e)
	}
	return fmt.Sprintf("%s %.4f", m.Name, m.Value())
}
