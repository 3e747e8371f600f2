package decoder

import (
	"fmt"

	"sparsellm/linalg"
)

// headNorms are norms of queries, or of keys: one for all heads as one, or for
// each, or one for every head. None changes nothing.
type headNorms[T linalg.Float] []norm[T]

// newHeadNorms loads those called name within the loader's block, of so many
// heads of dim features.
func newHeadNorms[T linalg.Float](l *Loader[T], kind NormKind, desc AttentionDescription, name string, heads, dim int) headNorms[T] {
	switch name = l.prefix + name; {
	case desc.OwnNorms:
		kind.Bias = false
		var own headNorms[T]
		for h := range heads {
			own = append(own, newNorm(l, kind, fmt.Sprintf("%s.%d", name, h), dim))
		}
		return own
	case desc.NormHeads:
		return headNorms[T]{newNorm(l, kind, name, dim)}
	}
	return headNorms[T]{newNorm(l, kind, name, heads*dim)}
}

// run norms x, a row per token, in place.
func (n headNorms[T]) run(pool *linalg.Pool, x linalg.Matrix[T]) {
	for i := range n {
		own := n.of(i, x)
		n[i].run(pool, own, own)
	}
}

// of returns what of x, a row per token, norm i is of.
func (n headNorms[T]) of(i int, x linalg.Matrix[T]) linalg.Matrix[T] {
	width := max(1, len(n[i].weight))
	if len(n) == 1 { // a row of heads is rows of one head
		return linalg.MatrixOf(x.Rows*x.Cols/width, width, x.Data)
	}
	return x.Slice(0, x.Rows, i*width, (i+1)*width)
}
