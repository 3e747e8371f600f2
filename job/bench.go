package job

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"sparsellm/generate"
	"sparsellm/linalg"
	"sparsellm/pipeline"
	"sparsellm/report"
)

// Course is what each model runs in every round of a benchmark: a prompt of
// tokens that mean nothing, and as many more as it chooses itself.
type Course struct {
	Prompt int `json:"prompt_tokens"`
	Answer int `json:"answer_tokens"`
	Rounds int `json:"rounds"`
}

// check says what is wrong with it.
func (c Course) check() error {
	switch {
	case c.Prompt < 1:
		return pipeline.Wrong("<prompt_tokens> %d: a prompt has at least one token", c.Prompt)
	case c.Answer < 2:
		return pipeline.Wrong("<answer_tokens> %d: it takes two tokens to measure one", c.Answer)
	case c.Rounds < 1:
		return pipeline.Wrong("<rounds> %d: there is at least one", c.Rounds)
	}
	return nil
}

// Benchmark is what Bench has measured.
type Benchmark struct {
	Version string `json:"version"`
	CPU     string `json:"cpu"`
	Threads int    `json:"threads"`
	Course
	Bandwidth float64    `json:"bandwidth"` // bytes that the threads read from memory in a second
	Models    []Measured `json:"models"`
	Seconds   float64    `json:"seconds"`
}

// Measured is what a benchmark says of a model: speeds are medians of the rounds.
type Measured struct {
	Model      string  `json:"model"`
	Bytes      int64   `json:"bytes"`       // of the weights' files
	PeakBytes  int64   `json:"peak_bytes"`  // of a process that runs nothing else
	TokenBytes int64   `json:"token_bytes"` // of weights, read for each token of an answer
	Prompt     Pace    `json:"prompt"`
	Answer     Pace    `json:"answer"`
	Share      float64 `json:"bandwidth_share"` // of the answer's weights in the bandwidth
}

// Round is how long a model took in one round.
type Round struct {
	Bytes      int64   `json:"bytes"`
	PeakBytes  int64   `json:"peak_bytes"`
	TokenBytes int64   `json:"token_bytes"`
	Prompt     float64 `json:"prompt"` // seconds
	Answer     float64 `json:"answer"`
}

// Runner runs one model, in a process of its own so that its memory is its own.
type Runner interface {
	Round() (Round, error)
	Close() error
}

