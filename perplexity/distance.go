package perplexity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Distance is how far a model's predictions of rows are from another one's, over
// the positions that predict a token of their row.
type Distance struct {
	Tokens int // such positions
	// KL is the mean of the Kullback–Leibler divergence Σ p·ln(p/q) of the model's
	// distribution q of the next token from the other's, p, in nats; KL99 its 99th
	// percentile.
	KL, KLStderr, KL99 float64
	// Agreement is the share of positions where both find the same token likeliest.
	Agreement, AgreementStderr float64
	// Perplexity is the model's, as Of measures it, Reference the other's.
	Perplexity, Reference float64
}

// States gives use the last block's output of m for every row, in order. Rows,
// ctx and progress are as in Of.
func States[T linalg.Float](ctx context.Context, pool *linalg.Pool, m model.Model[T], rows [][]int, progress func(done, total int), use func(x linalg.Matrix[T]) error) error {
	e, err := newEvaluation(ctx, pool, m, rows, progress)
	if err != nil {
		return err
	}
	return e.eachBatch(rows, func(first int, rows [][]int, states linalg.Matrix[T]) error {
		t := 0
		for _, row := range rows {
			if err := use(states.Slice(t, t+len(row), 0, states.Cols)); err != nil {
				return err
			}
			t += len(row)
		}
		return nil
	})
}

// DistanceOf measures m against another model, of which States has given the last
// block's output: states writes that of the next row to x, in order. Rows, ctx and
// progress are as in Of.
func DistanceOf[T linalg.Float](ctx context.Context, pool *linalg.Pool, m, other model.Model[T], rows [][]int, states func(x linalg.Matrix[T]) error, progress func(done, total int)) (Distance, error) {
	e, err := newEvaluation(ctx, pool, m, rows, progress)
	if err != nil {
		return Distance{}, err
	}
	if o := other.Config(); o.Vocab != e.cfg.Vocab {
		return Distance{}, fmt.Errorf("perplexity: the models have vocabularies of %d and %d tokens, so that their predictions cannot be compared", e.cfg.Vocab, o.Vocab)
	}
	var all []position
	var ends []int // of rows in all
	var loss, otherLoss float64
	hidden := other.Config().Hidden
	err = e.eachBatch(rows, func(first int, rows [][]int, x linalg.Matrix[T]) error {
		for _, m := range []model.Model[T]{m, other} {
			release, err := m.HoldHead()
			if err != nil {
				return fmt.Errorf("perplexity: %w", err)
			}
			defer release()
		}
		t := 0
		for i, row := range rows {
			y := linalg.NewMatrix[T](len(row), hidden)
			if err := states(y); err != nil {
				return err
			}
			n := len(row) - 1
			some, err := e.compare(other, x.Slice(t, t+n, 0, x.Cols), y.Slice(0, n, 0, hidden), row[1:])
			if err != nil {
				return err
			}
			var mine, others float64
			for _, p := range some {
				mine += p.loss
				others += p.other
			}
			if d := mine + others; math.IsNaN(d) || math.IsInf(d, 0) {
				return fmt.Errorf("perplexity: row %d: the loss is not a finite number", first+i)
			}
			loss += mine / float64(n)
			otherLoss += others / float64(n)
			all, ends = append(all, some...), append(ends, len(all)+n)
			t += len(row)
		}
		return nil
	})
	if err != nil {
		return Distance{}, err
	}
	d := Distance{Tokens: len(all), Perplexity: math.Exp(loss / float64(len(rows))), Reference: math.Exp(otherLoss / float64(len(rows)))}
	kl, same := make([]float64, len(all)), make([]float64, len(all))
	for i, p := range all {
		kl[i] = p.kl
		if p.same {
			same[i] = 1
		}
	}
	d.KL, d.KLStderr = meanOf(kl, ends)
	d.Agreement, d.AgreementStderr = meanOf(same, ends)
	d.KL99 = percentile(kl, 0.99)
	return d, nil
}

// position is what two models say of a token.
type position struct {
	kl          float64
	same        bool
	loss, other float64
}

// compare compares the predictions of tokens from the last block's outputs x of
// the model and y of the other.
func (e *evaluation[T]) compare(other model.Model[T], x, y linalg.Matrix[T], tokens []int) ([]position, error) {
	vocab := e.cfg.Vocab
	chunk := model.LogitRows[T](model.LogitBytes/2, x.Rows, vocab)
	mine, others := linalg.NewMatrix[T](chunk, vocab), linalg.NewMatrix[T](chunk, vocab)
	all := make([]position, x.Rows)
	for t0 := 0; t0 < x.Rows; t0 += chunk {
		if err := e.ctx.Err(); err != nil {
			return nil, err
		}
		t1 := min(t0+chunk, x.Rows)
		q, p := mine.Slice(0, t1-t0, 0, vocab), others.Slice(0, t1-t0, 0, vocab)
		if err := e.model.Logits(e.pool, q, x.Slice(t0, t1, 0, x.Cols)); err != nil {
			return nil, fmt.Errorf("perplexity: %w", err)
		}
		if err := other.Logits(e.pool, p, y.Slice(t0, t1, 0, y.Cols)); err != nil {
			return nil, fmt.Errorf("perplexity: %w", err)
		}
		e.pool.For(t1-t0, func(i int) { all[t0+i] = compareOne(p.Row(i), q.Row(i), tokens[t0+i]) })
	}
	return all, nil
}

// compareOne compares logits q with others, p, which it changes.
func compareOne[T linalg.Float](p, q []T, token int) position {
	normP, normQ := linalg.LogSumExp(p), linalg.LogSumExp(q)
	r := position{loss: normQ - float64(q[token]), other: normP - float64(p[token]), same: linalg.ArgMax(p) == linalg.ArgMax(q)}
	d := make([]float64, len(p))
	for i, v := range p {
		d[i] = float64(v) - float64(q[i])
	}
	linalg.Softmax(p)
	// ln(p/q) = (p − normP) − (q − normQ); the probabilities add up to 1 but for
	// rounding, which the norms must not be multiplied by.
	sum := 0.0
	for i, v := range p {
		sum += float64(v) * d[i]
	}
	r.kl = max(0, sum-normP+normQ)
	return r
}

// meanOf returns the mean of values, and its standard error where rows of them,
// which end at ends, are drawn together: tokens of a text are not independent.
func meanOf(values []float64, ends []int) (mean, stderr float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	if len(ends) < 2 {
		return mean, math.NaN()
	}
	at, squares := 0, 0.0
	for _, end := range ends {
		sum := 0.0
		for _, v := range values[at:end] {
			sum += v - mean
		}
		squares += sum * sum
		at = end
	}
	n := float64(len(ends))
	return mean, math.Sqrt(squares*n/(n-1)) / float64(len(values))
}

// percentile returns the value below which a share of values lies, between two
// neighbours in proportion.
func percentile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := share * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
