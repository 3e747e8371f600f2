package perplexity

import (
	"fmt"
	"unsafe"

	"sparsellm/linalg"
)

// losses returns −log p(target) of each token, 0 where it has no target, for
// the last block's output x. Only a few tokens' logits exist at a time.
func (e *evaluation[T]) losses(x linalg.Matrix[T], target []int) ([]float64, error) {
	var zero T
	chunk := max(1, min(x.Rows, LogitBytes/int(unsafe.Sizeof(zero))/e.cfg.Vocab))
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
				// The loss is −log softmax(logits)[id].
				losses[t0+i] = linalg.LogSumExp(l.Row(i)) - float64(l.At(i, id))
			}
		})
	}
	return losses, nil
}
