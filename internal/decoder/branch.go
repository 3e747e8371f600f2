package decoder

import (
	"sparsellm/linalg"
)

// branch is what all sublayers have: a norm of what they read, or of what they
// leave.
type branch[T linalg.Float] struct {
	norm norm[T]
	last bool
}

func newBranch[T linalg.Float](l *Loader[T], d *Description, name string, last bool) branch[T] {
	return branch[T]{newNorm(l, d.Norms, l.prefix+name, d.Hidden), last}
}

// Read implements model.Sublayer.
func (b *branch[T]) Read(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	if b.last {
		linalg.Copy(dst, x)
	} else {
		b.norm.run(pool, dst, x)
	}
}

// end ends the addition to x.
func (b *branch[T]) end(pool *linalg.Pool, x linalg.Matrix[T]) {
	if b.last {
		b.norm.run(pool, x, x)
	}
}
