package likelihood

import (
	"context"
	"errors"
	"fmt"
	"math"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Request asks for the likelihood of a continuation of a context, neither of
// which is empty.
type Request struct{ Context, Continuation []int }

// Result is what a Request gets.
type Result struct {
	// Log is the sum over the continuation of ln p(token | all before it).
	Log float64
	// Greedy says that each token of the continuation is the likeliest one.
	Greedy bool
}

// Counts says what was run.
type Counts struct {
	Tokens int // through the blocks
	Shared int // that other sequences had run already
}

// Of answers requests, of which only the last longest+1 tokens are looked at, as
// the last one is not run: what comes before is cut off, and a continuation that
// does not fit is an error. Longest is at most the model's MaxPositions. Of stops
// soon after ctx is done. If progress is not nil it is called as the work goes
// on, with the share done of the total.
func Of[T linalg.Float](ctx context.Context, pool *linalg.Pool, m model.Model[T], requests []Request, longest int, progress func(done, total int)) ([]Result, Counts, error) {
	cfg := m.Config()
	if longest < 1 || longest > cfg.MaxPositions {
		return nil, Counts{}, fmt.Errorf("likelihood: sequences of %d tokens, of %d that the model takes", longest, cfg.MaxPositions)
	}
	sequences := make([]sequence, len(requests))
	for i, r := range requests {
		s, err := newSequence(i, r, longest)
		if err == nil {
			err = cfg.CheckTokens(s.ids)
		}
		if err == nil {
			err = cfg.CheckTokens(s.targets)
		}
		if err != nil {
			return nil, Counts{}, fmt.Errorf("likelihood: request %d: %w", i, err)
		}
		sequences[i] = s
	}
	groups := plan(sequences, func(n int) bool { return m.Alike(1, n) })
	e := &evaluation[T]{ctx: ctx, pool: pool, model: m, cfg: cfg, progress: progress, results: make([]Result, len(requests))}
	for _, g := range groups {
		e.total += g.rows * (cfg.Blocks + 1)
		e.counts.Tokens += g.rows
		e.counts.Shared += g.shared
	}
	for first := 0; first < len(groups); {
		n := batch(groups[first:], rowsAtOnce[T](cfg.Hidden))
		if err := e.run(groups[first : first+n]); err != nil {
			return nil, Counts{}, fmt.Errorf("likelihood: %w", err)
		}
		first += n
	}
	return e.results, e.counts, nil
}

// evaluation is a run over groups of sequences.
type evaluation[T linalg.Float] struct {
	ctx         context.Context
	pool        *linalg.Pool
	model       model.Model[T]
	cfg         model.Config
	progress    func(done, total int)
	done, total int // rows through a block or the head
	counts      Counts
	results     []Result
	logits      model.Logits[T]
}

func (e *evaluation[T]) step(rows int) {
	e.done += rows
	if e.progress != nil {
		e.progress(e.done, e.total)
	}
}

// run answers the requests of a batch of groups.
func (e *evaluation[T]) run(groups []group) error {
	states := make([]linalg.Matrix[T], len(groups))
	for i, g := range groups {
		states[i] = linalg.NewMatrix[T](g.rows, e.cfg.Hidden)
		row := 0
		for _, s := range g.sequences {
			n := len(s.ids) - s.shared
			if err := e.model.Embed(s.ids[s.shared:], s.shared, states[i].Slice(row, row+n, 0, e.cfg.Hidden)); err != nil {
				return err
			}
			row += n
		}
	}
	var pass model.Pass[T]
	for b := range e.cfg.Blocks {
		block, err := e.model.Block(b)
		if err != nil {
			return err
		}
		for i, g := range groups {
			if err := e.ctx.Err(); err != nil {
				return err
			}
			pass.Block(e.pool, block, states[i], sequencesOf[T](g), nil)
			e.step(g.rows)
		}
	}
	for i, g := range groups {
		if err := e.answer(g, states[i]); err != nil {
			return err
		}
		e.step(g.rows)
	}
	return nil
}

// answer answers the requests of a group of which x is the last block's output.
func (e *evaluation[T]) answer(g group, x linalg.Matrix[T]) error {
	rows, owners := g.predicting()
	picked := linalg.NewMatrix[T](len(rows), x.Cols)
	for i, r := range rows {
		copy(picked.Row(i), x.Row(r))
	}
	type token struct {
		log    float64
		greedy bool
	}
	tokens := make([][]token, len(rows)) // of each owner of a row
	err := e.logits.Each(e.ctx, e.pool, e.model, picked, func(i int, l []T) {
		norm := linalg.LogSumExp(l)
		best := linalg.ArgMax(l)
		tokens[i] = make([]token, len(owners[i]))
		for j, o := range owners[i] {
			tokens[i][j] = token{float64(l[o.target]) - norm, best == o.target}
		}
	})
	if err != nil {
		return err
	}
	seen := map[int]bool{}
	for i := range rows {
		for j, o := range owners[i] {
			r := &e.results[o.request]
			if !seen[o.request] {
				seen[o.request], r.Greedy = true, true
			}
			r.Log += tokens[i][j].log
			r.Greedy = r.Greedy && tokens[i][j].greedy
		}
	}
	for request := range seen {
		if l := e.results[request].Log; math.IsNaN(l) || math.IsInf(l, 0) {
			return errors.New("the model computes numbers that are not finite")
		}
	}
	return nil
}