// Bench measures how fast models are side by side: each has a round before any
// has the next, so that what else the machine does strikes all alike. start
// starts what runs one; at is told of each round.
func Bench(ctx context.Context, threads int, c Course, models []string, start func(ctx context.Context, model string) (Runner, error), at func(done, total int, model string)) (*Benchmark, error) {
	began := time.Now()
	if err := c.check(); err != nil {
		return nil, err
	}
	b := &Benchmark{Version: Version(), CPU: tierName(), Threads: threads, Course: c}
	runners := make([]Runner, len(models))
	defer func() {
		for _, r := range runners {
			if r != nil {
				r.Close()
			}
		}
	}()
	rounds := make([][]Round, len(models))
	for n := range c.Rounds + 1 { // the first brings a model into memory
		for i, name := range models {
			at(n*len(models)+i, (c.Rounds+1)*len(models), name)
			var err error
			if n == 0 {
				runners[i], err = start(ctx, name)
			}
			var round Round
			if err == nil {
				round, err = runners[i].Round()
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			rounds[i] = append(rounds[i], round)
		}
	}
	b.Bandwidth = bandwidth(linalg.NewPool(threads))
	for i, name := range models {
		last := rounds[i][c.Rounds]
		m := Measured{Model: name, Bytes: last.Bytes, PeakBytes: last.PeakBytes, TokenBytes: last.TokenBytes}
		m.Prompt = pace(c.Prompt, median(rounds[i][1:], func(r Round) float64 { return r.Prompt }))
		m.Answer = pace(c.Answer-1, median(rounds[i][1:], func(r Round) float64 { return r.Answer }))
		m.Share = m.Answer.PerSec * float64(m.TokenBytes) / b.Bandwidth
		b.Models = append(b.Models, m)
	}
	b.Seconds = time.Since(began).Seconds()
	return b, nil
}

func median(rounds []Round, of func(Round) float64) time.Duration {
	var all []float64
	for _, r := range rounds {
		all = append(all, of(r))
	}
	slices.Sort(all)
	middle := (all[len(all)/2] + all[(len(all)-1)/2]) / 2
	return time.Duration(middle * float64(time.Second))
}

// bandwidth measures how many bytes the pool's threads read from memory in a
// second: the best of some passes over more than any cache holds.
func bandwidth(pool *linalg.Pool) float64 {
	const bytes, part = 256 << 20, 1 << 20
	data := make([]float32, bytes/4)
	for i := range data {
		data[i] = float32(i) // or all pages would be one
	}
	least := make([]float32, bytes/part)
	best := 0.0
	for range 8 {
		start := time.Now()
		pool.For(len(least), func(i int) { least[i] = linalg.Max(data[i*part/4 : (i+1)*part/4]) })
		best = max(best, bytes/time.Since(start).Seconds())
	}
	return best
}

// ServeRounds opens a model, and runs a round of the course for each line that it
// reads, which it answers by a line of JSON, a Round.
func ServeRounds(ctx context.Context, set Settings, c Course, in io.Reader, out io.Writer, hooks Hooks) error {
	if err := set.checkModel(); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	set.Calib = "" // nothing is pruned
	s, err := open(ctx, set, hooks)
	if err != nil {
		return err
	}
	defer s.close()
	if most := s.cfg.MaxPositions; c.Prompt+c.Answer > most {
		return fmt.Errorf("%d tokens and %d more are beyond the %d that the model takes", c.Prompt, c.Answer, most)
	}
	defer quietHeap()()
	d, err := decoder[float32](s)
	if err != nil {
		return err
	}
	prompt := make([]int, c.Prompt)
	for i := range prompt {
		prompt[i] = i * 7919 % s.cfg.Vocab
	}
	reply := json.NewEncoder(out)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		start := time.Now()
		var first time.Time
		d.Reset()
		_, _, err := d.Continue(ctx, prompt, generate.Options{Tokens: c.Answer, Each: func(int) bool {
			if first.IsZero() {
				first = time.Now()
			}
			return true
		}})
		if err != nil {
			return err
		}
		err = reply.Encode(Round{
			Bytes: s.ckpt.Size(), PeakBytes: peakBytes(), TokenBytes: d.TokenBytes(),
			Prompt: first.Sub(start).Seconds(), Answer: time.Since(first).Seconds(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Page returns what a report of the benchmark shows.
func (b *Benchmark) Page() (*report.Data, error) {
	d := &report.Data{
		Title:    "Models side by side",
		Subtitle: fmt.Sprintf("A prompt of %d tokens and an answer of %d, %d rounds; %d threads, %s", b.Prompt, b.Answer, b.Rounds, b.Threads, b.CPU),
		Facts: []report.Fact{
			{Value: report.Bytes(int64(b.Bandwidth)) + "/s", Label: "are read from memory at best"},
			{Value: report.Duration(b.Seconds), Label: "in all"},
		},
		Settings: []report.Setting{{Name: "version", Value: b.Version}, {Name: "cpu", Value: b.CPU}, {Name: "threads", Value: fmt.Sprint(b.Threads)}},
	}
	for _, m := range b.Models {
		d.Speeds = append(d.Speeds, report.Speed{
			Model: baseName(m.Model), Bytes: m.Bytes, PeakBytes: m.PeakBytes, Prompt: m.Prompt.PerSec, Answer: m.Answer.PerSec, Share: m.Share,
		})
	}
	return d, nil
}
