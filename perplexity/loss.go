package perplexity

import (
	"fmt"

	"sparsellm/linalg"
	"sparsellm/model"
)

// losses returns −log p(target) of each token, 0 where it has no target, for
// the last block's output x. Only a few tokens' logits exist at a time.
func (e *evaluation[T]) losses(x linalg.Matrix[T], target []int) ([]float64, error) {
	losses := make([]float64, x.Rows)
	var logits model.Logits[T]
	err := logits.Each(e.ctx, e.pool, e.model, x, func(t int, l []T) {
		if id := target[t]; id != noTarget {
			// The loss is −log softmax(logits)[id].
			losses[t] = linalg.LogSumExp(l) - float64(l[id])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("perplexity: %w", err)
	}
	return losses, nil
}
