package decoder

import (
	"sparsellm/linalg"
	"sparsellm/model"
)

// branch is what all sublayers have: norms of what they read, and of what they
// add or leave.
type branch[T linalg.Float] struct {
	input, output norm[T]
	reads, adds   bool // input is of what the sublayer reads; output, of what it adds
	last          bool // input is of what the sublayer leaves
	scale         T    // of what is added
}

// newBranch loads the norms of a sublayer.
func newBranch[T linalg.Float](l *Loader[T], d *Description, b BlockDescription, n Norms) branch[T] {
	r := branch[T]{reads: n.Input != "" && !b.NormLast, adds: n.Output != "", last: b.NormLast, scale: 1}
	if n.Input != "" {
		r.input = newNorm(l, d.Norms, l.prefix+n.Input, d.Hidden)
	}
	if n.Output != "" {
		r.output = newNorm(l, d.Norms, l.prefix+n.Output, d.Hidden)
	}
	if b.Residual != 0 {
		r.scale = T(b.Residual)
	}
	return r
}

// Read implements model.Sublayer.
func (b *branch[T]) Read(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	if b.reads {
		b.input.run(pool, dst, x)
	} else {
		linalg.Copy(dst, x)
	}
}

// Route implements model.Sublayer, of sublayers without experts.
func (b *branch[T]) Route(*linalg.Pool, linalg.Matrix[T]) [][]int { return nil }

// add ends the sublayer: x ← x + out·inner.
func (b *branch[T]) add(pool *linalg.Pool, x, inner linalg.Matrix[T], out *model.Linear[T]) {
	if b.plain() {
		out.AddTo(pool, x, inner)
	} else {
		y := linalg.Take[T](pool, x.Rows, x.Cols)
		defer linalg.GiveBack(pool, y)
		out.Apply(pool, y, inner)
		b.addOutput(pool, x, y)
	}
	if b.last {
		b.input.run(pool, x, x)
	}
}

// plain says that an output is added as it is.
func (b *branch[T]) plain() bool { return !b.adds && b.scale == 1 }

// addOutput adds the sublayer's output y to x. It changes y if it norms it.
func (b *branch[T]) addOutput(pool *linalg.Pool, x, y linalg.Matrix[T]) {
	if b.adds {
		b.output.run(pool, y, y)
	}
	EachRow(pool, x.Rows, func(t int) {
		row := x.Row(t)
		for j, v := range y.Row(t) {
			row[j] += b.scale * v
		}
	})
}
