package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"sparsellm/arch"
	"sparsellm/generate"
	"sparsellm/likelihood"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/tasks"
)

// TaskResult is how a model does a task.
type TaskResult struct {
	Task     string
	Shots    int
	Measures []tasks.Measure
	Answers  []tasks.Answer // not kept by a comparison
	// Differences are those from the model of Settings.Against, if there is one, of
	// each measure.
	Differences []Difference
	Tokens      likelihood.Counts
	Seconds     float64
}

// N is the number of documents.
func (r TaskResult) N() int { return r.Measures[0].N() }

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
	if len(r.Differences) > 0 {
		field("differences", r.Differences)
	}
	field("tokens", r.Tokens.Tokens)
	field("shared_tokens", r.Tokens.Shared)
	field("seconds", r.Seconds)
	if r.Answers != nil {
		field("docs", r.Answers)
	}
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
		if a.documents[0].Generates() {
			r.Answers, r.Tokens.Tokens, err = write(ctx, s, m, what, a)
		} else {
			r.Answers, r.Tokens, err = find(ctx, s, m, what, a)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		r.Measures = a.task.Score(a.documents, r.Answers)
		r.Seconds = time.Since(start).Seconds()
		results = append(results, r)
		s.hooks.remark("%s on %s: %s, %d documents in %.1fs", what, filepath.Base(a.name), figure(r.Measures[0]), r.N(), r.Seconds)
	}
	return results, nil
}

// find has a model say how likely the choices of documents are.
func find[T linalg.Float](ctx context.Context, s *session, m model.Model[T], what string, a asking) (answers []tasks.Answer, counts likelihood.Counts, err error) {
	var requests []likelihood.Request
	for _, some := range a.requests {
		requests = append(requests, some...)
	}
	at, end := s.hooks.measuring(what, filepath.Base(a.name))
	said, counts, err := likelihood.Of(ctx, s.pool, m, requests, a.longest, at)
	end()
	if err != nil {
		return nil, counts, err
	}
	for i := range a.documents {
		n := len(a.requests[i])
		answers = append(answers, tasks.AnswerOf(&a.documents[i], a.requests[i], said[:n]))
		said = said[n:]
	}
	return answers, counts, nil
}

// write has a model write the answers of documents, the likeliest token each
// time; of a prompt that leaves no room for one the beginning is cut off.
func write[T linalg.Float](ctx context.Context, s *session, m model.Model[T], what string, a asking) (answers []tasks.Answer, tokens int, err error) {
	at, end := s.hooks.measuring(what, filepath.Base(a.name))
	defer end()
	tok, err := s.openTokenizer()
	if err != nil {
		return nil, 0, err
	}
	ends, err := s.ends(tok)
	if err != nil {
		return nil, 0, err
	}
	d, err := generate.NewDecoder(s.pool, m)
	if err != nil {
		return nil, 0, err
	}
	stop, most := s.Writing.Ends()
	for i, prompt := range a.prompts {
		room := max(a.longest-most, (a.longest+1)/2)
		prompt = prompt[max(0, len(prompt)-room):]
		var all strings.Builder
		d.Reset()
		ids, _, err := speak(ctx, d, tok, prompt, stop, generate.Options{Tokens: most, Ends: ends}, func(text string) { all.WriteString(text) })
		if err != nil {
			return nil, 0, fmt.Errorf("document %d: %w", i+1, err)
		}
		written := all.String()
		answers = append(answers, tasks.Answer{Text: &written})
		tokens += len(prompt) + len(ids)
		if at != nil {
			at(i+1, len(a.prompts))
		}
	}
	return answers, tokens, nil
}

// figure is a measure for a reader, with its standard error.
func figure(m tasks.Measure) string {
	if e := m.Stderr(); !math.IsNaN(e) {
		return fmt.Sprintf("%s %.4f ± %.4f", m.Name, m.Value(), e)
	}
	return fmt.Sprintf("%s %.4f", m.Name, m.Value())
}
