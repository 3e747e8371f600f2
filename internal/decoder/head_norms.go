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
	if len(n) == 1 { // a row of heads is rows of one head
		width := max(1, len(n[0].weight))
		x = linalg.MatrixOf(x.Rows*x.Cols/width, width, x.Data)
		n[0].run(pool, x, x)
		return
	}
	for h := range n {
		dim := len(n[h].weight)
		head := x.Slice(0, x.Rows, h*dim, (h+1)*dim)
		n[h].run(pool, head, head)
	}
}
