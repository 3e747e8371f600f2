package perplexity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unsafe"

	"sparsellm/linalg"
	"sparsellm/model"
)

const (
	// BatchBytes bounds the hidden states of the rows that go through the
	// blocks together: the more, the fewer times a block is loaded.
	BatchBytes = 64 << 20
	// LogitBytes bounds the logits that exist at a time.
	LogitBytes = 64 << 20
)

// Result is what Of measures.
type Result struct {
	// Perplexity is exp of the mean over the rows of each row's mean
	// next-token loss, as SparseGPT's evaluation has it.
	Perplexity float64
	Tokens     int // in all rows, the first of each included
}

// Of returns the perplexity of m over rows of token ids, of which each must
// have two tokens at least. It stops soon after ctx is done. If progress is not
// nil it is called as the work goes on, with the share done of the total.
func Of[T linalg.Float](ctx context.Context, pool *linalg.Pool, m model.Model[T], rows [][]int, progress func(done, total int)) (Result, error) {
	cfg := m.Config()
	if len(rows) == 0 {
		return Result{}, errors.New("perplexity: there are no rows of tokens")
	}
	var r Result
	for i, row := range rows {
		if len(row) < 2 {
			return Result{}, fmt.Errorf("perplexity: row %d has %d tokens; it takes two to predict one", i, len(row))
		}
		if err := cfg.CheckTokens(row); err != nil {
			return Result{}, fmt.Errorf("perplexity: row %d: %w", i, err)
		}
		r.Tokens += len(row)
	}
	e := &evaluation[T]{ctx: ctx, pool: pool, model: m, cfg: cfg, progress: progress}
	e.total = len(rows) * (cfg.Blocks + 1)
	for first := 0; first < len(rows); {
		n := e.batch(rows[first:])
		if err := e.run(first, rows[first:first+n]); err != nil {
			return Result{}, err
		}
		first += n
	}
	r.Perplexity = math.Exp(e.loss / float64(len(rows)))
	return r, nil
}

// evaluation is a run over rows.
type evaluation[T linalg.Float] struct {
	ctx         context.Context
	pool        *linalg.Pool
	model       model.Model[T]
	cfg         model.Config
	progress    func(done, total int)
	done, total int // rows through a block or the head
	loss        float64
}

// batch returns how many of the rows go through the blocks together.
func (e *evaluation[T]) batch(rows [][]int) int {
	var zero T
	left := BatchBytes / int(unsafe.Sizeof(zero)) / e.cfg.Hidden
	for i, row := range rows {
		if left -= len(row); left < 0 && i > 0 {
			return i
		}
	}
	return len(rows)
}

// run adds the mean losses of a batch of rows, of which the first is number
// first, to e.loss.
func (e *evaluation[T]) run(first int, rows [][]int) error {
	tokens := 0
	for _, row := range rows {
		tokens += len(row)
	}
	states := linalg.NewMatrix[T](tokens, e.cfg.Hidden)
	each := func(f func(row int, x linalg.Matrix[T]) error) error {
		t := 0
		for i, row := range rows {
			if err := e.ctx.Err(); err != nil {
				return err
			}
			if err := f(first+i, states.Slice(t, t+len(row), 0, states.Cols)); err != nil {
				return fmt.Errorf("perplexity: row %d: %w", first+i, err)
			}
			t += len(row)
		}
		return nil
	}
	if err := each(func(row int, x linalg.Matrix[T]) error { return e.model.Embed(rows[row-first], 0, x) }); err != nil {
		return err
	}
	var pass model.Pass[T]
	for i := range e.cfg.Blocks {
		b, err := e.model.Block(i)
		if err != nil {
			return fmt.Errorf("perplexity: %w", err)
		}
		err = each(func(row int, x linalg.Matrix[T]) error {
			pass.Block(e.pool, b, x, model.Sequences[T]{Lengths: []int{x.Rows}}, nil)
			e.step(1)
			return finite(x, i)
		})
		if err != nil {
			return err
		}
	}
	losses, err := e.losses(states, targets(rows))
	if err != nil {
		return err
	}
	for i, row := range rows {
		mean := 0.0
		for _, l := range losses[:len(row)-1] {
			mean += l
		}
		mean /= float64(len(row) - 1)
		if math.IsNaN(mean) || math.IsInf(mean, 0) {
			return fmt.Errorf("perplexity: row %d: the loss is not a finite number", first+i)
		}
		e.loss += mean
		losses = losses[len(row):]
	}
	e.step(len(rows))
	return nil
}

func (e *evaluation[T]) step(n int) {
	e.done += n
	if e.progress != nil {
		e.progress(e.done, e.total)
	}
}

// finite says where the output x of a block is not.
func finite[T linalg.Float](x linalg.Matrix[T], block int) error {
	for t := range x.Rows {
		for _, v := range x.Row(t) {
			if v-v != 0 {
				return fmt.Errorf("the output of block %d is %v at position %d", block, v, t)
			}
		}
	}
	return nil
}

// noTarget is the target of a row's last token.
const noTarget = -1

// targets returns the token that follows each token of the rows.
func targets(rows [][]int) []int {
	var ids []int
	for _, row := range rows {
		ids = append(append(ids, row[1:]...), noTarget)
	}
	return ids
}
