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

// BatchBytes bounds the hidden states of the rows that go through the blocks
// together: the more, the fewer times a block is loaded.
const BatchBytes = 64 << 20

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
	e, err := newEvaluation(ctx, pool, m, rows, progress)
	if err != nil {
		return Result{}, err
	}
	if err := e.eachBatch(rows, e.add); err != nil {
		return Result{}, err
	}
	return Result{Perplexity: math.Exp(e.loss / float64(len(rows))), Tokens: e.tokens}, nil
}

// newEvaluation says what is wrong with the rows, if anything.
func newEvaluation[T linalg.Float](ctx context.Context, pool *linalg.Pool, m model.Model[T], rows [][]int, progress func(done, total int)) (*evaluation[T], error) {
	cfg := m.Config()
	if len(rows) == 0 {
		return nil, errors.New("perplexity: there are no rows of tokens")
	}
	e := &evaluation[T]{ctx: ctx, pool: pool, model: m, cfg: cfg, progress: progress}
	for i, row := range rows {
		if len(row) < 2 {
			return nil, fmt.Errorf("perplexity: row %d has %d tokens; it takes two to predict one", i, len(row))
		}
		if err := cfg.CheckTokens(row); err != nil {
			return nil, fmt.Errorf("perplexity: row %d: %w", i, err)
		}
		e.tokens += len(row)
	}
	e.total = len(rows) * (cfg.Blocks + 1)
	return e, nil
}

// evaluation is a run over rows.
type evaluation[T linalg.Float] struct {
	ctx         context.Context
	pool        *linalg.Pool
	model       model.Model[T]
	cfg         model.Config
	progress    func(done, total int)
	done, total int // rows through a block or the head
	tokens      int // in all rows
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

// eachBatch runs the rows through the blocks, and calls use with each batch, of
// which the first row is number first, and the last block's output.
func (e *evaluation[T]) eachBatch(rows [][]int, use func(first int, rows [][]int, states linalg.Matrix[T]) error) error {
	for first := 0; first < len(rows); {
		n := e.batch(rows[first:])
		states, err := e.states(first, rows[first:first+n])
		if err == nil {
			err = use(first, rows[first:first+n], states)
		}
		if err != nil {
			return err
		}
		e.step(n)
		first += n
	}
	return nil
}

// add adds the mean losses of a batch of rows to e.loss.
func (e *evaluation[T]) add(first int, rows [][]int, states linalg.Matrix[T]) error {
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
	return nil
}

// states returns the last block's output for a batch of rows, of which the first
// is number first.
func (e *evaluation[T]) states(first int, rows [][]int) (none linalg.Matrix[T], err error) {
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
		return none, err
	}
	var pass model.Pass[T]
	for i := range e.cfg.Blocks {
		b, err := e.model.Block(i)
		if err != nil {
			return none, fmt.Errorf("perplexity: %w", err)
		}
		err = each(func(row int, x linalg.Matrix[T]) error {
			pass.Block(e.pool, b, x, model.Sequences[T]{Lengths: []int{x.Rows}}, nil)
			e.step(1)
			return finite(x, i)
		})
		if err != nil {
			return none, err
		}
	}
	return states, nil
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
