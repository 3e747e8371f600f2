package pipeline

import (
	"slices"
	"time"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// featuresPerToken says from how many tokens on an expert is pruned by what
// reaches it: one for so many features of its input. Of fewer, or none, the
// Hessian says that most weights do not matter, which is not so.
const featuresPerToken = 8

// unseen is the method for an expert that too few tokens reach.
const unseen = "magnitude"

// tooFew reports whether a network is an expert that too few tokens reach.
func tooFew[T linalg.Float](n model.Network[T], tokens int) bool {
	return n.Tokens != nil && tokens*featuresPerToken < n.Up.Weight.Inputs()
}

// expertOf returns the expert that a matrix of block b belongs to, if it does to
// one.
func expertOf[T linalg.Float](b *model.Block[T], l chosen[T]) (expert model.Network[T], ok bool) {
	for _, n := range b.Sublayers[l.sublayer].Networks() {
		if n.Tokens != nil && slices.Contains(append(n.First(), n.Down), l.Linear) {
			return n, true
		}
	}
	return expert, false
}

// pruneUnseen prunes a matrix of an expert that too few tokens reach by the size
// of its weights alone.
func (r *run[T]) pruneUnseen(i int, l *model.Linear[T]) error {
	start, dense := time.Now(), linalg.TakeCopy(r.pool, l.Matrix())
	defer linalg.GiveBack(r.pool, dense)
	none := prune.NewHessian[T](l.Weight.Inputs())
	if err := prune.NewMethod[T](unseen).Prune(r.pool, l.Matrix(), none, r.spec(l)); err != nil {
		return err
	}
	return r.finish(i, l, dense, none, start, MatrixReport{Fallback: unseen})
}
