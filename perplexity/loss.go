package perplexity

import (
	"fmt"
	"math"
	"unsafe"

	"sparsellm/linalg"
)

// losses returns −log p(target) of each token, 0 where it has no target, for
// the last block's output x. Only a few tokens' logits exist at a time.
func (e *evaluation[T]) losses(x linalg.Matrix[T], target []int) ([]float64, error) {
	var zero T
	chunk := max(1, min(x.Rows, logitBytes/int(unsafe.Sizeof(zero))/e.cfg.Vocab))
	logits := linalg.NewMatrix[T](chunk, e.cfg.Vocab)
	losses := make([]float64, x.Rows)
	for t0 := 0; t0 < x.Rows; t0 += chunk {
		if err := e.ctx.Err(); err != nil {
			return nil, err
		}
		t1 := min(t0+chunk, x.Rows)
		l := logits.Slice(0, t1-t0, 0, logits.Cols)
		if err := e.model.Logits(e.pool, l, x.Slice(t0, t1, 0, x.Cols)); err != nil {
			return nil, fmt.Errorf("perplexity: %w", err)
		}
		e.pool.For(t1-t0, func(i int) {
			if id := target[t0+i]; id != noTarget {
				losses[t0+i] = crossEntropy(l.Row(i), id)
			}
		})
	}
	return losses, nil
}

// crossEntropy returns −log softmax(logits)[id].
func crossEntropy[T linalg.Float](logits []T, id int) float64 {
	top := logits[0]
	for _, v := range logits {
		top = max(top, v)
	}
	var sum float64
	for _, v := range logits {
		sum += math.Exp(float64(v) - float64(top))
	}
	return math.Log(sum) - (float64(logits[id]) - float64(top))
}
